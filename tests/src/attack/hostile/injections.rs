//! Class 12: what an application passes on, of which an attacker may have had the
//! choice.

use futures_util::FutureExt;
use tokio::time::timeout;

use super::{SOON, Site, order::Order, words::told};
use crate::attack::{Attack, MIB, Promise};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(12, "application-passes-on-line-breaks", REFUSED, |it| {
        refused(it).boxed_local()
    }),
    Attack::client(12, "application-passes-on-odd-urls", ONE_LINE, |it| {
        urls(it).boxed_local()
    }),
];

const REFUSED: Promise = Promise::answer("25 of 25 not asked").growth(2 * MIB);
const ONE_LINE: Promise = Promise::answer("7 of 7 in one request").growth(2 * MIB);

/// Nothing is sent, and the error says which it was.
async fn refused(site: Site) -> String {
    let mut orders = Vec::new();
    let breaks = [
        "a\r\nX-Injected: 1",
        "a\nb",
        "a\rb",
        "a\0b",
        "a\u{7f}",
        "a\r\n\r\nGET / HTTP/1.1",
    ];
    for text in breaks {
        orders.push(site.order().header("X-Name", text));
        orders.push(site.order().header(text, "value"));
        orders.push(site.order().subprotocols(&["chat", text]));
    }
    for name in [
        "",
        "a b",
        "a:",
        "Host",
        "sec-websocket-key",
        "Transfer-Encoding",
        "content-length",
    ] {
        orders.push(site.order().header(name, "1"));
    }
    let of = orders.len();
    let mut wrong = Vec::new();
    for order in orders {
        let what = format!("{:?} {:?}", order.headers, order.subprotocols);
        let end = site.dial(order).await.remove(0).end;
        if !end.starts_with("not asked: ") {
            wrong.push(format!("{what}: {end}"));
        }
    }
    assert!(
        timeout(SOON / 10, site.guest()).await.is_err(),
        "it was asked"
    );
    told(of, "not asked", wrong)
}

/// A URL that can be one is written so that it ends where it should.
async fn urls(site: Site) -> String {
    let paths = [
        "a\r\nX-Injected: 1",
        "a HTTP/1.1\r\nX-Injected: 1\r\n\r\n",
        "a\nb\tc",
        "a\0b",
        "ä\u{2028}?\u{85}",
        "?q=a b\r\nX-Injected: 1",
        "a%0d%0aX-Injected:%201",
    ];
    let mut wrong = Vec::new();
    for path in paths {
        let order = Order::new(format!("ws://{}/{path}", site.address()));
        let hosting = async {
            let mut host = site.host().await;
            let whole = host.field("X-Injected").is_none()
                && host
                    .request
                    .target
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic());
            host.raw.try_send("HTTP/1.1 404 None\r\n\r\n").await.ok();
            whole
        };
        let (answers, whole) = tokio::join!(site.dial(order), hosting);
        if !whole || !answers[0].end.starts_with("Refused(404") {
            wrong.push(format!("{path:?}: {}", answers[0].end));
        }
    }
    told(paths.len(), "in one request", wrong)
}
