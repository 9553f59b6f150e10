//! Class 20: WebSockets over another carrier, which is not spoken.

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Attack, Promise, Scene};
use crate::wait::within;

pub(super) const ATTACKS: &[Attack] = &[
    Attack::server(20, "http2-without-tls", Promise::answer("400"), |it| {
        prior_knowledge(it).boxed_local()
    }),
    Attack::server(
        20,
        "upgrade-over-http2",
        Promise::answer("reset by PROTOCOL_ERROR"),
        |it| upgrade(it).boxed_local(),
    ),
    Attack::server(20, "get-over-http2", Promise::answer("426"), |it| {
        get(it).boxed_local()
    }),
    Attack::server(
        20,
        "extended-connect",
        Promise::answer("reset by PROTOCOL_ERROR"),
        |it| extended_connect(it).boxed_local(),
    ),
];

async fn prior_knowledge(scene: Scene) -> String {
    let mut raw = scene.connect().await;
    raw.send(PREFACE).await;
    raw.send(SETTINGS).await;
    raw.status().await
}

async fn upgrade(scene: Scene) -> String {
    let mut fields = request(b"GET", b"/echo");
    for (name, value) in HANDSHAKE {
        fields.extend(field(name, value));
    }
    answer(&scene, &fields).await
}

async fn get(scene: Scene) -> String {
    answer(&scene, &request(b"GET", b"/echo")).await
}

async fn extended_connect(scene: Scene) -> String {
    let mut fields = request(b"CONNECT", b"/echo");
    fields.extend(field(b":protocol", b"websocket"));
    fields.extend(field(b"sec-websocket-version", b"13"));
    answer(&scene, &fields).await
}

/// What a request with these fields is answered with: the status, or how its
/// stream ended.
async fn answer(scene: &Scene, fields: &[u8]) -> String {
    let mut stream = scene.connect_tls(&[b"h2"]).await;
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        return "not spoken".to_owned();
    }
    let mut bytes = [PREFACE, SETTINGS].concat();
    // END_HEADERS, and for a GET also END_STREAM
    bytes.extend(frame(1, 0x05, 1, fields));
    stream.write_all(&bytes).await.expect("it is open");
    loop {
        let mut head = [0; 9];
        if within("a frame", stream.read_exact(&mut head))
            .await
            .is_err()
        {
            return "eof".to_owned();
        }
        let len = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; len as usize];
        let read = within("its payload", stream.read_exact(&mut payload)).await;
        read.expect("a frame is whole");
        match head[3] {
            1 => return status(&payload),
            3 | 7 => {
                let code = payload[payload.len().min(8) - 4..][..4].try_into();
                let what = if head[3] == 3 { "reset" } else { "ended" };
                return match code.map(u32::from_be_bytes) {
                    Ok(1) => format!("{what} by PROTOCOL_ERROR"),
                    code => format!("{what} by {code:?}"),
                };
            }
            _ => {}
        }
    }
}

fn request(method: &[u8], path: &[u8]) -> Vec<u8> {
    let fields: [(&[u8], &[u8]); 4] = [
        (b":method", method),
        (b":scheme", b"https"),
        (b":authority", b"localhost"),
        (b":path", path),
    ];
    fields
        .iter()
        .flat_map(|(name, value)| field(name, value))
        .collect()
}

/// A literal field that is not kept (RFC 7541 §6.2.2).
fn field(name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut field = vec![0, name.len() as u8];
    field.extend_from_slice(name);
    field.push(value.len() as u8);
    field.extend_from_slice(value);
    field
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// The first field of a response, which is its status: one of the table, or a
/// literal.
fn status(fields: &[u8]) -> String {
    const TABLE: [&str; 7] = ["200", "204", "206", "304", "400", "404", "500"];
    match fields {
        [indexed @ 0x88..=0x8e, ..] => TABLE[usize::from(indexed - 0x88)].to_owned(),
        [0x08 | 0x48, len, value @ ..] if len & 0x80 == 0 => {
            String::from_utf8_lossy(&value[..usize::from(*len)]).into_owned()
        }
        // Digits in the code of RFC 7541, appendix B: five bits each up to 2,
        // six from 3 on.
        [0x08 | 0x48, len, value @ ..] => digits(&value[..usize::from(len & 0x7f)]),
        other => format!("{other:02x?}"),
    }
}

fn digits(coded: &[u8]) -> String {
    let bits: Vec<u8> = coded
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let number = |bits: &[u8]| bits.iter().fold(0, |number, bit| number << 1 | bit);
    let mut rest = &bits[..];
    let mut digits = String::new();
    while rest.len() >= 8 || rest.contains(&0) {
        let short = number(&rest[..5]);
        let (digit, len) = if short < 3 {
            (short, 5)
        } else {
            (number(&rest[..6]) - 0x19 + 3, 6)
        };
        digits.push(char::from(b'0' + digit));
        rest = &rest[len..];
    }
    digits
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty SETTINGS frame.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
const HANDSHAKE: &[(&[u8], &[u8])] = &[
    (b"upgrade", b"websocket"),
    (b"connection", b"upgrade"),
    (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    (b"sec-websocket-version", b"13"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_in_each_form() {
        assert_eq!(status(&[0x8c]), "400");
        assert_eq!(status(&[0x08, 3, b'4', b'2', b'6']), "426");
        // 011010 00010 011100 and ones
        assert_eq!(
            status(&[0x48, 0x83, 0b0110_1000, 0b0100_1110, 0b0111_1111]),
            "426"
        );
    }
}
