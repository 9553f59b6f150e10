use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use tokio::io::{AsyncRead, AsyncWrite};
use ws_core::{
    Config, Entropy, Rsv,
    extension::{ClientOffer, Extension, NegotiationError, Params, deflate::Deflate},
    handshake::{ClientHandshake, WebSocketUrl},
};

use super::{
    ConnectError, Opened, Proxy, Stream, deadline::Deadline, dial::dial, opening::open,
    redirect::Trail,
};
#[cfg(feature = "rustls")]
use super::{Stage, Tls};

/// What a connector knows, and the steps to one server.
#[derive(Clone)]
pub(super) struct Description {
    pub(super) url: WebSocketUrl,
    pub(super) headers: Vec<(String, String)>,
    pub(super) subprotocols: Vec<String>,
    pub(super) extensions: Vec<Arc<dyn ClientOffer>>,
    pub(super) compression: Option<Deflate>,
    pub(super) config: Arc<Config>,
    pub(super) proxy: Option<Proxy>,
    #[cfg(feature = "rustls")]
    pub(super) tls: Option<Tls>,
    pub(super) max_redirects: usize,
    pub(super) connect_timeout: Duration,
    pub(super) local_address: Option<IpAddr>,
}

impl Description {
    pub(super) fn new(url: WebSocketUrl) -> Self {
        Self {
            url,
            headers: Vec::new(),
            subprotocols: Vec::new(),
            extensions: Vec::new(),
            compression: Some(Deflate::new()),
            config: Arc::default(),
            proxy: None,
            #[cfg(feature = "rustls")]
            tls: None,
            max_redirects: 0,
            connect_timeout: Duration::from_secs(10),
            local_address: None,
        }
    }

    /// A stream of bytes to the server of this URL.
    pub(super) async fn reach(&self, url: &WebSocketUrl) -> Result<Stream, ConnectError> {
        let deadline = Deadline::after(self.connect_timeout);
        #[cfg(not(feature = "rustls"))]
        if url.is_secure() {
            return Err(ConnectError::TlsUnavailable);
        }
        #[cfg(feature = "rustls")]
        let tls = match (url.is_secure(), &self.tls) {
            (false, _) => None,
            (true, Some(tls)) => Some(tls.clone()),
            (true, None) => {
                let reading = Tls::system_unblocked();
                Some(deadline.within(Stage::Tls, reading).await??)
            }
        };
        let (host, port) = match &self.proxy {
            Some(proxy) => (proxy.host(), proxy.port()),
            None => (url.host(), url.port()),
        };
        let mut tcp = dial(host, port, self.local_address, deadline).await?;
        if let Some(proxy) = &self.proxy {
            tcp = proxy.ask(tcp, url.host(), url.port(), deadline).await?;
        }
        #[cfg(feature = "rustls")]
        if let Some(tls) = tls {
            let agreeing = tls.connect(tcp, url.host());
            return Ok(Stream::tls(deadline.within(Stage::Tls, agreeing).await??));
        }
        Ok(Stream::tcp(tcp))
    }

    /// Asks whom the trail has led to for a connection.
    pub(super) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        trail: &Trail,
    ) -> Result<Opened<S>, ConnectError> {
        let url = trail.url();
        let mut handshake = ClientHandshake::new(url.host_header(), Entropy::system())
            .subprotocols(&self.subprotocols)?;
        for (name, value) in &self.headers {
            if trail.shows(name) {
                handshake = handshake.header(name, value)?;
            }
        }
        for extension in &self.extensions {
            handshake = handshake.extension(Shared(Arc::clone(extension)));
        }
        if let Some(deflate) = &self.compression {
            handshake = handshake.extension(deflate.clone());
        }
        handshake = handshake.claim_rsv(self.config.claimed_rsv());
        open(stream, url.clone(), handshake, Arc::clone(&self.config)).await
    }
}

impl fmt::Debug for Description {
    /// Without the values of header fields, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Description")
            .field("url", &self.url)
            .field("headers", &headers)
            .field("subprotocols", &self.subprotocols)
            .field("extensions", &self.extensions)
            .field("compression", &self.compression)
            .field("proxy", &self.proxy)
            .field("max_redirects", &self.max_redirects)
            .field("connect_timeout", &self.connect_timeout)
            .field("local_address", &self.local_address)
            .finish_non_exhaustive()
    }
}

/// An offer that is made again for each connection.
#[derive(Debug)]
struct Shared(Arc<dyn ClientOffer>);

impl ClientOffer for Shared {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn rsv(&self) -> Rsv {
        self.0.rsv()
    }

    fn offers(&self) -> Vec<Params> {
        self.0.offers()
    }

    fn agree(
        &self,
        answer: &Params,
        accepted: &[Params],
    ) -> Result<Box<dyn Extension>, NegotiationError> {
        self.0.agree(answer, accepted)
    }
}
