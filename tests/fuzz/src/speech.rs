use ws_core::{Event, Fin, MessagePart, Opcode, extension::PartEnd};

/// What one application says to the other, in the order in which it is heard:
/// a message counts from its last fragment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) opcode: Opcode,
    pub(crate) payload: Vec<u8>,
}

/// All that was said, or heard, and the message under way.
#[derive(Debug, Default)]
pub(crate) struct Speech {
    pub(crate) said: Vec<Said>,
    under_way: Option<Said>,
}

impl Speech {
    /// What these events tell; the heartbeat's Pings are not the application's.
    pub(crate) fn heard(events: &[Event]) -> Self {
        let mut speech = Self::default();
        for event in events {
            if let Event::Message(message) = event {
                speech.whole(message.opcode(), message.payload());
            } else if let Event::Part(part) = event {
                speech.part(part);
            } else if let Event::Frame { frame, .. } = event {
                speech.frame(frame.opcode, frame.fin, &frame.payload);
            } else if let Event::Control { opcode, payload } = event {
                speech.whole(*opcode, payload);
            } else if let Event::Ping(payload) = event
                && payload.len() != HEARTBEAT
            {
                speech.whole(Opcode::PING, payload);
            }
        }
        speech
    }

    /// A part of a message, as it arrives.
    pub(crate) fn part(&mut self, part: &MessagePart) {
        let fin = match part.end {
            PartEnd::Message => Fin::Last,
            PartEnd::Part | PartEnd::Frame => Fin::More,
        };
        self.piece(part.opcode, fin, &part.payload);
    }

    pub(crate) fn whole(&mut self, opcode: Opcode, payload: &[u8]) {
        self.said.push(Said {
            opcode,
            payload: payload.to_vec(),
        });
    }

    /// A frame that is told with its own opcode.
    pub(crate) fn frame(&mut self, opcode: Opcode, fin: Fin, payload: &[u8]) {
        let message = self.under_way.as_ref().map(|message| message.opcode);
        if opcode == Opcode::CONTINUATION {
            let opcode = message.expect("a message is under way");
            self.piece(opcode, fin, payload);
        } else {
            assert_eq!(message, None, "a message begins inside another");
            self.piece(opcode, fin, payload);
        }
    }

    /// A piece of a message of this opcode.
    fn piece(&mut self, opcode: Opcode, fin: Fin, payload: &[u8]) {
        let message = self.under_way.get_or_insert_with(|| Said {
            opcode,
            payload: Vec::new(),
        });
        assert_eq!(message.opcode, opcode, "a message begins inside another");
        message.payload.extend_from_slice(payload);
        if fin == Fin::Last {
            self.said.extend(self.under_way.take());
        }
    }
}

/// The length of the payload that the heartbeat's Pings have, in bytes.
pub(crate) const HEARTBEAT: usize = 4;
