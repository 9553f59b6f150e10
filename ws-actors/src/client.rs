//! Connections to servers.
//!
//! A [`Connector`] describes how a server is reached, and opens a connection
//! each time it is asked:
//!
//! ```no_run
//! use std::sync::Arc;
//! use ws_actors::client::Connector;
//! # use actix::{Actor, Handler};
//! # use ws_actors::{Driver, Handlers, Io, Text, WsContext};
//! # struct Listener;
//! # impl Actor for Listener { type Context = WsContext<Self>; }
//! # impl Handler<Text> for Listener {
//! #     type Result = ();
//! #     fn handle(&mut self, _: Text, _: &mut WsContext<Self>) {}
//! # }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let handlers = Arc::new(Handlers::new().on::<Text>());
//! let connector = Connector::new("wss://example.com/chat")?
//!     .header("Authorization", "Bearer mF_9.B5f-4.1JqM")?
//!     .config(handlers.protocol());
//! let opened = connector.connect().await?;
//! actix::spawn(Driver::new(Listener, opened.connection, Io(opened.stream), handlers));
//! # Ok(())
//! # }
//! ```
//!
//! # What is looked after
//!
//! - Addresses of a name are tried in turn, 250 ms apart ([RFC 8305]): a host
//!   whose IPv6 leads nowhere costs no more than that.
//! - Every step has an end: [`Connector::connect_timeout`] up to the TLS
//!   handshake, [`Config::handshake_timeout`] for the opening handshake.
//! - What a server or a proxy sends is read up to a limit: heads up to 16 KiB,
//!   bodies up to 64 KiB.
//! - A response other than 101 reaches the caller whole:
//!   [`ConnectError::response`].
//! - A dropped future leaves no socket behind. A name that is being looked up
//!   is looked up to the end, as operating systems know no way to stop it.
//!
//! [RFC 8305]: https://www.rfc-editor.org/rfc/rfc8305
//! [`Config::handshake_timeout`]: ws_core::Config::handshake_timeout

mod connector;
mod deadline;
mod description;
mod dial;
mod error;
mod notices;
mod opening;
mod proxy;
mod reconnect;
mod redirect;
mod retry;
mod session;
mod stream;
#[cfg(feature = "rustls")]
mod tls;

#[cfg(feature = "rustls")]
pub use self::tls::{Tls, TlsError};
pub use self::{
    connector::Connector,
    error::{ConnectError, RedirectError, Stage},
    notices::{Connected, Disconnected, Loss},
    opening::Opened,
    proxy::{Proxy, ProxyError, ProxyUrlError},
    reconnect::Reconnect,
    session::{Client, Offline, Session},
    stream::Stream,
};
/// The crate that [`Tls`] is made of, in the version it takes.
#[cfg(feature = "rustls")]
pub use tokio_rustls::rustls;
