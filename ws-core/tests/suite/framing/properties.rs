//! What holds for any stream of bytes.

use proptest::{collection::vec, prelude::*, sample::select};
use ws_core::{Config, Event, Message, PreparedMessage, State};

use crate::support::{
    ROLES, millis,
    pair::Pair,
    side::Side,
    streams::{Step, messages_in_fragments, steps},
};

proptest! {
    #![proptest_config(crate::support::cases(256))]

    #[test]
    fn cutting_never_changes_the_events(
        role in select(&ROLES[..]),
        steps in vec(steps(), 0..12),
        sizes in vec(prop_oneof![1..8_usize, 1..300_usize], 1..20),
    ) {
        let bytes: Vec<u8> = steps.iter().flat_map(|step| step.write(role.peer())).collect();
        let mut whole = Side::new(role, small());
        whole.feed(&bytes);
        let mut cut = Side::new(role, small());
        feed_in_parts(&mut cut, &bytes, &sizes, |_| {});
        for end in [|_: &mut Side| {}, Side::eof] {
            end(&mut whole);
            end(&mut cut);
            prop_assert_eq!(&cut.events, &whole.events);
            prop_assert_eq!(&cut.sent, &whole.sent);
            prop_assert_eq!(cut.connection.state(), whole.connection.state());
            prop_assert_eq!(cut.shut_down, whole.shut_down);
            prop_assert_eq!(cut.disconnected, whole.disconnected);
        }
    }

    #[test]
    fn whole_messages_are_read_as_they_were_meant(
        role in select(&ROLES[..]),
        said in vec(messages_in_fragments(), 0..8),
        sizes in vec(1..300_usize, 1..20),
    ) {
        let mut side = Side::new(role, Config::new());
        let bytes: Vec<u8> = said.iter().flat_map(|step| step.write(role.peer())).collect();
        feed_in_parts(&mut side, &bytes, &sizes, |_| {});
        let expected: Vec<_> = said.iter().filter_map(Step::message).collect();
        prop_assert_eq!(side.messages(), expected);
        prop_assert_eq!(side.connection.state(), State::Open);
    }

    #[test]
    fn damaged_and_arbitrary_bytes_end_in_closed_or_in_waiting(
        role in select(&ROLES[..]),
        steps in vec(steps(), 0..6),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        tail in vec(any::<u8>(), 0..100),
        sizes in vec(1..100_usize, 1..20),
        config in select(vec![Config::new(), small()]),
        broken in any::<bool>(),
    ) {
        let mut bytes: Vec<u8> = steps.iter().flat_map(|step| step.write(role.peer())).collect();
        bytes.extend(tail);
        for (at, byte) in damage {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        let mut side = Side::new(role, config);
        feed_in_parts(&mut side, &bytes, &sizes, |side| side.elapse(millis(10)));
        prop_assert_eq!(side.is_closed(), side.connection.state() == State::Closed);
        prop_assert!(side.disconnected || side.deadline.is_some());
        if !side.disconnected {
            if broken { side.lost() } else { side.eof() }
        }
        prop_assert!(side.is_closed());
        prop_assert!(side.disconnected);
    }
}

proptest! {
    #![proptest_config(crate::support::cases(64))]

    #[test]
    fn reading_undoes_writing(
        sender in select(&ROLES[..]),
        said in vec((messages(), any::<bool>()), 0..6),
        rooms in vec(1..10_000_usize, 1..6),
        carried in vec(1..10_000_usize, 1..6),
    ) {
        let mut pair = Pair::new(&Config::new());
        let side = pair.side(sender);
        side.room = 0;
        for (message, prepared) in &said {
            if *prepared {
                let prepared = PreparedMessage::new(message.clone());
                prop_assert_eq!(&prepared.message(), message);
                side.connection.send_prepared(&prepared).unwrap();
            } else {
                side.connection.send(message.clone()).unwrap();
            }
        }
        let mut rooms = rooms.iter().cycle();
        let mut carried = carried.iter().cycle();
        loop {
            let side = pair.side(sender);
            side.room = *rooms.next().unwrap();
            side.run();
            while pair.carry(sender, *carried.next().unwrap()) {}
            if pair.side(sender).connection.queued_bytes() == 0 {
                break;
            }
        }
        let expected: Vec<_> = said.into_iter().map(|(message, _)| message).collect();
        prop_assert_eq!(pair.side(sender.peer()).messages(), expected);
        let events = &pair.side(sender.peer()).events;
        prop_assert!(events.iter().all(|event| matches!(event, Event::Message(_))));
    }
}

/// Messages, with lengths around those at which a header changes.
fn messages() -> impl Strategy<Value = Message> {
    let lens = prop_oneof![0..300_usize, 65_530..65_540_usize, 0..70_000_usize];
    prop_oneof![
        "\\PC{0,200}".prop_map(Message::from),
        vec(any::<u8>(), 0..200).prop_map(Message::from),
        (lens, any::<u8>()).prop_map(|(len, byte)| Message::from(vec![byte; len])),
    ]
}

/// Limits that short streams reach.
fn small() -> Config {
    Config::new()
        .max_frame_bytes(300)
        .max_message_bytes(400)
        .max_fragments(4)
}

fn feed_in_parts(side: &mut Side, bytes: &[u8], sizes: &[usize], mut then: impl FnMut(&mut Side)) {
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            return;
        }
        let (part, after) = rest.split_at(rest.len().min(*size));
        side.feed(part);
        then(side);
        rest = after;
    }
}
