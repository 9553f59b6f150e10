//! Members of a room: clients that cost next to nothing.

use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};

use crate::samples::Failure;

/// Members of one room, spread evenly over nodes.
pub(crate) struct Crowd {
    members: Vec<Rc<TcpStream>>,
    heard: Rc<Heard>,
    /// Who posts next.
    next: Cell<usize>,
    tasks: Vec<JoinHandle<io::Result<()>>>,
}

/// What all of them have heard.
struct Heard {
    messages: Cell<u64>,
    /// How many make somebody wait no longer.
    wanted: Cell<u64>,
    /// The length of a message, in bytes.
    payload: Cell<usize>,
    news: Notify,
    buffer: RefCell<Vec<u8>>,
}

/// What a turn has brought.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) posts: u64,
    pub(crate) deliveries: u64,
    pub(crate) elapsed: Duration,
}

impl Crowd {
    /// Has so many clients enter a room.
    pub(crate) async fn enter(
        nodes: &[SocketAddr],
        room: &str,
        count: usize,
    ) -> Result<Self, Failure> {
        let heard = Rc::new(Heard {
            messages: Cell::new(0),
            wanted: Cell::new(u64::MAX),
            payload: Cell::new(0),
            news: Notify::new(),
            buffer: RefCell::new(vec![0; 64 << 10]),
        });
        let mut members = Vec::with_capacity(count);
        let mut tasks = Vec::with_capacity(count);
        for node in nodes.iter().cycle().take(count) {
            let stream = Rc::new(enter(*node, room).await?);
            let reading = read(Rc::clone(&stream), Rc::clone(&heard));
            tasks.push(actix_rt::spawn(reading));
            members.push(stream);
        }
        Ok(Self {
            members,
            heard,
            next: Cell::new(0),
            tasks,
        })
    }

    /// Posts for a while, so many messages at a time: another one as soon as
    /// all have heard one.
    pub(crate) async fn talk(
        &self,
        at_a_time: u64,
        bytes: usize,
        span: Duration,
    ) -> Result<Turn, Failure> {
        let heard = &self.heard;
        let members = self.members.len() as u64;
        let post = frame(bytes);
        heard.payload.set(bytes);
        let before = heard.messages.get();
        let begin = Instant::now();
        let (mut posts, mut done) = (0, 0);
        loop {
            while posts < done + at_a_time && begin.elapsed() < span {
                let poster = self.next.get();
                self.next.set((poster + 1) % self.members.len());
                // So little that there is always room for it.
                if self.members[poster].try_write(&post)? < post.len() {
                    return Err("a node does not read what a member posts".into());
                }
                posts += 1;
            }
            if done == posts {
                break;
            }
            heard.wanted.set(before + (done + 1) * members);
            while heard.messages.get() < heard.wanted.get() {
                let news = timeout(PATIENCE, heard.news.notified()).await;
                if news.is_err() || self.tasks.iter().any(JoinHandle::is_finished) {
                    let delivered = heard.messages.get() - before;
                    return Err(format!("{delivered} deliveries of {posts} posts").into());
                }
            }
            done = (heard.messages.get() - before) / members;
        }
        Ok(Turn {
            posts,
            deliveries: heard.messages.get() - before,
            elapsed: begin.elapsed(),
        })
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn enter(node: SocketAddr, room: &str) -> Result<TcpStream, Failure> {
    let mut stream = TcpStream::connect(node).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET /{room} HTTP/1.1\r\nHost: {node}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    // Byte by byte: what follows is a frame.
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await?);
    }
    if answer.starts_with(b"HTTP/1.1 101 ") {
        Ok(stream)
    } else {
        Err("a node refuses to upgrade".into())
    }
}

/// Counts the messages that come.
async fn read(stream: Rc<TcpStream>, heard: Rc<Heard>) -> io::Result<()> {
    // How much of a frame has come.
    let mut at = 0;
    loop {
        stream.readable().await?;
        let mut buffer = heard.buffer.borrow_mut();
        let count = match stream.try_read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        let payload = heard.payload.get();
        let header = if payload < 126 { 2 } else { 4 };
        let mut bytes = &buffer[..count];
        let mut messages = 0;
        while !bytes.is_empty() {
            if at == 0 && bytes[0] != TEXT {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let part = bytes.len().min(header + payload - at);
            at += part;
            bytes = &bytes[part..];
            if at == header + payload {
                at = 0;
                messages += 1;
            }
        }
        let messages = heard.messages.get() + messages;
        heard.messages.set(messages);
        if messages >= heard.wanted.get() {
            heard.news.notify_one();
        }
    }
}

/// A text message as clients send it, masked with nothing but zeros, which the
/// node has to undo as any other.
fn frame(bytes: usize) -> Vec<u8> {
    let mut frame = vec![TEXT];
    match u8::try_from(bytes) {
        Ok(short) if short < 126 => frame.push(0x80 | short),
        Ok(_) | Err(_) => {
            frame.push(0x80 | 126);
            let long = u16::try_from(bytes).expect("posts are short");
            frame.extend(long.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.resize(frame.len() + bytes, b'a');
    frame
}

/// The first byte of an unfragmented text message (RFC 6455 §5.2).
const TEXT: u8 = 0x81;
const PATIENCE: Duration = Duration::from_secs(20);
