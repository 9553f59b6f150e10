//! The way to a server, which can be cut and stalled.

use std::net::SocketAddr;

use actix_rt::task::JoinHandle;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// Passes any number of TCP connections on to a server, while it is whole.
#[derive(Debug)]
pub struct Cable {
    address: SocketAddr,
    state: watch::Sender<State>,
    task: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Whole,
    Stalled,
    Cut,
}

impl Cable {
    /// Listens on a free port of 127.0.0.1, for the server at `address`.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("there are ports left");
        let address = listener.local_addr().expect("it is bound");
        let (state, watched) = watch::channel(State::Whole);
        let task = actix_rt::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.expect("it listens");
                actix_rt::spawn(carry(client, server, watched.clone()));
            }
        });
        Self {
            address,
            state,
            task,
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections, and those that are made from now on.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Has nothing pass, with the connections open.
    pub fn stall(&self) {
        self.state.send_replace(State::Stalled);
    }

    /// Has all pass again.
    pub fn mend(&self) {
        self.state.send_replace(State::Whole);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(client: TcpStream, server: SocketAddr, mut state: watch::Receiver<State>) {
    if until_not_stalled(&mut state).await == State::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    for stream in [&client, &server] {
        stream.set_nodelay(true).ok();
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(
        copy(from_client, to_server, state.clone()),
        copy(from_server, to_client, state)
    );
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        tokio::select! {
            biased;
            () = cut(&mut state) => return,
            read = from.read(&mut buffer) => match read {
                Ok(0) | Err(_) => {
                    to.shutdown().await.ok();
                    return;
                }
                Ok(read) => {
                    // What was read while it was stalled waits here.
                    if until_not_stalled(&mut state).await == State::Cut {
                        return;
                    }
                    if to.write_all(&buffer[..read]).await.is_err() {
                        return;
                    }
                }
            },
        }
    }
}

async fn cut(state: &mut watch::Receiver<State>) {
    // Whoever has dropped the cable needs no connections either.
    state.wait_for(|state| *state == State::Cut).await.ok();
}

async fn until_not_stalled(state: &mut watch::Receiver<State>) -> State {
    let moved = state.wait_for(|state| *state != State::Stalled).await;
    moved.map_or(State::Cut, |state| *state)
}
