use std::{io, net::SocketAddr, rc::Rc};

use tokio::net::{TcpListener, TcpStream};

use super::{
    host::Host,
    order::{Answer, Command, Order},
};
use crate::{
    attack::{Echoes, Victim},
    wait::within,
};

/// A client that is told where to connect, and a server that awaits it. A clone
/// is the same.
#[derive(Debug, Clone)]
pub(in crate::attack) struct Site {
    victim: Victim,
    listener: Rc<TcpListener>,
    address: SocketAddr,
}

impl Site {
    pub(super) async fn new(victim: Victim) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        Ok(Self {
            victim,
            address: listener.local_addr()?,
            listener: Rc::new(listener),
        })
    }

    /// Where the attacker listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// To connect there, without anything else.
    pub(super) fn order(&self) -> Order {
        Order::new(format!("ws://{}/", self.address))
    }

    /// Awaits a TCP connection.
    pub(super) async fn guest(&self) -> TcpStream {
        let accepted = within("a client", self.listener.accept()).await;
        let (stream, _) = accepted.expect("the socket listens");
        stream.set_nodelay(true).expect("the socket is open");
        stream
    }

    /// Awaits a client and its request.
    pub(super) async fn host(&self) -> Host {
        Host::asked(self.guest().await).await
    }

    /// Has the client follow an order, and waits for its end.
    pub(super) async fn dial(&self, order: Order) -> Vec<Answer> {
        let answer = self.tell(&Command::Dial(Box::new(order))).await;
        serde_json::from_str(&answer).expect("the client tells what became of it")
    }

    /// How the one client of an order ended, while somebody awaits it; what that
    /// one keeps is dropped behind that end.
    pub(super) async fn end_of<T>(&self, order: Order, hosting: impl Future<Output = T>) -> String {
        let (mut answers, _kept) = tokio::join!(self.dial(order), hosting);
        answers.swap_remove(0).end
    }

    /// What `deed` says, and how the client ended: `deed, end`.
    pub(super) async fn against(
        &self,
        order: Order,
        deed: impl AsyncFnOnce(Host) -> String,
    ) -> String {
        let mut said = String::new();
        let hosting = async { said = deed(self.host().await).await };
        let end = self.end_of(order, hosting).await;
        format!("{said}, {end}")
    }

    pub(super) async fn watch(&self, echo: SocketAddr) {
        let url = format!("ws://{echo}/");
        self.tell(&Command::Watch(url)).await;
    }

    /// What the witness got.
    ///
    /// # Errors
    ///
    /// If the client tells nothing of the kind.
    pub(super) async fn dismiss(&self) -> io::Result<Echoes> {
        let line = serde_json::to_string(&Command::Dismiss)?;
        let answer = self.victim.ask(&line).await?;
        Ok(serde_json::from_str(&answer)?)
    }

    /// The client's process.
    pub(super) const fn victim(&self) -> &Victim {
        &self.victim
    }

    async fn tell(&self, command: &Command) -> String {
        let line = serde_json::to_string(command).expect("an order is plain");
        let answer = self.victim.ask(&line).await;
        answer.expect("the client is there")
    }
}
