use std::{borrow::Cow, fmt};

use actix::{Actor, Handler};
use ws_actors::{Budget, Flow, Handlers, Notice, WsContext};
use ws_core::{
    Config, Rsv,
    extension::{ServerChoice, deflate::Deflate},
    handshake::ServerHandshake,
};

use crate::{Admission, Shutdown};

/// Describes an [`Endpoint`](super::Endpoint).
pub struct EndpointBuilder<A: Actor> {
    pub(super) handlers: Handlers<A>,
    pub(super) handshake: ServerHandshake,
    /// The extensions of that, and the reserved bits that they own.
    pub(super) extensions: Vec<(String, Rsv)>,
    pub(super) compression: Option<Deflate>,
    pub(super) subprotocols: Vec<Subprotocol<A>>,
    pub(super) subprotocol_required: bool,
    /// `None` for all.
    pub(super) origins: Option<Vec<String>>,
    /// Pages of the host that a request names may connect.
    pub(super) own_origin: bool,
    pub(super) shutdown: Shutdown,
    pub(super) admission: Admission,
    pub(super) max_connections: Option<usize>,
}

pub(super) struct Subprotocol<A: Actor> {
    pub(super) name: String,
    /// Other than those of the endpoint.
    pub(super) handlers: Option<Handlers<A>>,
}

impl<A: Actor<Context = WsContext<A>>> EndpointBuilder<A> {
    pub(super) fn new() -> Self {
        Self {
            handlers: Handlers::new(),
            handshake: ServerHandshake::new(),
            extensions: Vec::new(),
            compression: Some(Deflate::new()),
            subprotocols: Vec::new(),
            subprotocol_required: false,
            origins: Some(Vec::new()),
            own_origin: true,
            shutdown: Shutdown::default(),
            admission: Admission::default(),
            max_connections: None,
        }
    }

    /// Registers a kind of frame, or of change of the connection, that the actor
    /// handles.
    ///
    /// A data message of a kind that is not registered closes the connection
    /// with 1003. Messages of your own with a [reserved
    /// opcode](crate::FrameMessage::OPCODE) make it one that this endpoint speaks:
    ///
    /// ```
    /// use actix::{Actor, Handler, Message};
    /// use ws_server::{Endpoint, Event, FrameMessage, Opcode, Rejection, WsContext};
    ///
    /// /// A control frame that asks for the time.
    /// #[derive(Message)]
    /// #[rtype(result = "()")]
    /// struct Time;
    ///
    /// impl FrameMessage for Time {
    ///     const OPCODE: Opcode = Opcode::new(0xB).unwrap();
    ///     const NAME: Option<&'static str> = Some("time");
    ///
    ///     fn from_event(_: Event) -> Result<Self, Rejection> {
    ///         Ok(Self)
    ///     }
    /// }
    ///
    /// struct Clock;
    ///
    /// impl Actor for Clock {
    ///     type Context = WsContext<Self>;
    /// }
    ///
    /// impl Handler<Time> for Clock {
    ///     type Result = ();
    ///
    ///     fn handle(&mut self, _: Time, ctx: &mut WsContext<Self>) {
    ///         ctx.control(Time::OPCODE, "half past nine").ok();
    ///     }
    /// }
    ///
    /// let clock = Endpoint::<Clock>::builder().on::<Time>().build()?;
    /// # Ok::<_, ws_server::EndpointError>(())
    /// ```
    #[must_use]
    pub fn on<M>(mut self) -> Self
    where
        M: Notice,
        A: Handler<M>,
    {
        self.handlers = self.handlers.on::<M>();
        self
    }

    /// The limits and deadlines of the protocol; safe by default.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.handlers = self.handlers.config(config);
        self
    }

    /// How much may be under way in each direction, and what happens beyond it;
    /// safe by default.
    #[must_use]
    pub fn flow(mut self, flow: Flow) -> Self {
        self.handlers = self.handlers.flow(flow);
        self
    }

    /// What logs and metrics call the endpoint. Default: the name of the actor's
    /// type.
    #[must_use]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.handlers = self.handlers.name(name);
        self
    }

    /// Subprotocols that the endpoint speaks with its own handlers, preferred to
    /// those that are named later.
    ///
    /// A client that offers none of them connects without one, unless one is
    /// [required](Self::require_subprotocol); [`WsContext::subprotocol`] tells.
    #[must_use]
    pub fn subprotocols(
        mut self,
        subprotocols: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let names = subprotocols.into_iter().map(Into::into);
        self.subprotocols.extend(names.map(|name| Subprotocol {
            name,
            handlers: None,
        }));
        self
    }

    /// A subprotocol that the endpoint speaks with other handlers, such as
    /// another version or another codec, preferred to those that are named later.
    ///
    /// Config, flow and name are the endpoint's, each unless these handlers have
    /// their own.
    ///
    /// ```
    /// use actix::{Actor, Handler};
    /// use serde::{Deserialize, Serialize};
    /// use ws_server::{Binary, Endpoint, Handlers, Json, WsContext};
    ///
    /// #[derive(Deserialize, Serialize)]
    /// struct Command {
    ///     say: String,
    /// }
    ///
    /// /// Speaks JSON, and a codec of its own with those who ask for it.
    /// struct Chat;
    ///
    /// impl Actor for Chat {
    ///     type Context = WsContext<Self>;
    /// }
    ///
    /// impl Handler<Json<Command>> for Chat {
    ///     type Result = ();
    ///
    ///     fn handle(&mut self, Json(command): Json<Command>, ctx: &mut WsContext<Self>) {
    ///         ctx.json(&command).ok();
    ///     }
    /// }
    ///
    /// impl Handler<Binary> for Chat {
    ///     type Result = ();
    ///
    ///     fn handle(&mut self, Binary(packed): Binary, ctx: &mut WsContext<Self>) {
    ///         ctx.binary(packed).ok();
    ///     }
    /// }
    ///
    /// let chat = Endpoint::<Chat>::builder()
    ///     .subprotocol("chat.v2.packed", Handlers::new().on::<Binary>())
    ///     .subprotocols(["chat.v2", "chat.v1"])
    ///     .on::<Json<Command>>()
    ///     .require_subprotocol()
    ///     .build()?;
    /// # Ok::<_, ws_server::EndpointError>(())
    /// ```
    #[must_use]
    pub fn subprotocol(mut self, name: impl Into<String>, handlers: Handlers<A>) -> Self {
        self.subprotocols.push(Subprotocol {
            name: name.into(),
            handlers: Some(handlers),
        });
        self
    }

    /// Refuses clients that offer none of the subprotocols, with 400.
    ///
    /// Default: they connect without one.
    #[must_use]
    pub fn require_subprotocol(mut self) -> Self {
        self.handshake = self.handshake.require_subprotocol();
        self.subprotocol_required = true;
        self
    }

    /// The terms on which messages are compressed, or `None` for not at all.
    ///
    /// Default: [`Deflate::new`], for clients that offer permessage-deflate.
    #[must_use]
    pub fn compression(mut self, terms: impl Into<Option<Deflate>>) -> Self {
        self.compression = terms.into();
        self
    }

    /// Agrees on an extension of your own, before compression.
    ///
    /// A reserved bit has one owner: an extension, or the application by
    /// [`Config::claim_rsv`].
    ///
    /// ```
    /// use ws_server::{
    ///     Endpoint, EndpointError, Rsv,
    ///     extension::{Extension, Params, ServerChoice},
    /// };
    /// # use actix::Actor;
    /// # use ws_server::WsContext;
    /// # struct Chat;
    /// # impl Actor for Chat { type Context = WsContext<Self>; }
    ///
    /// /// Packs messages in a way of its own, and marks them with RSV1.
    /// #[derive(Debug)]
    /// struct Pack;
    ///
    /// impl ServerChoice for Pack {
    ///     fn name(&self) -> &str {
    ///         "x-pack"
    ///     }
    ///
    ///     fn rsv(&self) -> Rsv {
    ///         Rsv::RSV1
    ///     }
    ///
    ///     fn choose(&self, _: &Params, _: &[Params]) -> Option<(Params, Box<dyn Extension>)> {
    ///         Some((Params::new("x-pack"), running_pack()))
    ///     }
    /// }
    /// # fn running_pack() -> Box<dyn Extension> { unimplemented!() }
    ///
    /// // permessage-deflate has RSV1 as well, and is on by default
    /// let both = Endpoint::<Chat>::builder().extension(Pack).build();
    /// assert!(matches!(both, Err(EndpointError::ReservedBits { .. })));
    /// let packed = Endpoint::<Chat>::builder().extension(Pack).compression(None).build()?;
    /// # Ok::<_, EndpointError>(())
    /// ```
    #[must_use]
    pub fn extension(mut self, extension: impl ServerChoice + 'static) -> Self {
        let (name, rsv) = (extension.name().to_owned(), extension.rsv());
        self.extensions.push((name, rsv));
        self.handshake = self.handshake.extension(extension);
        self
    }

    /// Lets pages of these origins connect too, such as `https://example.com`.
    ///
    /// By default only pages of the server itself may, as a browser would
    /// connect any page in its visitor's name. A `*.` in front of the host stands
    /// for any subdomains, but not for none, and a `*` for any port; the port is
    /// the scheme's own otherwise:
    ///
    /// ```
    /// # use actix::Actor;
    /// # use ws_server::{Endpoint, EndpointError, WsContext};
    /// # struct Chat;
    /// # impl Actor for Chat { type Context = WsContext<Self>; }
    /// let chat = Endpoint::<Chat>::builder()
    ///     .origins(["https://example.com", "https://*.example.com", "http://localhost:*"])
    ///     .build()?;
    /// let slash = Endpoint::<Chat>::builder().origins(["https://example.com/"]).build();
    /// assert_eq!(
    ///     slash.unwrap_err().to_string(),
    ///     "origin \"https://example.com/\" ends with a path, which origins do not have: \
    ///      write \"https://example.com\""
    /// );
    /// # Ok::<_, EndpointError>(())
    /// ```
    #[must_use]
    pub fn origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let origins = origins.into_iter().map(Into::into);
        self.origins.get_or_insert_default().extend(origins);
        self
    }

    /// Lets pages of these origins connect, and no others: not even those of the
    /// server, as far as it knows its name.
    ///
    /// By default the server's name is what `Host` says. For a server that only
    /// its own machine or network reaches that is not enough: a page of the open
    /// internet can have its own name point there (DNS rebinding), and then
    /// counts as the server's.
    ///
    /// ```
    /// # use actix::Actor;
    /// # use ws_server::{Endpoint, EndpointError, WsContext};
    /// # struct Agent;
    /// # impl Actor for Agent { type Context = WsContext<Self>; }
    /// let agent = Endpoint::<Agent>::builder()
    ///     .only_origins(["http://localhost:8080", "http://127.0.0.1:8080"])
    ///     .build()?;
    /// # Ok::<_, EndpointError>(())
    /// ```
    #[must_use]
    pub fn only_origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.own_origin = false;
        self.origins(origins)
    }

    /// Lets the pages of all origins connect: for endpoints that neither look
    /// at cookies nor trust the network they are in.
    #[must_use]
    pub fn any_origin(mut self) -> Self {
        self.origins = None;
        self
    }

    /// How many bytes the connections may hold, together with all others that this
    /// is given to. Default: [`Budget::process`], 1 GiB for all of the process.
    #[must_use]
    pub fn budget(mut self, budget: &Budget) -> Self {
        self.handlers = self.handlers.budget(budget);
        self
    }

    /// The longest header of a request to accept, in bytes of names and values.
    ///
    /// Default: 16 KiB, of at most 100 fields. More is refused with 431. Before
    /// it comes here, actix-http takes heads of up to 128 KiB and 96 fields.
    #[must_use]
    pub fn max_header_bytes(mut self, limit: usize) -> Self {
        self.handshake = self.handshake.max_header_bytes(limit);
        self
    }

    /// Counts the endpoint's connections, and refuses those beyond its limits.
    #[must_use]
    pub fn admission(mut self, admission: &Admission) -> Self {
        self.admission = admission.clone();
        self
    }

    /// The most connections of this endpoint; more are answered with 503.
    /// Default: no limit of its own.
    #[must_use]
    pub fn max_connections(mut self, limit: usize) -> Self {
        self.max_connections = Some(limit);
        self
    }

    /// Ends the endpoint's connections with this shutdown.
    #[must_use]
    pub fn shutdown(mut self, shutdown: &Shutdown) -> Self {
        self.shutdown = shutdown.clone();
        self
    }
}

impl<A: Actor> fmt::Debug for EndpointBuilder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointBuilder")
            .field("handlers", &self.handlers)
            .field("subprotocols", &self.subprotocols.len())
            .field("extensions", &self.extensions)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}
