//! `Sec-WebSocket-Extensions`: what is printed reads the same again, and both
//! sides agree on the same, whatever the other one says.
//!
//! Settings: four bytes of the client's terms, four of the server's, flags.
//! The rest is a field's value.

use std::time::Instant;

use arbitrary::Unstructured;
use ws_core::{
    Config, Entropy, Event, Message, Rsv,
    extension::{Params, deflate::Deflate},
    handshake::{Acceptance, ClientHandshake, Request, ServerHandshake},
};

use crate::{input::Settings, side::Side, terms};

/// Reads the input as offers and as an answer, and lets both sides agree.
pub fn run(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let terms = [terms::deflate(&mut input), terms::deflate(&mut input)];
    let flags = input.byte();
    let Ok(value) = str::from_utf8(input.take_rest()) else {
        return;
    };
    check_grammar(value);
    let [client_terms, server_terms] = terms;
    let mut client = handshake().extension(client_terms.clone());
    let mut server = ServerHandshake::new().extension(server_terms.clone());
    if flags & 1 != 0 {
        // A second chance, with the terms of the other.
        client = client.extension(server_terms);
        server = server.extension(client_terms);
    }
    if flags & 2 != 0 {
        server = server.claim_rsv(Rsv::RSV1);
    }
    check_offers(&server, value);
    check_agreement(client, &server);
    check_answer(terms_of(data), value);
}

/// What is read prints, reads and prints the same; a repeated field is as good
/// as one with commas.
fn check_grammar(value: &str) {
    let Ok(members) = Params::parse_list(value) else {
        return;
    };
    let printed = print(&members);
    let again = Params::parse_list(&printed).expect("what is printed can be read");
    assert_eq!(members, again, "{printed}");
    assert_eq!(printed, print(&again));
    for (at, _) in value.match_indices(',') {
        let halves = [&value[..at], &value[at + 1..]].map(Params::parse_list);
        if let [Ok(one), Ok(two)] = halves {
            assert_eq!(members, [one, two].concat());
        }
    }
}

/// A server accepts any list that is of the grammar, and answers with nothing
/// that was not offered.
fn check_offers(server: &ServerHandshake, value: &str) {
    let client = handshake();
    let accepted = accept(server, &client, Some(value));
    let Ok(offers) = Params::parse_list(value) else {
        assert!(accepted.is_none(), "a malformed list is accepted");
        return;
    };
    let acceptance = accepted.expect("nothing else is wrong");
    let agreed = acceptance.extensions();
    let answer = answer_of(&acceptance).unwrap_or_default();
    assert_eq!(Params::parse_list(&answer).as_deref(), Ok(agreed));
    assert!(agreed.len() <= 1, "one extension owns RSV1");
    for answer in agreed {
        assert!(offers.iter().any(|offer| offer.name() == answer.name()));
    }
    drop(acceptance.into_connection(Instant::now(), Config::new()));
}

/// A client takes what a server makes of its offers, and they understand each
/// other.
fn check_agreement(client: ClientHandshake, server: &ServerHandshake) {
    let now = Instant::now();
    let acceptance = accept(server, &client, None).expect("the request is as it should be");
    let headers: Vec<_> = acceptance
        .headers()
        .map(|(name, value)| (name, value.to_owned()))
        .collect();
    let headers = headers.iter();
    let headers = headers.map(|(name, value)| (*name, value.as_bytes()));
    let client = client.complete(101, headers, now, Config::new());
    let client = client.expect("the answer is one to the offers");
    let mut client = Side::new(client, now);
    let mut server = Side::new(acceptance.into_connection(now, Config::new()), now);
    for _ in 0..2 {
        talk(&mut client, &mut server);
        talk(&mut server, &mut client);
    }
}

/// Messages that repeat themselves and each other get through.
fn talk(from: &mut Side, to: &mut Side) {
    let message = Message::text("the same again and again, ".repeat(40));
    let sent = from.connection.send(message.clone());
    sent.expect("the connection is open");
    from.run();
    to.feed(&std::mem::take(&mut from.sent));
    assert_eq!(to.events.pop(), Some(Event::Message(message)));
}

/// Whatever a server answers: a client refuses it, or can go on with it.
fn check_answer(terms: Deflate, value: &str) {
    let client = handshake().extension(terms);
    let acceptance = accept(&ServerHandshake::new(), &client, None);
    let acceptance = acceptance.expect("the request is as it should be");
    let mut headers: Vec<(&str, &[u8])> = acceptance
        .headers()
        .map(|(name, value)| (name, value.as_bytes()))
        .collect();
    headers.push(("Sec-WebSocket-Extensions", value.as_bytes()));
    let now = Instant::now();
    let Ok(connection) = client.complete(101, headers, now, Config::new()) else {
        return;
    };
    let answers = Params::parse_list(value).expect("a malformed answer is refused");
    assert!(answers.len() <= 1, "one extension owns RSV1");
    let mut side = Side::new(connection, now);
    let sent = side.connection.send(Message::text("x".repeat(200)));
    sent.expect("the connection is open");
    side.run();
    side.feed(b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00");
    assert_eq!(side.is_closed(), answers.is_empty(), "RSV1 has an owner");
}

fn handshake() -> ClientHandshake {
    ClientHandshake::new("a.example", Entropy::seeded(1))
}

/// The client's terms once more.
fn terms_of(data: &[u8]) -> Deflate {
    terms::deflate(&mut Unstructured::new(data))
}

/// What the server makes of the client's request, with other offers if there
/// are any.
fn accept(
    server: &ServerHandshake,
    client: &ClientHandshake,
    offers: Option<&str>,
) -> Option<Acceptance> {
    let mut headers: Vec<_> = client.headers().collect();
    if let Some(offers) = offers {
        headers.push(("Sec-WebSocket-Extensions", offers.to_owned()));
    }
    let headers = headers.iter();
    let headers = headers.map(|(name, value)| (*name, value.as_bytes()));
    server.accept(Request::get(headers)).ok()
}

fn answer_of(acceptance: &Acceptance) -> Option<String> {
    let mut headers = acceptance.headers();
    let (_, value) = headers.find(|(name, _)| *name == "Sec-WebSocket-Extensions")?;
    Some(value.to_owned())
}

fn print(members: &[Params]) -> String {
    let members: Vec<_> = members.iter().map(Params::to_string).collect();
    members.join(", ")
}
