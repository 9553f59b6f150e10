//! Whatever a client and a server do, and whatever becomes of the link between
//! them, they never disagree.

use proptest::{collection::vec, prelude::*, sample::select};
use ws_core::{Cause, CloseCode, ClosePayload, Config, Event, Message, Role};

use crate::support::{ROLES, millis, pair::Pair, seconds, side::Side};

proptest! {
    #![proptest_config(crate::support::cases(256))]

    #[test]
    fn two_sides_never_disagree(steps in vec((select(&ROLES[..]), steps()), 0..60)) {
        let mut talk = Conversation::new();
        for (role, step) in steps {
            talk.step(role, step);
        }
        talk.settle();
        for role in ROLES {
            talk.check(role)?;
        }
        if !talk.lost && talk.elapsed < seconds(5) {
            // No deadline passed, so nobody is to blame.
            for role in ROLES {
                talk.check_clean(role)?;
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Send(Message),
    Ping(Vec<u8>),
    Close(ClosePayload),
    /// So many bytes more fit into the transport.
    Room(usize),
    /// So many bytes reach the other side.
    Carry(usize),
    Elapse(u64),
    /// The alarm rings too early.
    Alarm,
    Pause,
    Resume,
    Lose,
}

struct Conversation {
    pair: Pair,
    /// What the client said, and the server.
    said: [Vec<Said>; 2],
    paused: [bool; 2],
    elapsed: std::time::Duration,
    lost: bool,
}

/// What is delivered in the order it was said.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    Message(Message),
    Ping(Vec<u8>),
}

impl Conversation {
    fn new() -> Self {
        Self {
            pair: Pair::new(&Config::new()),
            said: Default::default(),
            paused: [false; 2],
            elapsed: millis(0),
            lost: false,
        }
    }

    fn step(&mut self, role: Role, step: Step) {
        let side = self.pair.side(role);
        if side.disconnected {
            return; // its driver is gone
        }
        match step {
            Step::Send(message) => {
                if side.connection.send(message.clone()).is_ok() {
                    self.said[at(role)].push(Said::Message(message));
                }
            }
            Step::Ping(payload) => {
                if side.connection.ping(payload.clone()).is_ok() {
                    self.said[at(role)].push(Said::Ping(payload));
                }
            }
            Step::Close(payload) => {
                // Refused if it closes already.
                side.connection.close(side.now, payload).ok();
            }
            Step::Room(room) => side.room = room,
            Step::Carry(bytes) => {
                if !self.paused[at(role.peer())] {
                    self.pair.carry(role, bytes);
                }
            }
            Step::Elapse(time) => {
                self.elapsed += millis(time);
                self.pair.elapse_with(millis(time), |_| {});
            }
            Step::Alarm => side.tick(),
            Step::Pause => {
                side.pause();
                self.paused[at(role)] = true;
            }
            Step::Resume => self.resume(role),
            Step::Lose => {
                self.lost = true;
                self.pair.lose();
            }
        }
        self.pair.side(role).run();
    }

    fn resume(&mut self, role: Role) {
        self.pair.side(role).resume();
        self.paused[at(role)] = false;
    }

    /// All that waits goes through, and who is still open closes.
    fn settle(&mut self) {
        for role in ROLES {
            self.resume(role);
            let side = self.pair.side(role);
            side.room = usize::MAX;
            side.run();
        }
        self.pair.exchange();
        let client = &mut self.pair.client;
        client
            .connection
            .close(client.now, ClosePayload::EMPTY)
            .ok();
        client.run();
        self.pair.exchange();
        self.pair.elapse(seconds(120));
    }

    /// What holds in any case; that `Closed` comes once and last, the driver
    /// has seen to.
    fn check(&mut self, role: Role) -> Result<(), TestCaseError> {
        let peer = self.pair.side(role.peer()).outcome().sent.clone();
        let side = self.pair.side(role);
        prop_assert!(side.disconnected);
        prop_assert!(!matches!(side.cause(), Cause::Protocol(_)));
        let received = side.outcome().received.clone();
        prop_assert!(received.is_none() || received == peer);
        let heard = heard(side);
        let said = &self.said[at(role.peer())];
        prop_assert!(said.starts_with(&heard), "heard {heard:?} of {said:?}");
        Ok(())
    }

    fn check_clean(&mut self, role: Role) -> Result<(), TestCaseError> {
        let side = self.pair.side(role);
        prop_assert!(matches!(side.cause(), Cause::Local | Cause::Remote));
        prop_assert!(side.outcome().is_clean());
        prop_assert_eq!(&heard(side), &self.said[at(role.peer())]);
        Ok(())
    }
}

/// What the application said to this side, without the pings of the heartbeat.
fn heard(side: &Side) -> Vec<Said> {
    let mut said = Vec::new();
    for event in &side.events {
        if let Event::Message(message) = event {
            said.push(Said::Message(message.clone()));
        } else if let Event::Ping(payload) = event
            && payload.len() > HEARTBEAT
        {
            said.push(Said::Ping(payload.to_vec()));
        }
    }
    said
}

const fn at(role: Role) -> usize {
    match role {
        Role::Client => 0,
        Role::Server => 1,
    }
}

fn steps() -> impl Strategy<Value = Step> {
    let messages = prop_oneof![
        6 => "\\PC{0,12}".prop_map(Message::from),
        2 => vec(any::<u8>(), 0..150).prop_map(Message::from),
        1 => (0..9000_usize).prop_map(|len| Message::from(vec![7; len])),
    ];
    let pings = vec(any::<u8>(), HEARTBEAT + 1..126);
    let codes = select(vec![1000, 1001, 1011, 3000, 4999]).prop_map(CloseCode::new);
    let closes = prop_oneof![
        Just(ClosePayload::EMPTY),
        (codes, "[a-z]{0,20}").prop_map(|(code, reason)| {
            ClosePayload::new(code, reason).expect("the payload may be sent")
        }),
    ];
    let sizes = || prop_oneof![0..20_usize, 0..2000_usize, Just(usize::MAX)];
    let times = prop_oneof![6 => 0..400_u64, 1 => 0..40_000_u64];
    prop_oneof![
        40 => messages.prop_map(Step::Send),
        10 => pings.prop_map(Step::Ping),
        4 => closes.prop_map(Step::Close),
        20 => sizes().prop_map(Step::Room),
        60 => sizes().prop_map(Step::Carry),
        10 => times.prop_map(Step::Elapse),
        4 => Just(Step::Alarm),
        4 => Just(Step::Pause),
        4 => Just(Step::Resume),
        1 => Just(Step::Lose),
    ]
}

/// The longest payload of the heartbeat's pings, in bytes.
const HEARTBEAT: usize = 4;
