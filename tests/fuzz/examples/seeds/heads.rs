use super::Seed;

/// Heads, behind `heads`' settings.
pub(crate) fn seeds() -> Vec<Seed> {
    let request = |fields: &str| format!("GET /chat HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let upgrade = |fields: &str| {
        request(&format!(
            "Upgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Version: 13\r\n{fields}"
        ))
    };
    let accepted = |fields: &str| {
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{fields}\r\n"
        )
    };
    let deflate = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let seeds = [
        ("request", upgrade("")),
        ("request-frames", upgrade("") + "\u{1}\u{0}"),
        ("request-subprotocols", upgrade("Sec-WebSocket-Protocol: chat, chat.v2\r\n")),
        ("request-subprotocol-wrong", upgrade("Sec-WebSocket-Protocol: a b\r\n")),
        ("request-deflate", upgrade(deflate)),
        ("request-extension-wrong", upgrade("Sec-WebSocket-Extensions: a;\r\n")),
        ("request-body", upgrade("Content-Length: 5\r\n") + "Hello"),
        ("request-body-empty", upgrade("Content-Length: 0\r\n")),
        ("request-chunked", upgrade("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"),
        ("request-no-upgrade", request("")),
        ("request-version", request("Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 8\r\n")),
        ("request-hosts", upgrade("Host: b\r\n")),
        ("request-keys", upgrade("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")),
        ("request-connection", request("Upgrade: WebSocket\r\nConnection: keep-alive,\tUPGRADE\r\n")),
        ("request-1-0", "GET / HTTP/1.0\r\n\r\n".to_owned()),
        ("request-post", "POST / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
        ("request-empty-lines", "\r\n\r\n".to_owned() + &upgrade("")),
        ("request-line-feeds", "GET / HTTP/1.1\nHost: a\n\n\r\n\r\n".to_owned()),
        ("request-folded", request("X-A: b\r\n c\r\n")),
        ("request-space", request("X-A : b\r\n")),
        ("request-values", request("X-A:\r\nX-B: \t b \t\r\nX-C: \u{fc}\r\n")),
        ("request-fields", request(&"A:\r\n".repeat(100))),
        ("request-no-end", "GET / HTTP/1.1\r\nHost: a\r\n\r".to_owned()),
        ("response", accepted("")),
        ("response-frames", accepted("") + "\u{1}\u{5}Hello"),
        ("response-subprotocol", accepted("Sec-WebSocket-Protocol: superchat\r\n")),
        ("response-subprotocol-other", accepted("Sec-WebSocket-Protocol: other\r\n")),
        ("response-deflate", accepted("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12\r\n")),
        ("response-deflate-wide", accepted("Sec-WebSocket-Extensions: permessage-deflate\r\n")),
        ("response-accept", "HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n".to_owned()),
        ("response-interim", "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n".to_owned() + &accepted("")),
        ("response-length", "HTTP/1.1 401 \r\nContent-Length: 2\r\n\r\nno, never".to_owned()),
        ("response-length-wrong", "HTTP/1.1 403 \r\nContent-Length: +2\r\n\r\nno".to_owned()),
        ("response-to-end", "HTTP/1.1 503 \r\n\r\nlater".to_owned()),
        ("response-chunked", "HTTP/1.1 400 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n3;a=b\r\n, n\r\n0\r\n\r\n".to_owned()),
        ("response-chunk-wrong", "HTTP/1.1 400 \r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nno".to_owned()),
        ("response-none", "HTTP/1.1 204 \r\n\r\n".to_owned()),
        ("response-1-0", "HTTP/1.0 404 Not Found\r\n\r\n".to_owned()),
    ];
    let seeds = seeds.into_iter().enumerate();
    seeds
        .map(|(i, (name, head))| {
            // Every seventh has a limit of 200 bytes.
            let limit = if i % 7 == 6 { 2 } else { 0 };
            let mut seed = vec![limit, 2, 9, 1];
            seed.extend(head.bytes());
            (name, seed)
        })
        .collect()
}
