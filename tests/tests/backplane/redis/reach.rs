//! Servers that cannot be used, or only on their terms.

use std::{error::Error, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use ws_server::backplane::{Backplane, BackplaneError, Inbox, Link, Redis};
use ws_tests::{
    engine::{self, Engine, redis as servers},
    tls::Authority,
    wait::within,
};

use super::{Tls, ask, redis};
use crate::suite::{KEEP, Node, Subject, texts, topic};

/// Reached as it says.
struct Reached(Engine, String);

impl Subject for Reached {
    async fn start() -> Option<Self> {
        None
    }

    fn backplane(&self) -> Box<dyn Backplane> {
        Box::new(redis(&self.1))
    }

    fn nowhere() -> Option<Box<dyn Backplane>> {
        None
    }
}

async fn connect(redis: &Redis) -> Result<Box<dyn Link>, BackplaneError> {
    let (inbox, _arrivals) = Inbox::new(1 << 20);
    within("connecting", Backplane::connect(redis, inbox)).await
}

async fn refused(redis: &Redis) -> BackplaneError {
    match connect(redis).await {
        Ok(_) => panic!("it can be used"),
        Err(error) => error,
    }
}

/// All that an error says.
fn said(error: &BackplaneError) -> String {
    let mut said = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        said += &format!(" {error} {error:?}");
        source = error.source();
    }
    said
}

#[actix_web::test]
async fn passwords_are_in_nothing_that_is_said() {
    if !engine::asked_for() {
        return;
    }
    let start = servers::forgetful().with(&["--requirepass", "right"]);
    let server = Engine::start(start).await;
    let wrong = server.url().replace("://", "://:secret@");
    let redis = redis(&wrong);
    assert!(!format!("{redis:?}").contains("secret"));
    let error = refused(&redis).await;
    let said = said(&error);
    assert!(!said.contains("secret"), "{said}");
    assert!(error.to_string().contains("WRONGPASS"), "{error}");

    let right = server.url().replace("://", "://:right@");
    let reached = Reached(server, right);
    let mut node = Node::connect(&reached).await;
    node.record(&topic("lobby"), "one").await;
}

#[actix_web::test]
async fn certificate_of_a_stranger_is_not_trusted() {
    let Some(tls) = Tls::start().await else {
        return;
    };
    let stranger = Authority::new("backplane-redis-stranger");
    let root = std::fs::read(stranger.file()).expect("it is there");
    let redis = redis(&tls.server.url());
    for redis in [
        redis.root_certificate(root),
        self::redis(&tls.server.url()).root_certificate(""),
    ] {
        let error = refused(&redis).await;
        assert!(
            matches!(error, BackplaneError::Unreachable { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("ertificate"), "{error}");
    }
}

/// What the documentation of `Redis` says a user has to be allowed.
#[actix_web::test]
async fn user_needs_no_more_than_is_documented() {
    if !engine::asked_for() {
        return;
    }
    let server = Engine::start(servers::forgetful()).await;
    let mut permissions = ::redis::cmd("ACL");
    permissions
        .arg("SETUSER")
        .arg("ws")
        .arg(&["on", ">secret", "~ws:*", "&ws:*"]);
    for command in "hello info ping script|load eval evalsha publish subscribe unsubscribe \
        del get hmget hset pexpire set time xadd xdel xlen xrange"
        .split_whitespace()
    {
        permissions.arg(format!("+{command}"));
    }
    ask(&server, &permissions).await;
    let url = server.url().replace("://", "://ws:secret@");
    let reached = Reached(server, url);
    let mut node = Node::connect(&reached).await;
    let topics = [topic("lobby"), topic("garden")];
    node.subscribe(&topics).await;
    node.say(&topics[0], "one").await;
    node.hears(&topics[0], "one").await;
    node.record(&topics[0], "two").await;
    node.hears(&topics[0], "two").await;
    let keep = ws_server::backplane::Keep {
        messages: 2,
        bytes: usize::MAX,
        age: Some(Duration::from_millis(1)),
    };
    for number in 0..20 {
        let aged = node.publication(&topics[1], number.to_string(), Some(keep));
        node.publish(&[aged]).await;
    }
    assert_eq!(texts(&node.read_all(&topics[0], KEEP).await), ["two"]);
    node.read(&topics[1], keep, None, 10).await;
    node.unsubscribe(&topics).await;
    let refusals = ask(&reached.0, ::redis::cmd("ACL").arg("LOG")).await;
    assert_eq!(refusals, ::redis::Value::Array(vec![]));
}

#[actix_web::test]
async fn server_is_reached_through_a_socket_of_the_system() {
    if !engine::asked_for() {
        return;
    }
    // The names of such sockets are short.
    let socket = std::env::temp_dir().join(format!("ws-{}.sock", fastrand::u64(..)));
    let socket = socket.display().to_string();
    let server = Engine::start(servers::forgetful().with(&["--unixsocket", &socket])).await;
    let reached = Reached(server, format!("redis+unix://{socket}"));
    let mut node = Node::connect(&reached).await;
    let lobby = [topic("lobby")];
    node.subscribe(&lobby).await;
    node.record(&lobby[0], "one").await;
    node.hears(&lobby[0], "one").await;
}

/// An older Redis is none that could be installed; this is what one says.
#[actix_web::test]
async fn server_before_version_6_is_told_apart() {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("there are ports");
    let address = listener.local_addr().expect("it is bound");
    actix_rt::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("somebody comes");
        let mut asked = [0; 1024];
        while stream.read(&mut asked).await.is_ok_and(|read| read > 0) {
            let unknown = b"-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n";
            stream
                .write_all(unknown)
                .await
                .expect("it waits for an answer");
        }
    });
    let error = refused(&redis(&format!("redis://{address}"))).await;
    assert!(
        matches!(error, BackplaneError::Unsupported { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("version 6"), "{error}");
}

#[actix_web::test]
async fn server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("there are ports");
    let address = listener.local_addr().expect("it is bound");
    let redis = redis(&format!("redis://{address}"));
    let error = refused(&redis.connect_timeout(Duration::from_millis(100))).await;
    assert!(
        matches!(error, BackplaneError::Unreachable { .. }),
        "{error:?}"
    );
}

#[actix_web::test]
async fn server_that_is_no_cluster_is_none() {
    if !engine::asked_for() {
        return;
    }
    let server = Engine::start(servers::forgetful()).await;
    let error = refused(&redis(&server.url().replace("redis:", "redis+cluster:"))).await;
    assert!(error.to_string().contains("cluster"), "{error}");
}
