//! Both sides of an opening handshake, joined without any HTTP between them.

use std::time::Instant;

use ws_core::{
    Config, Entropy,
    extension::Params,
    handshake::{
        Acceptance, ClientHandshake, Request, RequestError, ResponseError, ServerHandshake,
    },
};

use super::{
    heads::{fields, request, response},
    pair::Pair,
    side::Side,
};

/// A client that offers nothing yet.
pub(crate) fn client() -> ClientHandshake {
    ClientHandshake::new("example.com", Entropy::seeded(7692))
}

/// A client with the key of the RFC's example (RFC 6455 §1.3).
pub(crate) fn rfc() -> ClientHandshake {
    let entropy = Entropy::from_source(|bytes| {
        for chunk in bytes.chunks_mut(16) {
            chunk.copy_from_slice(&b"the sample nonce"[..chunk.len()]);
        }
    });
    ClientHandshake::new("server.example.com", entropy)
}

/// The field in which a client offers extensions.
pub(crate) fn offers(client: &ClientHandshake) -> Option<String> {
    let mut headers = client.headers();
    let (_, value) = headers.find(|(name, _)| *name == "Sec-WebSocket-Extensions")?;
    Some(value)
}

/// What that client makes of a response with these fields of answers.
pub(crate) fn judge(rfc: ClientHandshake, answers: &[&str]) -> Result<Side, ResponseError> {
    let now = Instant::now();
    let head = response();
    let mut head: Vec<(&str, &[u8])> = fields(&head).collect();
    let answers = answers.iter();
    head.extend(answers.map(|answer| ("Sec-WebSocket-Extensions", answer.as_bytes())));
    let connection = rfc.complete(101, head, now, Config::new())?;
    Ok(Side::with(now, connection))
}

/// The connection that the two agree on, and the server's answer about
/// extensions.
pub(crate) fn open(
    client: ClientHandshake,
    server: &ServerHandshake,
    config: &Config,
) -> (Pair, Option<String>) {
    let opened = try_open(client, server, config);
    opened.expect("the answer is one to the offers")
}

/// As `open`, with a server whose answer the client may refuse.
pub(crate) fn try_open(
    client: ClientHandshake,
    server: &ServerHandshake,
    config: &Config,
) -> Result<(Pair, Option<String>), ResponseError> {
    let now = Instant::now();
    let acceptance = accept_offers(&client, server);
    let answer = extensions(&acceptance);
    let headers = acceptance.headers();
    let headers: Vec<_> = headers
        .map(|(name, value)| (name, value.to_owned()))
        .collect();
    let headers = headers.iter();
    let headers = headers.map(|(name, value)| (*name, value.as_bytes()));
    let client = client.complete(101, headers, now, config.clone())?;
    let server = acceptance.into_connection(now, config.clone());
    let pair = Pair::of(Side::with(now, client), Side::with(now, server));
    Ok((pair, answer))
}

/// What a server makes of a request with these fields of offers.
pub(crate) fn accept(
    server: &ServerHandshake,
    offers: &[&str],
) -> Result<Acceptance, RequestError> {
    let head = request();
    let mut head: Vec<(&str, &[u8])> = fields(&head).collect();
    let offers = offers.iter();
    head.extend(offers.map(|offer| ("Sec-WebSocket-Extensions", offer.as_bytes())));
    server.accept(Request::get(head))
}

/// The server's answer to these fields, which is empty if there is none.
pub(crate) fn answer_to(server: &ServerHandshake, offers: &[&str]) -> String {
    let acceptance = accept(server, offers).expect("the request is as it should be");
    let answer = extensions(&acceptance).unwrap_or_default();
    let told = acceptance.extensions().iter().map(Params::to_string);
    assert_eq!(told.collect::<Vec<_>>().join(", "), answer);
    answer
}

/// The server's answer about extensions.
fn extensions(acceptance: &Acceptance) -> Option<String> {
    let mut headers = acceptance.headers();
    let (_, value) = headers.find(|(name, _)| *name == "Sec-WebSocket-Extensions")?;
    Some(value.to_owned())
}

fn accept_offers(client: &ClientHandshake, server: &ServerHandshake) -> Acceptance {
    let headers: Vec<_> = client.headers().collect();
    let headers = headers.iter();
    let headers = headers.map(|(name, value)| (*name, value.as_bytes()));
    let accepted = server.accept(Request::get(headers));
    accepted.expect("the request is as it should be")
}
