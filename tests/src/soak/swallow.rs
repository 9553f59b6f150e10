use std::{cell::Cell, io, net::SocketAddr, rc::Rc};

use actix_rt::task::JoinHandle;
use futures_util::future::join;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// Something in the middle of a connection that takes what comes and, from some
/// moment on, passes nothing on: neither side sees an end.
pub(super) struct Swallow {
    address: SocketAddr,
    swallows: Rc<Cell<bool>>,
    task: JoinHandle<io::Result<()>>,
}

impl Swallow {
    /// For one client of the server at this address.
    pub(super) async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let swallows = Rc::new(Cell::new(false));
        let (up, down) = (Rc::clone(&swallows), Rc::clone(&swallows));
        let task = actix_rt::spawn(async move {
            let (client, _) = listener.accept().await?;
            drop(listener);
            let server = TcpStream::connect(server).await?;
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            join(
                pass(from_client, to_server, up),
                pass(from_server, to_client, down),
            )
            .await;
            Ok(())
        });
        Ok(Self {
            address,
            swallows,
            task,
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Passes nothing on any more.
    pub(super) fn swallow(&self) {
        self.swallows.set(true);
    }
}

impl Drop for Swallow {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, swallows: Rc<Cell<bool>>) {
    let mut buffer = [0; 2048];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if !swallows.get() && to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    if swallows.get() {
        // Until it is aborted.
        std::future::pending::<()>().await;
    }
}
