use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use actix_web::HttpRequest;

use crate::UpgradeError;

mod network;
mod place;

pub(crate) use self::place::{Cap, Place};
use self::{
    network::{Network, Networks},
    place::Count,
};

/// How many connections may be open at once, in all and from one client
/// address.
///
/// Whoever comes beyond a limit is answered with 503 and `Retry-After`. A
/// connection counts from its upgrade, before the response leaves, until it is
/// gone. A clone counts with it, so that several endpoints can share their
/// limits; [`EndpointBuilder::max_connections`] is the limit of a single one.
///
/// ```
/// use ws_server::{Admission, Endpoint, Text};
/// # use actix::{Actor, Handler};
/// # use ws_server::WsContext;
/// # struct Chat;
/// # impl Actor for Chat { type Context = WsContext<Self>; }
/// # impl Handler<Text> for Chat {
/// #     type Result = ();
/// #     fn handle(&mut self, _: Text, _: &mut WsContext<Self>) {}
/// # }
///
/// let admission = Admission::new().max_connections(20_000).max_per_address(100);
/// let chat = Endpoint::<Chat>::builder()
///     .on::<Text>()
///     .admission(&admission)
///     .max_connections(15_000)
///     .build()?;
/// assert_eq!(admission.connections(), 0);
/// # Ok::<_, ws_server::EndpointError>(())
/// ```
///
/// # Defaults
///
/// There is no limit unless one is set, as each would be wrong somewhere:
///
/// - In all, [`WsServer::max_connections`](crate::WsServer::max_connections) and
///   the descriptors of the process bound the connections already. A limit below
///   them keeps room for plain requests, and answers where they only wait.
/// - For an address, the right limit depends on what is in front of the server:
///   behind a proxy all clients have the proxy's address, and behind the
///   translators of mobile networks thousands share one. A server that clients
///   reach directly does well with 100 or so.
///
/// [`EndpointBuilder::max_connections`]: crate::EndpointBuilder::max_connections
#[derive(Clone)]
pub struct Admission(Arc<Inner>);

struct Inner {
    limits: Limits,
    all: Count,
    networks: Networks,
}

#[derive(Clone)]
struct Limits {
    all: Option<usize>,
    per_address: Option<usize>,
    retry_after: Duration,
    client_address: Option<Arc<ClientAddress>>,
}

type ClientAddress = dyn Fn(&HttpRequest) -> Option<IpAddr> + Send + Sync;

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Admission::max_connections`].
    All,
    /// [`EndpointBuilder::max_connections`](crate::EndpointBuilder::max_connections).
    Endpoint,
    /// [`Admission::max_per_address`].
    Address,
}

impl Admission {
    /// No limits.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Inner::new(Limits {
            all: None,
            per_address: None,
            retry_after: Duration::from_secs(5),
            client_address: None,
        })))
    }

    /// The most connections of all endpoints that this is given to. Default: no
    /// limit.
    #[must_use]
    pub fn max_connections(self, limit: usize) -> Self {
        self.change(|limits| limits.all = Some(limit))
    }

    /// The most connections from one client address: an IPv4 address, or the
    /// first 64 bits of an IPv6 address, of which one client has all the rest.
    /// Default: no limit.
    #[must_use]
    pub fn max_per_address(self, limit: usize) -> Self {
        self.change(|limits| limits.per_address = Some(limit))
    }

    /// Where a client's address is found. Default: it is that of the socket's
    /// peer, whatever the request says.
    ///
    /// Behind a proxy that is the proxy's, and the client's is in a header field
    /// that clients can write as well: trust it only if the peer is the proxy,
    /// and only the part that the proxy wrote. Clients without an address
    /// (`None`) count together, as one.
    ///
    /// ```
    /// use std::net::{IpAddr, Ipv4Addr};
    /// use actix_web::HttpRequest;
    /// use ws_server::Admission;
    ///
    /// const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
    ///
    /// fn client(request: &HttpRequest) -> Option<IpAddr> {
    ///     let peer = request.peer_addr()?.ip();
    ///     if peer != PROXY {
    ///         return Some(peer);
    ///     }
    ///     // this proxy appends who asked it
    ///     let field = request.headers().get("X-Forwarded-For")?.to_str().ok()?;
    ///     field.rsplit(',').next()?.trim().parse().ok()
    /// }
    ///
    /// let admission = Admission::new().max_per_address(20).client_address(client);
    /// ```
    #[must_use]
    pub fn client_address(
        self,
        find: impl Fn(&HttpRequest) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.change(|limits| limits.client_address = Some(Arc::new(find)))
    }

    /// When whoever is refused may come again, which `Retry-After` tells in
    /// whole seconds. Default: 5 s, in which some of many connections end.
    #[must_use]
    pub fn retry_after(self, time: Duration) -> Self {
        self.change(|limits| limits.retry_after = time)
    }

    /// The number of connections that count here, upgrades under way included.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.all.get()
    }

    /// The number of them from the network of this address, which are counted if
    /// there is a [limit](Self::max_per_address).
    #[must_use]
    pub fn connections_from(&self, address: IpAddr) -> usize {
        self.0.networks.count(Network::of(Some(address)))
    }

    /// A place for the connection that is asked for.
    pub(crate) fn admit(
        &self,
        request: &HttpRequest,
        endpoint: Option<&Arc<Cap>>,
    ) -> Result<Place, UpgradeError> {
        let (inner, limits) = (&self.0, &self.0.limits);
        let full = |limit| UpgradeError::Full {
            limit,
            retry_after: limits.retry_after,
        };
        if !inner.all.enter(limits.all) {
            return Err(full(Limit::All));
        }
        // What it has taken so far it gives back, also where it is refused.
        let mut place = Place {
            admission: Arc::clone(inner),
            endpoint: None,
            network: None,
        };
        if let Some(cap) = endpoint {
            if !cap.count.enter(Some(cap.limit)) {
                return Err(full(Limit::Endpoint));
            }
            place.endpoint = Some(Arc::clone(cap));
        }
        if let Some(limit) = limits.per_address {
            let address = match &limits.client_address {
                Some(find) => find(request),
                None => request.peer_addr().map(|peer| peer.ip()),
            };
            let network = Network::of(address);
            if !inner.networks.enter(network, limit) {
                return Err(full(Limit::Address));
            }
            place.network = Some(network);
        }
        Ok(place)
    }

    /// The same with another limit: it counts anew if others count here already.
    fn change(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            change(&mut inner.limits);
            return self;
        }
        let mut limits = self.0.limits.clone();
        change(&mut limits);
        Self(Arc::new(Inner::new(limits)))
    }
}

impl Inner {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            all: Count::default(),
            networks: Networks::default(),
        }
    }
}

impl Default for Admission {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission")
            .field("connections", &self.connections())
            .field("max_connections", &self.0.limits.all)
            .field("max_per_address", &self.0.limits.per_address)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "in all",
            Self::Endpoint => "of this endpoint",
            Self::Address => "from this address",
        })
    }
}
