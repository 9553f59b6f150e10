use std::time::{Duration, Instant};

use ws_core::{
    CloseCode, ClosePayload, Event, Frame, Message, Opcode, PreparedMessage, Role, State,
};

mod course;

use super::{
    setup::{Setup, Timeouts},
    step::Step,
};
use crate::{
    input::scattered,
    side::{ROLES, Side},
    speech::{HEARTBEAT, Speech},
};

/// Both sides, the link between them, and what is known of them from outside.
#[derive(Debug)]
pub(super) struct Talk {
    now: Instant,
    sides: [Side; 2],
    pub(super) said: [Speech; 2],
    /// How much of what each side sent was carried.
    carried: [usize; 2],
    paused: [bool; 2],
    /// How many events each application has answered.
    answered: [usize; 2],
    /// Since when each side is closing.
    closing_since: [Option<Instant>; 2],
    prepared: Option<PreparedMessage>,
    /// How many bytes of messages may still be said: runs are to be short.
    budget: usize,
    timeouts: Timeouts,
    by_hand: bool,
    ends_in_silence: bool,
    dead: bool,
    pub(super) lost: bool,
    /// The time in which nobody may miss a deadline.
    pub(super) elapsed: Duration,
}

impl Talk {
    pub(super) fn new(setup: &Setup) -> Self {
        let now = Instant::now();
        Self {
            now,
            sides: ROLES.map(|role| setup.side(role, now)),
            said: Default::default(),
            carried: [0; 2],
            paused: [false; 2],
            answered: [0; 2],
            closing_since: [None; 2],
            prepared: None,
            budget: 1 << 19,
            timeouts: setup.timeouts,
            by_hand: setup.by_hand,
            ends_in_silence: setup.ends_in_silence,
            dead: false,
            lost: false,
            elapsed: Duration::ZERO,
        }
    }

    pub(super) fn side(&self, role: Role) -> &Side {
        &self.sides[at(role)]
    }

    pub(super) fn step(&mut self, role: Role, step: Step) {
        if self.sides[at(role)].disconnected {
            return; // its driver is gone
        }
        match step {
            Step::Text(text) => self.send(role, Message::text(text), None),
            Step::Binary(bytes) => self.send(role, Message::binary(bytes), None),
            Step::Custom(opcode, payload) => {
                self.send(role, Message::Custom(opcode, payload.into()), None);
            }
            Step::Long {
                len,
                even,
                compress,
            } => {
                let bytes = (0..len).map(|i| if even { 7 } else { scattered(i) });
                self.send(role, Message::binary(bytes.collect::<Vec<_>>()), compress);
            }
            Step::Prepared(payload) => {
                self.prepared = Some(PreparedMessage::new(Message::binary(payload)));
                self.send_prepared(role);
            }
            Step::Again => self.send_prepared(role),
            Step::Frame {
                fin,
                rsv,
                opcode,
                payload,
            } => self.send_frame(role, Frame::new(opcode, payload).fin(fin).rsv(rsv)),
            Step::Ping(payload) => {
                if self.sides[at(role)]
                    .connection
                    .ping(payload.clone())
                    .is_ok()
                {
                    self.say_control(role, Opcode::PING, &payload);
                }
            }
            Step::Pong(payload) => {
                self.sides[at(role)].connection.pong(payload).ok();
            }
            Step::Control(opcode, payload) => {
                let connection = &mut self.sides[at(role)].connection;
                if connection.send_control(opcode, payload.clone()).is_ok() {
                    self.say_control(role, opcode, &payload);
                }
            }
            Step::Close { code, reason } => {
                let payload = match code {
                    Some(code) => ClosePayload::new(CloseCode::new(code), reason),
                    None => Ok(ClosePayload::EMPTY),
                };
                if let Ok(payload) = payload {
                    // Refused if it closes already.
                    self.sides[at(role)]
                        .connection
                        .close(self.now, payload)
                        .ok();
                }
            }
            Step::Reply => self.reply(role),
            Step::Pause => {
                self.sides[at(role)].connection.pause_reading(self.now);
                self.paused[at(role)] = true;
            }
            Step::Resume => self.resume(role),
            Step::Room(room) => self.sides[at(role)].room = room,
            Step::Carry(bytes) => self.carry(role, bytes),
            Step::Elapse(time) => self.elapse(Duration::from_millis(time)),
            Step::Oversleep(time) => self.oversleep(Duration::from_millis(time)),
            Step::Alarm => self.sides[at(role)].tick(),
            Step::Lose => {
                self.lost = true;
                self.dead = true;
                self.sides[at(role)].connection.handle_lost(self.now);
            }
            Step::Cut => {
                self.lost = true;
                self.dead = true;
            }
        }
        self.run(role);
    }

    fn run(&mut self, role: Role) {
        let side = &mut self.sides[at(role)];
        side.run();
        if side.connection.state() != State::Open {
            self.closing_since[at(role)].get_or_insert(self.now);
        }
    }

    fn send(&mut self, role: Role, message: Message, compress: Option<bool>) {
        let payload = message.payload().to_vec();
        let opcode = message.opcode();
        if !self.afford(payload.len()) {
            return;
        }
        let connection = &mut self.sides[at(role)].connection;
        if connection.send_with(message, compress).is_ok() {
            self.said[at(role)].whole(opcode, &payload);
        }
    }

    fn send_prepared(&mut self, role: Role) {
        let Some(prepared) = self.prepared.clone() else {
            return;
        };
        let message = prepared.message();
        let connection = &mut self.sides[at(role)].connection;
        if self.budget > prepared.len() && connection.send_prepared(&prepared).is_ok() {
            self.budget -= prepared.len();
            self.said[at(role)].whole(message.opcode(), message.payload());
        }
    }

    fn send_frame(&mut self, role: Role, frame: Frame) {
        let (opcode, fin, payload) = (frame.opcode, frame.fin, frame.payload.clone());
        if !self.afford(payload.len()) {
            return;
        }
        let connection = &mut self.sides[at(role)].connection;
        if connection.send_frame(self.now, frame).is_err() {
            return;
        }
        match opcode {
            Opcode::CLOSE | Opcode::PONG => {}
            control if control.is_control() => self.say_control(role, control, &payload),
            data => self.said[at(role)].frame(data, fin, &payload),
        }
    }

    fn say_control(&mut self, role: Role, opcode: Opcode, payload: &[u8]) {
        if opcode != Opcode::PING || payload.len() != HEARTBEAT {
            self.said[at(role)].whole(opcode, payload);
        }
    }

    fn afford(&mut self, bytes: usize) -> bool {
        let left = self.budget.checked_sub(bytes);
        self.budget = left.unwrap_or(self.budget);
        left.is_some()
    }

    /// Answers what came since the last time, Pings and a Close frame.
    fn reply(&mut self, role: Role) {
        let side = &mut self.sides[at(role)];
        if !self.by_hand {
            return;
        }
        let answered = std::mem::replace(&mut self.answered[at(role)], side.events.len());
        let replies: Vec<Frame> = side.events[answered..]
            .iter()
            .filter_map(Event::reply)
            .collect();
        for reply in replies {
            // Refused to a side that closes already.
            side.connection.send_frame(self.now, reply).ok();
        }
        self.run(role);
    }

    fn resume(&mut self, role: Role) {
        self.sides[at(role)].connection.resume_reading(self.now);
        self.paused[at(role)] = false;
        self.run(role);
    }
}

pub(super) const fn at(role: Role) -> usize {
    match role {
        Role::Client => 0,
        Role::Server => 1,
    }
}
