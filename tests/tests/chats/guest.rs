use std::{collections::HashMap, net::SocketAddr, rc::Rc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::{
    diary::Diary,
    nodes::{Nodes, Stage},
};

/// Somebody who talks now and then, and comes back whenever it is cut off.
pub(crate) struct Guest {
    number: usize,
    room: String,
    diary: Diary,
    nodes: Rc<Nodes>,
    lines: usize,
    said_last: bool,
}

impl Guest {
    pub(crate) fn new(number: usize, room: String, diary: &Diary, nodes: &Rc<Nodes>) -> Self {
        Self {
            number,
            room,
            diary: diary.clone(),
            nodes: Rc::clone(nodes),
            lines: 0,
            said_last: false,
        }
    }

    /// Until all leave.
    pub(crate) async fn stay(mut self) {
        while self.nodes.stage() != Stage::Leave {
            if let Some(node) = self.nodes.any()
                && let Ok(Some(socket)) = timeout(PATIENCE, self.enter(node)).await
            {
                self.visit(socket).await;
                if self.nodes.stage() != Stage::Leave {
                    self.diary.cut();
                }
            } else {
                sleep(Duration::from_millis(fastrand::u64(20..200))).await;
            }
        }
    }

    async fn enter(&self, node: SocketAddr) -> Option<WebSocketStream<TcpStream>> {
        let stream = TcpStream::connect(node).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let since = match self.diary.position() {
            Some(position) => format!("&since={position}"),
            None => String::new(),
        };
        let (number, room) = (self.number, &self.room);
        let url = format!("ws://{node}/ws?room={room}&name=guest{number}{since}");
        let (socket, _) = client_async(url, stream).await.ok()?;
        Some(socket)
    }

    async fn visit(&mut self, mut socket: WebSocketStream<TcpStream>) {
        let mut speak = Instant::now() + self.pause();
        let mut sign = Instant::now();
        while self.nodes.stage() != Stage::Leave {
            tokio::select! {
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        sign = Instant::now();
                        self.hear(&text);
                    }
                    Some(Ok(_)) => sign = Instant::now(),
                    Some(Err(_)) | None => return,
                },
                () = sleep_until(speak) => {
                    speak = Instant::now() + self.pause();
                    if let Some(line) = self.line() {
                        let said = json!({ "type": "say", "text": line, "line": line });
                        if socket.send(Message::text(said.to_string())).await.is_err() {
                            return;
                        }
                    }
                    if sign.elapsed() > SILENCE {
                        return;
                    }
                }
            }
        }
    }

    /// What is said next: once all is calm, a last word, until it is heard.
    fn line(&mut self) -> Option<String> {
        self.lines += 1;
        match self.nodes.stage() {
            Stage::Talk => Some(format!("{} {}", self.number, self.lines)),
            Stage::Calm if self.diary.has_last_word() || self.said_last => None,
            Stage::Calm => {
                self.said_last = true;
                Some(format!("{} {} last", self.number, self.lines))
            }
            Stage::Leave => None,
        }
    }

    fn pause(&self) -> Duration {
        Duration::from_millis(fastrand::u64(1000..5000))
    }

    fn hear(&mut self, text: &str) {
        let Ok(said) = serde_json::from_str::<Value>(text) else {
            panic!("a chat says {text}");
        };
        match said["type"].as_str() {
            Some("recovery") => {
                let position = said["position"].as_str().and_then(|it| it.parse().ok());
                let messages = said["messages"].as_u64().unwrap_or_default();
                let complete = said["complete"] == true;
                let position = position.expect("a recovery has a position");
                self.diary.recovered(position, messages, complete);
            }
            Some("said") => {
                let position = said["position"].as_str().and_then(|it| it.parse().ok());
                let line = said["text"].as_str().unwrap_or_default().to_owned();
                let position = position.expect("a line has a position");
                let own = line.split(' ').next() == Some(&*self.number.to_string());
                self.diary.heard(position, line, own);
            }
            Some("unsaid") => {
                self.said_last = false;
                self.diary.unsaid();
            }
            _ => {}
        }
    }
}

/// Comes to a room, and stays until it has been told of so many guests.
///
/// Who is first in a room on its node is told of those on others a moment
/// later.
pub(crate) async fn until_people(node: SocketAddr, room: usize, count: usize) {
    let stream = TcpStream::connect(node).await.expect("it listens");
    let url = format!("ws://{node}/ws?room=room{room}&name=probe");
    let (mut socket, _) = client_async(url, stream).await.expect("it lets all in");
    let mut people = HashMap::new();
    loop {
        let said = async {
            loop {
                if let Message::Text(text) = socket.next().await?.ok()? {
                    return serde_json::from_str::<Value>(&text).ok();
                }
            }
        };
        let Ok(said) = timeout(LONG, said).await else {
            let mut names: Vec<_> = people.values().collect();
            names.sort_unstable();
            panic!("{node} lists {} in room {room}: {names:?}", names.len());
        };
        let said = said.expect("it stays");
        let listed = said["people"].as_array().into_iter().flatten();
        for person in listed.chain([&said["person"]]) {
            let (id, name) = (person["id"].as_str(), person["name"].as_str());
            if let (Some(id), Some(name)) = (id, name)
                && name.starts_with("guest")
            {
                people.insert(id.to_owned(), name.to_owned());
            }
        }
        if said["type"] == "left" {
            people.remove(said["id"].as_str().unwrap_or_default());
        }
        if people.len() == count {
            return;
        }
    }
}

/// How long connecting may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longer than a node takes to find another dead.
const LONG: Duration = Duration::from_secs(15);
/// After which a node counts as gone; it sends Pings more often.
const SILENCE: Duration = Duration::from_secs(30);
