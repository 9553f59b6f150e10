//! Who may come, and how.

use std::fs;

use ws_server::backplane::{Backplane, BackplaneError, Inbox, Nats};
use ws_tests::{
    engine::{
        Engine, asked_for,
        nats::{self, Configuration},
    },
    tls::Authority,
    wait::within,
};

use super::{KEEP, Node, topic};

async fn refusal(nats: &Nats) -> BackplaneError {
    let (inbox, _arrivals) = Inbox::new(1 << 20);
    let connected = within("a refusal", nats.connect(inbox)).await;
    connected.err().expect("it is refused")
}

#[actix_web::test]
async fn user_and_password_are_taken_from_the_url() {
    if !asked_for() {
        return;
    }
    let start = nats::jetstream().with(&["--user", "ann", "--pass", "s@cret"]);
    let engine = Engine::start(start).await;
    let host = format!("127.0.0.1:{}", engine.port());
    let mut node = Node::to(&format!("nats://ann:s%40cret@{host}")).await;
    node.record(&topic(), KEEP, ["a"]).await;
    for login in ["", "ann:wrong-s%40cret@", "token@"] {
        let nats = Nats::connect(format!("nats://{login}{host}")).unwrap();
        let error = refusal(&nats).await;
        assert!(matches!(error, BackplaneError::Unreachable { .. }));
        assert!(
            error.to_string().contains("authorization violation"),
            "{error}"
        );
        assert!(!format!("{error} {error:?} {nats:?}").contains("cret"));
    }
}

#[actix_web::test]
async fn token_is_taken_from_the_url() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::plain().with(&["--auth", "s/cret"])).await;
    Node::to(&format!("nats://s%2Fcret@127.0.0.1:{}", engine.port())).await;
}

#[actix_web::test]
async fn tls_trusts_the_given_roots_and_no_others() {
    if !asked_for() {
        return;
    }
    let authority = Authority::new("backplane-nats");
    let engine = Engine::start(nats::jetstream().with_tls(&authority)).await;
    let pem = fs::read(authority.file()).unwrap();
    // The server asks for TLS, whatever the URL says.
    for scheme in ["tls", "nats"] {
        let url = format!("{scheme}://127.0.0.1:{}", engine.port());
        let nats = Nats::connect(&url).unwrap().root_certificates(pem.clone());
        Node::connect(&nats)
            .await
            .record(&topic(), KEEP, ["a"])
            .await;
        let error = refusal(&Nats::connect(&url).unwrap()).await;
        assert!(
            matches!(error, BackplaneError::Unreachable { .. }),
            "{error}"
        );
    }
    let nats = Nats::connect(engine.url())
        .unwrap()
        .root_certificates("no PEM");
    let error = refusal(&nats).await;
    assert!(error.to_string().contains("no root certificate"), "{error}");
}

#[actix_web::test]
async fn tls_is_not_done_without_if_the_url_asks_for_it() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::plain()).await;
    let url = format!("tls://127.0.0.1:{}", engine.port());
    assert!(matches!(
        refusal(&Nats::connect(url).unwrap()).await,
        BackplaneError::Unreachable { .. }
    ));
}

#[actix_web::test]
async fn documented_permissions_are_enough() {
    if !asked_for() {
        return;
    }
    let configuration = Configuration::new(
        "authorization: { users: [ {
            user: ann, password: secret,
            permissions: {
                publish: [\"ws.>\", \"$JS.API.>\"]
                subscribe: [\"ws.out.>\", \"_INBOX.>\"]
            }
        } ] }\n",
    );
    let start = nats::jetstream().with_configuration(&configuration);
    let engine = Engine::start(start).await;
    let url = format!("nats://ann:secret@127.0.0.1:{}", engine.port());
    let mut node = Node::to(&url).await;
    node.subscribe(&topic()).await;
    let [a, _] = node.record(&topic(), KEEP, ["a", "b"]).await;
    let page = node.read(&topic(), KEEP, Some(a.offset), 10).await;
    assert_eq!(page.entries.len(), 1);
    node.next().await;

    let nats = Nats::connect(&url).unwrap().prefix("elsewhere");
    let mut node = Node::connect(&nats).await;
    node.link.subscribe(&[topic()]).await.unwrap_err();
    let error = node.lost().await;
    assert!(
        error.to_string().contains("Permissions Violation"),
        "{error}"
    );
}

#[actix_web::test]
async fn credentials_file_that_cannot_be_read_is_named() {
    if !asked_for() {
        return;
    }
    let engine = Engine::start(nats::plain()).await;
    let missing = engine.folder().join("missing.creds");
    let wrong = engine.folder().join("wrong.creds");
    fs::write(&wrong, "s3cret").unwrap();
    for file in [missing, wrong] {
        let nats = Nats::connect(engine.url()).unwrap().credentials_file(&file);
        let error = refusal(&nats).await.to_string();
        assert!(error.contains(&file.display().to_string()), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[actix_web::test]
async fn nobody_there_is_told_with_the_address() {
    if !asked_for() {
        return;
    }
    let nats = Nats::connect("nats://ann:secret@127.0.0.1:1,localhost:2").unwrap();
    let error = refusal(&nats).await.to_string();
    assert!(
        error.contains("nats://127.0.0.1:1,nats://localhost:2"),
        "{error}"
    );
    assert!(!error.contains("secret"), "{error}");
}
