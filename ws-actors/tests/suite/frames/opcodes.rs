//! Opcodes and reserved bits of the application's own.

use std::marker::PhantomData;

use actix::{Actor, Handler, Message};
use bytes::Bytes;
use ws_actors::{
    Binary, FrameKind, FrameMessage, Handlers, HandlersError, Part, Rejection, SendError, Text,
    WsContext,
};
use ws_core::{
    Config, Event, Opcode, Registry, RegistryError, Rsv, SendError as CoreError, extension::PartEnd,
};

use crate::support::{frames::frame, play, scene::open_wire, settle};

/// What a message of a test says of itself.
trait Declared: 'static {
    const OPCODE: u8;
    const NAME: Option<&'static str> = None;
    const KIND: Option<FrameKind> = None;
}

struct Own<D>(Bytes, PhantomData<D>);

impl<D: 'static> Message for Own<D> {
    type Result = ();
}

impl<D: Declared> FrameMessage for Own<D> {
    const OPCODE: Opcode = Opcode::new(D::OPCODE).unwrap();
    const NAME: Option<&'static str> = D::NAME;
    const KIND: FrameKind = match D::KIND {
        Some(kind) => kind,
        None => FrameKind::of(Self::OPCODE),
    };

    fn from_event(event: Event) -> Result<Self, Rejection> {
        let payload = match event {
            Event::Message(message) => message.into_payload(),
            Event::Control { payload, .. } => payload,
            _ => return Err(Rejection::unsupported()),
        };
        Ok(Self(payload, PhantomData))
    }
}

macro_rules! declared {
    ($($name:ident: $opcode:literal $(, $constant:ident = $value:expr)*;)*) => {$(
        struct $name;
        impl Declared for $name {
            const OPCODE: u8 = $opcode;
            $(declared!(@$constant $value);)*
        }
    )*};
    (@name $value:expr) => { const NAME: Option<&'static str> = Some($value); };
    (@kind $value:expr) => { const KIND: Option<FrameKind> = Some($value); };
}

declared! {
    Ascii: 0x3, name = "ascii";
    Letters: 0x3, name = "letters";
    Time: 0xB, name = "time";
    Nameless: 0x4;
    NamelessToo: 0x5;
    Clock: 0xC, name = "time";
    Zero: 0x0;
    Hijacker: 0x1, name = "mine";
    HijackerOfPings: 0x9, name = "mine";
    JustText: 0x1;
    DataOfControl: 0xD, kind = FrameKind::Data;
    ControlOfData: 0x6, kind = FrameKind::Control;
}

/// Answers a data frame with its length, and a control frame with one.
struct Echo;

impl Actor for Echo {
    type Context = WsContext<Self>;
}

impl<D: Declared> Handler<Own<D>> for Echo {
    type Result = ();

    fn handle(&mut self, Own(payload, _): Own<D>, ctx: &mut WsContext<Self>) {
        let opcode = Own::<D>::OPCODE;
        if opcode.is_control() {
            ctx.control(opcode, payload).unwrap();
        } else {
            ctx.send(ws_core::Message::Custom(opcode, payload)).unwrap();
        }
    }
}

impl Handler<Text> for Echo {
    type Result = ();

    fn handle(&mut self, _: Text, _: &mut WsContext<Self>) {}
}

impl Handler<Binary> for Echo {
    type Result = ();

    fn handle(&mut self, _: Binary, ctx: &mut WsContext<Self>) {
        let refused = ctx.send_marked(Rsv::RSV1, "not ours");
        let error = CoreError::ReservedBits(Rsv::RSV1);
        assert!(matches!(refused, Err(SendError::Protocol(it)) if it == error));
    }
}

impl Handler<Part> for Echo {
    type Result = ();

    fn handle(&mut self, part: Part, ctx: &mut WsContext<Self>) {
        assert_eq!(part.end, PartEnd::Message);
        let message = ws_core::Message::binary(part.payload.clone());
        ctx.send_marked(part.rsv, message).unwrap();
    }
}

#[test]
fn opcodes_that_are_handled_are_spoken_without_further_ado() {
    for handlers in [
        Handlers::new().on::<Own<Ascii>>().on::<Own<Time>>(),
        // Whatever is said before or behind.
        Handlers::new()
            .config(Config::new().max_message_bytes(100))
            .on::<Own<Ascii>>()
            .on::<Own<Time>>(),
        Handlers::new()
            .on::<Own<Ascii>>()
            .on::<Own<Time>>()
            .config(Config::new().opcodes(registry(&[(0x7, "other")]))),
        Handlers::new()
            .on::<Own<Ascii>>()
            .config(Config::new().opcodes(registry(&[(0x3, "ascii"), (0xB, "time")])))
            .on::<Own<Time>>(),
    ] {
        play(async {
            assert_eq!(handlers.check(), Ok(()));
            let config = handlers.protocol();
            assert_eq!(config.registry().opcode("ascii"), Opcode::new(0x3));
            assert_eq!(config.registry().opcode("time"), Opcode::new(0xB));
            let (peer, _task) = open_wire(Echo, handlers);
            peer.send(frame(0x83, "hello"));
            peer.send(frame(0x8B, "when?"));
            settle().await;
            let frames = peer.frames();
            // In their order: what the actor answers in one turn leaves in one write.
            let answers: Vec<_> = frames
                .iter()
                .map(|it| (it.first, &it.payload[..]))
                .collect();
            assert_eq!(answers, [(0x83, &b"hello"[..]), (0x8B, b"when?")]);
        });
    }
}

#[test]
fn an_opcode_that_nobody_handles_fails_the_connection() {
    play(async {
        let (peer, _task) = open_wire(Echo, Handlers::new().on::<Own<Ascii>>());
        peer.send(frame(0x84, "hello"));
        settle().await;
        assert_eq!(peer.close_code(), Some(1002));
    });
}

#[test]
fn opcodes_without_a_name_are_called_by_their_type() {
    let handlers = handlers().on::<Own<Nameless>>().on::<Own<NamelessToo>>();
    assert_eq!(handlers.check(), Ok(()));
    let config = handlers.protocol();
    assert_eq!(config.registry().name(Own::<Nameless>::OPCODE), Some("Own"));
    let second = config.registry().name(Own::<NamelessToo>::OPCODE);
    assert_eq!(second, Some("Own 0x5"));
    // A name that the configuration gives stays.
    let registered = Config::new().opcodes(registry(&[(0x4, "mine")]));
    let handlers = handlers.config(registered);
    let config = handlers.protocol();
    assert_eq!(
        config.registry().name(Own::<Nameless>::OPCODE),
        Some("mine")
    );
    assert_eq!(
        config.registry().name(Own::<NamelessToo>::OPCODE),
        Some("Own")
    );
}

#[test]
fn handlers_that_contradict_each_other_or_the_rfc_are_found_out() {
    let opcode = |value| Opcode::new(value).unwrap();
    let taken = Config::new().opcodes(registry(&[(0x3, "letters")]));
    let (data, control) = (FrameKind::Data, FrameKind::Control);
    for (handlers, error) in [
        (handlers().on::<Own<Zero>>(), HandlersError::Continuation),
        (
            handlers().on::<Own<Hijacker>>(),
            RegistryError::NotReserved(Opcode::TEXT).into(),
        ),
        (
            handlers().on::<Own<HijackerOfPings>>(),
            RegistryError::NotReserved(Opcode::PING).into(),
        ),
        (
            handlers().on::<Own<DataOfControl>>(),
            HandlersError::Kind {
                opcode: opcode(0xD),
                kind: data,
            },
        ),
        (
            handlers().on::<Own<ControlOfData>>(),
            HandlersError::Kind {
                opcode: opcode(0x6),
                kind: control,
            },
        ),
        (
            handlers().on::<Own<Time>>().on::<Own<Clock>>(),
            RegistryError::NameTaken(opcode(0xB), "time".to_owned()).into(),
        ),
        (
            handlers().on::<Own<Ascii>>().config(taken.clone()),
            RegistryError::OpcodeTaken(opcode(0x3), "letters".to_owned()).into(),
        ),
        (
            handlers().on::<Own<Ascii>>().on::<Own<Letters>>(),
            HandlersError::Duplicate(ws_actors::Slot::of(opcode(0x3))),
        ),
        (
            handlers().on::<Own<Ascii>>().on::<Part>(),
            HandlersError::PartsAndMessages(opcode(0x3)),
        ),
    ] {
        assert_eq!(handlers.check(), Err(error));
    }
    // One's own type for text is no opcode of one's own.
    assert_eq!(handlers().on::<Own<JustText>>().check(), Ok(()));
    assert_eq!(
        handlers().on::<Own<Letters>>().config(taken).check(),
        Ok(())
    );
    let error = handlers().on::<Own<DataOfControl>>().check().unwrap_err();
    let text = "opcode 0xd is not one of data frames: choose 0x3 to 0x7 instead";
    assert_eq!(error.to_string(), text);
}

#[test]
fn what_was_not_said_is_taken_from_others_and_nothing_else() {
    let others = handlers()
        .on::<Own<Time>>()
        .config(Config::new().max_message_bytes(5))
        .name("others");
    let taken = handlers().on::<Own<Ascii>>().with_defaults_of(&others);
    let expected = handlers()
        .on::<Own<Ascii>>()
        .config(Config::new().max_message_bytes(5));
    assert_eq!(taken.protocol(), expected.protocol());
    let own = Config::new().max_message_bytes(7);
    let kept = expected.config(own.clone()).with_defaults_of(&others);
    let expected = handlers().config(own).on::<Own<Ascii>>();
    assert_eq!(kept.protocol(), expected.protocol());
}

#[test]
fn an_actor_reads_and_sets_the_reserved_bits_that_it_claims() {
    play(async {
        let both = Rsv::RSV2.union(Rsv::RSV3);
        let handlers = handlers()
            .on::<Part>()
            .config(Config::new().claim_rsv(both));
        let (peer, _task) = open_wire(Echo, handlers);
        for first in [0x82, 0xA2, 0x92, 0xB2] {
            peer.send(frame(first, "marked"));
        }
        peer.send(frame(0xB2, ""));
        settle().await;
        let frames = peer.frames();
        let firsts: Vec<_> = frames.iter().map(|it| it.first).collect();
        assert_eq!(firsts, [0x82, 0xA2, 0x92, 0xB2, 0xB2]);
        assert_eq!(frames[3].payload, b"marked");
        peer.send(frame(0xC2, "nobody's"));
        settle().await;
        assert_eq!(peer.close_code(), Some(1002));
    });
}

#[test]
fn bits_that_nobody_claimed_are_not_set() {
    play(async {
        let handlers = handlers()
            .on::<Binary>()
            .config(Config::new().claim_rsv(Rsv::RSV3));
        let (peer, task) = open_wire(Echo, handlers);
        peer.send(frame(0x82, "try"));
        settle().await;
        assert_eq!(peer.frames(), []);
        assert!(!task.is_finished());
    });
}

fn handlers() -> Handlers<Echo> {
    Handlers::new()
}

fn registry(opcodes: &[(u8, &'static str)]) -> Registry {
    opcodes
        .iter()
        .fold(Registry::new(), |registry, &(value, name)| {
            registry.with(Opcode::new(value).unwrap(), name).unwrap()
        })
}
