//! `reconnecting`: what was accepted is stored once and in order, whatever
//! happens to the server.

use std::{
    collections::hash_map::RandomState, fs, hash::BuildHasher, net::SocketAddr, path::PathBuf,
};

use ws_tests::{binaries::target_directory, program::Program, wait::until};

#[actix_web::test]
async fn nothing_is_lost_or_stored_twice_when_the_server_is_killed() {
    let store = Store::new("killed");
    let mut server = store.serve(0);
    let address = server.address().await;
    let sender = send(&address);
    for kill in 0..KILLS {
        // Each server lives to store something, and dies soon enough to leave
        // something to the next.
        let steps = 1 + RandomState::new().hash_one(kill) % (COUNT / KILLS / 3);
        let moment = (store.lines() + steps).min(COUNT);
        let stored = || store.lines() >= moment;
        until(format!("message {moment} to be stored"), stored).await;
        server.signal("KILL").await;
        server.ended().await;
        if kill == 0 {
            // What a write that was cut short leaves.
            store.append("99");
        }
        server = store.serve(address.port());
        assert_eq!(server.address().await, address);
    }
    let ended = sender.ended().await;
    assert!(ended.status.success(), "{ended:?}");
    let all = format!("{COUNT} of {COUNT} acknowledged; connections: ");
    assert!(ended.lines[0].starts_with(&all), "{ended:?}");
    assert!(ended.errors.contains("connected again"), "{ended:?}");
    store.assert_whole();
}

#[actix_web::test]
async fn a_store_that_cannot_be_written_is_named() {
    let arguments = ["serve", "--port", "0", "--store", "/no/such/folder/store"];
    let ended = Program::start("reconnecting", &arguments).ended().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.errors.contains("/no/such/folder/store"), "{ended:?}");
}

#[actix_web::test]
async fn a_sender_waits_for_a_server_that_is_still_to_come() {
    let store = Store::new("late");
    let mut server = store.serve(0);
    let address = server.address().await;
    server.signal("KILL").await;
    server.ended().await;
    let sender = send(&address);
    let _server = store.serve(address.port());
    let ended = sender.ended().await;
    assert!(ended.status.success(), "{ended:?}");
    store.assert_whole();
}

#[actix_web::test]
async fn what_is_stored_already_is_acknowledged_and_not_stored_again() {
    let store = Store::new("again");
    let mut server = store.serve(0);
    let address = server.address().await;
    for _ in 0..2 {
        let ended = send(&address).ended().await;
        assert!(ended.status.success(), "{ended:?}");
        store.assert_whole();
    }
}

#[actix_web::test]
async fn a_sender_gives_up_where_no_such_server_is() {
    let mut server = Program::start("echo", &["--port", "0"]);
    let url = format!("ws://{}/nowhere", server.address().await);
    let sender = Program::start("reconnecting", &["send", &url, "--count", "3"]);
    let ended = sender.ended().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.errors.contains("404"), "{ended:?}");
    assert!(ended.errors.contains("giving up"), "{ended:?}");
}

fn send(address: &SocketAddr) -> Program {
    let (url, count) = (format!("ws://{address}"), COUNT.to_string());
    Program::start("reconnecting", &["send", &url, "--count", &count])
}

/// A file of a test's own, removed with it.
struct Store(PathBuf);

impl Store {
    fn new(name: &str) -> Self {
        let file = format!("reconnecting-{name}-{}", std::process::id());
        Self(target_directory().join(file))
    }

    /// Starts a server that stores here.
    fn serve(&self, port: u16) -> Program {
        let file = self.0.to_str().unwrap();
        let port = port.to_string();
        let arguments = ["serve", "--port", &port, "--store", file];
        Program::start("reconnecting", &arguments)
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap()
    }

    fn lines(&self) -> u64 {
        self.text().lines().count() as u64
    }

    fn append(&self, text: &str) {
        fs::write(&self.0, self.text() + text).unwrap();
    }

    /// Every number is there, once and in order.
    fn assert_whole(&self) {
        let text = self.text();
        let mut lines = text.lines();
        for number in 1..=COUNT {
            let expected = format!("{number} {number} of {COUNT}");
            assert_eq!(lines.next(), Some(&*expected));
        }
        assert_eq!(lines.next(), None);
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

const COUNT: u64 = 20_000;
const KILLS: u64 = 6;
