use std::{
    any,
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock},
};

use actix::{Actor, Handler, dev::MessageResponse};
use ws_core::{Cause, Config, Delivery, Event, Message, Opcode};

use crate::{
    Flow, FrameMessage, Notice, Occurrence, Part, Rejection, Slot, WsContext, metrics::Meters,
};

/// What an actor handles, and within which limits: shared by all connections
/// of one endpoint.
///
/// Frames reach the actor by a direct call through a table indexed by opcode,
/// not through its mailbox.
///
/// ```
/// use actix::{Actor, Handler};
/// use ws_actors::{Handlers, Text, WsContext};
///
/// struct Echo;
///
/// impl Actor for Echo {
///     type Context = WsContext<Self>;
/// }
///
/// impl Handler<Text> for Echo {
///     type Result = ();
///
///     fn handle(&mut self, Text(text): Text, ctx: &mut WsContext<Self>) {
///         ctx.text(text).ok();
///     }
/// }
///
/// let handlers = Handlers::<Echo>::new().on::<Text>();
/// ```
///
/// A kind that the actor does not handle does not compile:
///
/// ```compile_fail
/// # use actix::Actor;
/// # use ws_actors::{Binary, Handlers, WsContext};
/// # struct Echo;
/// # impl Actor for Echo { type Context = WsContext<Self>; }
/// let handlers = Handlers::<Echo>::new().on::<Binary>();
/// ```
pub struct Handlers<A: Actor> {
    table: [Option<Call<A>>; Slot::COUNT],
    config: Arc<Config>,
    pub(crate) flow: Arc<Flow>,
    name: Cow<'static, str>,
    meters: OnceLock<Meters>,
}

type Call<A> = fn(&mut A, Occurrence, &mut <A as Actor>::Context) -> Result<(), Rejection>;

impl<A: Actor<Context = WsContext<A>>> Handlers<A> {
    /// No handlers, and the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self {
            table: [None; Slot::COUNT],
            config: Arc::default(),
            flow: Arc::default(),
            name: Cow::Borrowed(short_name(any::type_name::<A>())),
            meters: OnceLock::new(),
        }
    }

    /// Frames of this kind go to the actor's `Handler<M>`, and changes of the
    /// connection likewise.
    ///
    /// A data message of a kind without a handler closes the connection with
    /// 1003; all others need none. Of two for one kind, the last is called.
    #[must_use]
    pub fn on<M>(mut self) -> Self
    where
        M: Notice,
        A: Handler<M>,
    {
        self.table[M::SLOT.index()] = Some(|actor, occurrence, ctx| {
            let message = M::notice(occurrence)?;
            let response = actor.handle(message, ctx);
            // It is driven as the mailbox would: futures are spawned.
            ctx.responses.expected = true;
            response.handle(ctx, None);
            ctx.responses.expected = false;
            Ok(())
        });
        let config = Config::clone(&self.config);
        self.config(config)
    }

    /// Whether frames of this opcode have a handler.
    #[must_use]
    pub const fn handles(&self, opcode: Opcode) -> bool {
        self.has(Slot::of(opcode))
    }

    /// Whether what comes by this slot has a handler.
    #[must_use]
    pub const fn has(&self, slot: Slot) -> bool {
        self.table[slot.index()].is_some()
    }

    /// A kind of data that would never come, as all data comes in
    /// [parts](crate::Part).
    #[must_use]
    pub fn beside_parts(&self) -> Option<Opcode> {
        let mut data = (1..)
            .map_while(Opcode::new)
            .take_while(|it| !it.is_control());
        data.find(|&opcode| self.handles(Part::OPCODE) && self.handles(opcode))
    }

    /// Whether the actor has to hear of this event, in its turn.
    pub(crate) fn concerns(&self, event: &Event) -> bool {
        opcode(event).is_some_and(|opcode| !opcode.is_control() || self.handles(opcode))
            || matches!(event, Event::Closed(_))
    }

    /// The limits and deadlines of the protocol.
    ///
    /// Whatever the configuration says, an actor gets whole messages unless it
    /// handles [`Part`](crate::Part), and Ping and Close frames are answered for
    /// it.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        let delivery = if self.handles(Part::OPCODE) {
            Delivery::Parts
        } else {
            Delivery::Messages
        };
        let config = config.delivery(delivery).auto_pong(true).auto_close(true);
        self.config = Arc::new(config);
        self
    }

    /// How much may be under way in each direction. Default: [`Flow::new`].
    #[must_use]
    pub fn flow(mut self, flow: Flow) -> Self {
        self.flow = Arc::new(flow);
        self
    }

    /// What logs and metrics call the endpoint. Default: the name of the actor's
    /// type.
    #[must_use]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    pub(crate) fn label(&self) -> &str {
        &self.name
    }

    pub(crate) fn meters(&self) -> &Meters {
        self.meters.get_or_init(|| Meters::new(&self.name))
    }

    /// The limits and deadlines, for the [`ws_core::Connection`].
    #[must_use]
    pub fn protocol(&self) -> Arc<Config> {
        Arc::clone(&self.config)
    }

    pub(crate) fn dispatch(&self, actor: &mut A, event: Event, ctx: &mut WsContext<A>) {
        let Some(opcode) = opcode(&event) else {
            return;
        };
        let result = match self.table[Slot::of(opcode).index()] {
            Some(call) => call(actor, Occurrence::Frame(event), ctx),
            None if opcode.is_control() => Ok(()),
            None => Err(Rejection::unsupported()),
        };
        if let Err(Rejection(payload)) = result {
            ctx.close_with(payload, Cause::Rejected);
        }
    }

    /// Tells the actor of a change of its connection, if it wants to hear.
    pub(crate) fn notify(&self, actor: &mut A, occurrence: Occurrence, ctx: &mut WsContext<A>) {
        let slot = occurrence.slot();
        if let Some(call) = slot.and_then(|slot| self.table[slot.index()]) {
            // What it is made of is always what it is: nothing is rejected.
            call(actor, occurrence, ctx).ok();
        }
    }
}

/// The place in the table of what reports this event.
#[inline]
const fn opcode(event: &Event) -> Option<Opcode> {
    match event {
        Event::Message(message) => Some(Message::opcode(message)),
        Event::Ping(_) => Some(Opcode::PING),
        Event::Pong { .. } => Some(Opcode::PONG),
        Event::Control { opcode, .. } => Some(*opcode),
        Event::Closed(_) => Some(Opcode::CLOSE),
        Event::Part(_) => Some(Part::OPCODE),
        // `Handlers::config` asked for none of these.
        Event::Frame { .. } | Event::Closing(_) | _ => None,
    }
}

/// The name of a type without the modules that it is in.
fn short_name(name: &str) -> &str {
    let bare = name.split('<').next().unwrap_or(name);
    bare.rsplit("::").next().unwrap_or(bare)
}

impl<A: Actor<Context = WsContext<A>>> Default for Handlers<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Actor> fmt::Debug for Handlers<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = (0_u8..).zip(&self.table).filter(|(_, call)| call.is_some());
        f.debug_struct("Handlers")
            .field("slots", &slots.map(|(slot, _)| slot).collect::<Vec<_>>())
            .field("config", &self.config)
            .field("flow", &self.flow)
            .finish()
    }
}
