//! Redirects that lead nowhere, or to others (RFC 9110 §15.4).

use futures_util::FutureExt;
use tokio::net::TcpListener;

use super::{Site, host::Host, order::Order, words::told};
use crate::attack::{Attack, MIB, Promise};

pub(super) const ATTACKS: &[Attack] = &[
    Attack::client(10, "server-redirects-without-end", MANY, |it| {
        without_end(it, |number| format!("/{number}")).boxed_local()
    }),
    Attack::client(10, "server-redirects-in-a-circle", MANY, |it| {
        without_end(it, |number| format!("/{}", number % 2)).boxed_local()
    }),
    Attack::client(
        12,
        "server-redirects-to-what-is-no-websocket",
        NOWHERE,
        |it| nowhere(it).boxed_local(),
    ),
    Attack::client(12, "server-redirects-to-steal-credentials", KEPT, |it| {
        credentials(it).boxed_local()
    }),
    Attack::client(12, "server-redirects-with-line-breaks", ONE_LINE, |it| {
        line_breaks(it).boxed_local()
    }),
    Attack::client(12, "server-redirects-who-follows-nobody", NOBODY, |it| {
        unasked(it).boxed_local()
    }),
];

const MANY: Promise = Promise::answer("6 requests, Redirect(TooMany { limit: 5 })").growth(2 * MIB);
const NOWHERE: Promise = Promise::answer("16 of 16 as they should").growth(2 * MIB);
const KEPT: Promise = Promise::answer("Cookie and Authorization kept from 4 of 4").growth(2 * MIB);
const ONE_LINE: Promise = Promise::answer("3 of 3 asked in one request").growth(2 * MIB);
const NOBODY: Promise = Promise::answer("1 request, Refused(302, 0 bytes)").growth(2 * MIB);

async fn redirect(host: &mut Host, location: &str) {
    let head = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
    host.raw.try_send(head).await.ok();
}

async fn without_end(site: Site, location: impl Fn(usize) -> String) -> String {
    let order = site.order().max_redirects(5);
    let asked = std::cell::Cell::new(0);
    let hosting = async {
        loop {
            let mut host = site.host().await;
            asked.set(asked.get() + 1);
            redirect(&mut host, &location(asked.get())).await;
        }
    };
    let answers = tokio::select! {
        answers = site.dial(order) => answers,
        () = hosting => unreachable!("it goes on for ever"),
    };
    format!("{} requests, {}", asked.get(), answers[0].end)
}

/// What becomes of one redirect.
async fn redirected(site: &Site, order: Order, location: &str) -> String {
    let hosting = async {
        let mut host = site.host().await;
        redirect(&mut host, location).await;
    };
    site.end_of(order, hosting).await
}

async fn nowhere(site: Site) -> String {
    let mut wrong = Vec::new();
    let long = format!("//{}.example/", "a".repeat(9000));
    let targets = [
        ("file:///etc/passwd", "Redirect(Url(Scheme("),
        ("FILE:///etc/passwd", "Redirect(Url(Scheme("),
        ("javascript:alert(1)", "Redirect(Url(Scheme("),
        ("data:text/plain,a", "Redirect(Url(Scheme("),
        ("ftp://127.0.0.1/", "Redirect(Url(Scheme("),
        ("unix:/run/docker.sock", "Redirect(Url(Scheme("),
        ("http://me:secret@127.0.0.1/", "Redirect(Url(Credentials))"),
        ("//me@127.0.0.1/", "Redirect(Url(Credentials))"),
        ("http://", "Redirect(Url(Malformed("),
        ("http://127.0.0.1:99999/", "Redirect(Url(Malformed("),
        ("http://[::1/", "Redirect(Url(Malformed("),
        ("http://a b/", "Redirect(Url(Malformed("),
        ("http://127.0.0.1:1/", "Connect(ConnectionRefused)"),
        ("ws://nowhere.invalid/", "Resolve"),
        (&long, "Resolve"),
        ("\u{ff}\u{fe}//", "Redirect(TooMany"),
    ];
    for (location, expected) in targets {
        let order = site.order().max_redirects(1);
        let end = if expected.starts_with("Redirect(TooMany") {
            // A path like any other: it leads back here, and then again.
            let hosting = async {
                for _ in 0..2 {
                    let mut host = site.host().await;
                    redirect(&mut host, location).await;
                }
            };
            site.end_of(order, hosting).await
        } else {
            redirected(&site, order, location).await
        };
        if !end.starts_with(expected) {
            let location: String = location.chars().take(40).collect();
            wrong.push(format!("{location}: {end}"));
        }
    }
    told(targets.len(), "as they should", wrong)
}

/// To another port, another name of the same host, and there and back.
async fn credentials(site: Site) -> String {
    let mut wrong = Vec::new();
    let stranger = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = stranger.local_addr().expect("it is bound").port();
    let targets = [
        format!("http://127.0.0.1:{port}/"),
        format!("//127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("ws://127.1:{port}/"),
    ];
    for target in &targets {
        let order = (site.order().max_redirects(2))
            .header("Cookie", "session=secret")
            .header("authorization", "Bearer secret")
            .header("Proxy-Authorization", "Basic secret");
        let back = format!("http://{}/", site.address());
        let hosting = async {
            let mut host = site.host().await;
            let given = host.field("Cookie").is_some();
            redirect(&mut host, target).await;
            let (stream, _) = stranger.accept().await.expect("it listens");
            let mut other = Host::asked(stream).await;
            let mut kept = ["Cookie", "Authorization", "Proxy-Authorization"]
                .iter()
                .all(|name| other.field(name).is_none());
            redirect(&mut other, &back).await;
            let mut host = site.host().await;
            // Who was a stranger's choice to ask is not shown them either.
            kept &= host.field("Cookie").is_none() && host.field("Authorization").is_none();
            let found = "HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n";
            host.raw.try_send(found).await.ok();
            given && kept
        };
        let (answers, kept) = tokio::join!(site.dial(order), hosting);
        if !kept || answers[0].end != "Refused(404, 0 bytes)" {
            wrong.push(format!("{target}: {}", answers[0].end));
        }
    }
    if wrong.is_empty() {
        return "Cookie and Authorization kept from 4 of 4".to_owned();
    }
    wrong.join("; ")
}

/// A `Location` may have a tab in it, or bytes that are percent-encoded.
async fn line_breaks(site: Site) -> String {
    let mut wrong = Vec::new();
    let locations = [
        "/a%0d%0aX-Injected:%201",
        "/a\tHTTP/1.1",
        "/?q=a b%00%0a%0a",
    ];
    for location in locations {
        let order = site.order().max_redirects(1);
        let hosting = async {
            let mut host = site.host().await;
            redirect(&mut host, location).await;
            let mut host = site.host().await;
            let split = host.field("X-Injected").is_some() || host.request.target.contains(' ');
            host.raw.try_send("HTTP/1.1 404 None\r\n\r\n").await.ok();
            (!split).then_some(())
        };
        let (_, one) = tokio::join!(site.dial(order), hosting);
        if one.is_none() {
            wrong.push(location.to_owned());
        }
    }
    told(locations.len(), "asked in one request", wrong)
}

async fn unasked(site: Site) -> String {
    let end = redirected(&site, site.order(), "http://127.0.0.1:1/").await;
    format!("1 request, {end}")
}
