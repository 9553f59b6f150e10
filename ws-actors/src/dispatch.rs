use std::{
    any::{self, TypeId},
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock},
};

use actix::{Actor, Handler};
use ws_core::{Cause, Config, Delivery, Event, Message, Opcode, Registry};

use crate::{
    Budget, Flow, FrameMessage, Notice, Occurrence, Part, Rejection, Slot, WsContext,
    budget::Share, metrics::Meters,
};

mod opcodes;

pub use self::opcodes::{FrameKind, HandlersError, OpcodeUse};

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
///
/// # Opcodes of your own
///
/// A message whose [`FrameMessage::OPCODE`] is a reserved one registers it, so
/// that its frames are accepted and can be sent. Both sides have to: a client
/// uses the same `Handlers`.
///
/// ```
/// use actix::{Actor, Handler, Message};
/// use ws_actors::{FrameMessage, Handlers, Rejection, WsContext};
/// use ws_core::{Event, Opcode};
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
/// # struct Clock;
/// # impl Actor for Clock { type Context = WsContext<Self>; }
/// # impl Handler<Time> for Clock {
/// #     type Result = ();
/// #     fn handle(&mut self, _: Time, _: &mut WsContext<Self>) {}
/// # }
///
/// let handlers = Handlers::<Clock>::new().on::<Time>();
/// assert_eq!(handlers.protocol().registry().opcode("time"), Some(Time::OPCODE));
/// handlers.check()?;
/// # Ok::<_, ws_actors::HandlersError>(())
/// ```
pub struct Handlers<A: Actor> {
    table: [Option<Call<A>>; Slot::COUNT],
    /// What was asked for.
    wanted: Wanted,
    /// With what the handlers add to it.
    config: Arc<Config>,
    pub(crate) flow: Arc<Flow>,
    budget: Budget,
    name: Cow<'static, str>,
    meters: OnceLock<Meters>,
    /// The opcodes that the messages have.
    uses: Vec<OpcodeUse>,
    /// The first fault that nothing makes good.
    fault: Option<HandlersError>,
}

/// What was said, and is not taken from others.
#[derive(Debug, Default)]
struct Wanted {
    config: Option<Config>,
    flow: bool,
    budget: bool,
    name: bool,
}

type Call<A> = fn(&mut A, Occurrence, &mut <A as Actor>::Context) -> Result<(), Rejection>;

impl<A: Actor<Context = WsContext<A>>> Handlers<A> {
    /// No handlers, and the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self {
            table: [None; Slot::COUNT],
            wanted: Wanted::default(),
            config: Arc::default(),
            flow: Arc::default(),
            budget: Budget::process(),
            name: Cow::Borrowed(short_name(any::type_name::<A>())),
            meters: OnceLock::new(),
            uses: Vec::new(),
            fault: None,
        }
    }

    /// Frames of this kind go to the actor's `Handler<M>`, and changes of the
    /// connection likewise.
    ///
    /// A data message of a kind without a handler closes the connection with
    /// 1003; all others need none. Of two for one kind, the last is called, and
    /// [`check`](Self::check) tells of it. A reserved opcode is registered.
    #[must_use]
    pub fn on<M>(mut self) -> Self
    where
        M: Notice,
        A: Handler<M>,
    {
        if self.has(M::SLOT) {
            self.fault.get_or_insert(HandlersError::Duplicate(M::SLOT));
        }
        if let Some(used) = M::opcode_use() {
            if used.opcode == Part::OPCODE && TypeId::of::<M>() != TypeId::of::<Part>() {
                self.fault.get_or_insert(HandlersError::Continuation);
            } else if let Err(error) = used.check() {
                self.fault.get_or_insert(error);
            }
            self.uses.push(used);
        }
        self.table[M::SLOT.index()] = Some(|actor, occurrence, ctx| {
            let message = M::notice(occurrence)?;
            let response = actor.handle(message, ctx);
            ctx.respond(response);
            Ok(())
        });
        self.settle()
    }

    /// Whether the handlers go together with each other and with the
    /// configuration; [`Driver`](crate::Driver) takes them in any case.
    ///
    /// # Errors
    ///
    /// If two are for one kind of frame, data is wanted in parts and whole, or
    /// an opcode cannot be registered.
    pub fn check(&self) -> Result<(), HandlersError> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if let Some(opcode) = self.beside_parts() {
            return Err(HandlersError::PartsAndMessages(opcode));
        }
        let base = self.wanted.config.as_ref();
        let base = base.map_or_else(Registry::new, |it| it.registry().clone());
        opcodes::register(base, &self.uses).1
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
        slot(event).is_some_and(|slot| slot.is_data() || self.has(slot))
            || matches!(event, Event::Closed(_))
    }

    /// The limits and deadlines of the protocol.
    ///
    /// Whatever the configuration says, an actor gets whole messages unless it
    /// handles [`Part`](crate::Part), Pings are answered for it, so are Close
    /// frames unless it handles [`Closing`](crate::Closing), and the opcodes of its
    /// messages are registered.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.wanted.config = Some(config);
        self.settle()
    }

    /// Adds to the configuration what the handlers need.
    fn settle(mut self) -> Self {
        let config = self.wanted.config.clone().unwrap_or_default();
        let delivery = if self.handles(Part::OPCODE) {
            Delivery::Parts
        } else {
            Delivery::Messages
        };
        let (registry, _) = opcodes::register(config.registry().clone(), &self.uses);
        let config = config
            .opcodes(registry)
            .delivery(delivery)
            .auto_pong(true)
            .auto_close(!self.has(Slot::CLOSING));
        self.config = Arc::new(config);
        self
    }

    /// How much may be under way in each direction. Default: [`Flow::new`].
    #[must_use]
    pub fn flow(mut self, flow: Flow) -> Self {
        self.wanted.flow = true;
        self.flow = Arc::new(flow);
        self
    }

    /// How many bytes these connections may hold, together with all others of this
    /// budget. Default: [`Budget::process`].
    #[must_use]
    pub fn budget(mut self, budget: &Budget) -> Self {
        self.wanted.budget = true;
        self.budget = budget.clone();
        self
    }

    /// What logs and metrics call the endpoint. Default: the name of the actor's
    /// type.
    #[must_use]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.wanted.name = true;
        self.name = name.into();
        self
    }

    /// Takes limits, flow, budget and name from others, each unless it was set here.
    #[must_use]
    pub fn with_defaults_of(mut self, others: &Self) -> Self {
        if self.wanted.config.is_none() {
            self.wanted.config.clone_from(&others.wanted.config);
        }
        if !self.wanted.flow {
            self.flow = Arc::clone(&others.flow);
        }
        if !self.wanted.budget {
            self.budget = others.budget.clone();
        }
        if !self.wanted.name {
            self.name = others.name.clone();
        }
        self.settle()
    }

    /// What logs and metrics call the endpoint.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.name
    }

    /// The part of the budget that one more connection has.
    pub(crate) fn share(&self) -> Share {
        Share::new(self.budget.clone())
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
        let Some(slot) = slot(&event) else {
            return;
        };
        let result = match self.table[slot.index()] {
            Some(call) => call(actor, Occurrence::Frame(event), ctx),
            None if slot.is_data() => Err(Rejection::unsupported()),
            None => Ok(()),
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
const fn slot(event: &Event) -> Option<Slot> {
    Some(Slot::of(match event {
        Event::Message(message) => Message::opcode(message),
        Event::Ping(_) => Opcode::PING,
        Event::Pong { .. } => Opcode::PONG,
        Event::Control { opcode, .. } => *opcode,
        Event::Closed(_) => Opcode::CLOSE,
        Event::Part(_) => Part::OPCODE,
        Event::Closing(_) => return Some(Slot::CLOSING),
        // `Handlers::config` did not ask for it.
        Event::Frame { .. } | _ => return None,
    }))
}

/// The name of a type without the modules that it is in.
pub(crate) fn short_name(name: &str) -> &str {
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
