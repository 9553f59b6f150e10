//! A chat with a listener for operators, and people who talk.

use std::net::SocketAddr;

use ws_tests::{
    client::Client,
    program::Program,
    raw::{Raw, Response},
    request::Request,
};

/// A chat that is running.
pub(crate) struct Chat {
    pub(crate) program: Program,
    /// Where people talk.
    pub(crate) public: SocketAddr,
    /// Where operators look on.
    pub(crate) admin: SocketAddr,
}

impl Chat {
    /// Starts it on two free ports.
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let ports = ["--port", "0", "--admin", "127.0.0.1:0"];
        let mut program = Program::start("chat", &[&ports, arguments].concat());
        let public = program.address().await;
        let admin = program.address().await;
        Self {
            program,
            public,
            admin,
        }
    }

    /// Somebody who has entered a room.
    pub(crate) async fn enter(&self, room: &str, name: &str) -> Client {
        let path = format!("/ws?room={room}&name={name}");
        let mut person = Client::connect(self.public, &path).await;
        let welcome = person.text().await;
        assert!(welcome.contains(r#""type":"welcome""#), "{welcome}");
        // Until what was said before is known, others may come.
        while !person.text().await.contains(r#""type":"recovery""#) {}
        person
    }
}

/// Says something, and waits until it is heard.
pub(crate) async fn say(person: &mut Client, text: &str) {
    person
        .send(format!(r#"{{"type":"say","text":"{text}"}}"#))
        .await;
    while !person.text().await.contains(text) {}
}

/// The answer to a plain request.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Response {
    Raw::connect(address).await.ask(&Request::get(path)).await
}
