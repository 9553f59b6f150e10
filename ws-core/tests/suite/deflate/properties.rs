//! What holds for anything that is compressed, and for any bytes that claim to be.

use proptest::{collection::vec, prelude::*, sample::select};
use ws_core::{Config, Delivery, Message, Role, State, handshake::ServerHandshake};

use crate::support::{
    ROLES, agreed,
    compressed::{Said, compressed, said, terms},
    deflate::{Inflater, bits, pair, side, widest},
    frames::frame,
    pieces::whole,
    side::Side,
    streams::steps,
};

proptest! {
    #![proptest_config(crate::support::cases(48))]

    #[test]
    fn whatever_is_agreed_on_messages_arrive_as_they_were_sent(
        client in terms(),
        server in terms(),
        said in vec((select(&ROLES[..]), said()), 0..12),
        carried in vec(prop_oneof![1..20_usize, 1..5_000_usize], 1..6),
    ) {
        let server = ServerHandshake::new().extension(server);
        let client = agreed::client().extension(client);
        let (mut pair, answer) = agreed::open(client, &server, &Config::new());
        prop_assert!(answer.is_some());
        for (role, said) in &said {
            said.send(pair.side(*role));
        }
        for size in carried.iter().cycle() {
            if !(pair.carry(Role::Client, *size) | pair.carry(Role::Server, *size)) {
                break;
            }
        }
        for role in ROLES {
            let side = pair.side(role.peer());
            prop_assert_eq!(side.connection.state(), State::Open);
            prop_assert!(side.messages() == messages_of(&said, role));
        }
    }

    #[test]
    fn parts_and_frames_join_to_the_messages(
        terms in terms(),
        said in vec(said(), 0..8),
        carried in vec(1..5_000_usize, 1..6),
        role in select(&ROLES[..]),
    ) {
        let said: Vec<_> = said.into_iter().map(|said| (role, said)).collect();
        for delivery in [Delivery::Parts, Delivery::Frames] {
            let mut pair = pair(&Config::new().delivery(delivery), &terms);
            for (role, said) in &said {
                said.send(pair.side(*role));
            }
            let mut carried = carried.iter().cycle();
            while pair.carry(role, *carried.next().unwrap()) {}
            let whole = whole(&pair.side(role.peer()).events);
            prop_assert!(whole == messages_of(&said, role));
        }
    }

    #[test]
    fn zlib_reads_what_was_sent(
        terms in terms(),
        said in vec(said(), 0..8),
        window in 9..=15_u8,
        role in select(&ROLES[..]),
    ) {
        let window = bits(window);
        let terms = terms.server_max_window_bits(window).client_max_window_bits(window);
        let mut side = side(role, &Config::new(), &terms);
        let mut inflater = Inflater::new(window);
        for said in &said {
            side.sent.clear();
            said.send(&mut side);
            let mut frames = side.frames();
            frames.retain(|frame| frame.first & 0x08 == 0);
            let compressed = frames[0].first & 0x40 != 0;
            let payload: Vec<u8> = frames.into_iter().flat_map(|frame| frame.payload).collect();
            let payload = if compressed { inflater.message(&payload) } else { payload };
            prop_assert!(payload == said.message().payload());
        }
    }
}

proptest! {
    #![proptest_config(crate::support::cases(512))]

    #[test]
    fn cutting_never_changes_the_events(
        role in select(&ROLES[..]),
        delivery in select(vec![Delivery::Messages, Delivery::Frames]),
        said in vec(compressed(), 0..5),
        sizes in vec(prop_oneof![1..8_usize, 1..300_usize], 1..20),
    ) {
        let config = Config::new().delivery(delivery).max_message_bytes(400);
        let bytes: Vec<u8> = said.iter().flat_map(|said| said.write(role.peer())).collect();
        let mut whole = side(role, &config, &widest());
        // One clock, as frames tell when they arrived.
        let connection = side(role, &config, &widest()).connection;
        let mut cut = Side::with(whole.now, connection);
        whole.feed(&bytes);
        feed_in_parts(&mut cut, &bytes, &sizes);
        prop_assert_eq!(&cut.events, &whole.events);
        prop_assert_eq!(&cut.sent, &whole.sent);
        prop_assert_eq!(cut.connection.state(), whole.connection.state());
    }

    #[test]
    fn arbitrary_bytes_end_in_closed_or_in_waiting(
        role in select(&ROLES[..]),
        delivery in select(vec![Delivery::Messages, Delivery::Parts, Delivery::Frames]),
        terms in terms(),
        said in vec(prop_oneof![
            compressed().prop_map(Ok),
            steps().prop_map(Err),
        ], 0..6),
        noise in vec(any::<u8>(), 0..100),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        sizes in vec(1..100_usize, 1..20),
    ) {
        let mut bytes = Vec::new();
        for said in said {
            bytes.extend(match said {
                Ok(compressed) => compressed.write(role.peer()),
                Err(step) => step.write(role.peer()),
            });
        }
        bytes.extend(frame(role.peer(), 0xC2, &noise));
        bytes.extend(&noise);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let config = Config::new().delivery(delivery).max_message_bytes(1000);
        let mut side = side(role, &config, &terms);
        feed_in_parts(&mut side, &bytes, &sizes);
        prop_assert_eq!(side.is_closed(), side.connection.state() == State::Closed);
        prop_assert!(side.disconnected || side.deadline.is_some());
        let told = side.messages();
        prop_assert!(told.iter().all(|message| message.payload().len() <= 1000));
        if !side.disconnected {
            side.eof();
        }
        prop_assert!(side.is_closed() && side.disconnected);
    }
}

fn messages_of(said: &[(Role, Said)], role: Role) -> Vec<Message> {
    let said = said.iter().filter(|(sender, _)| *sender == role);
    said.map(|(_, said)| said.message().clone()).collect()
}

fn feed_in_parts(side: &mut Side, bytes: &[u8], sizes: &[usize]) {
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            return;
        }
        let (part, after) = rest.split_at(rest.len().min(*size));
        side.feed(part);
        rest = after;
    }
}
