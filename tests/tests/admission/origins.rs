//! Pages of other origins, over a real socket.

use ws_tests::{
    client::Client,
    probe::Probe,
    raw::{End, Raw},
    request::Request,
};

#[actix_web::test]
async fn pages_pass_by_the_patterns_and_are_refused_otherwise() {
    let endpoint = Probe::endpoint().origins([
        "https://example.com",
        "https://*.example.com",
        "http://localhost:*",
    ]);
    let (server, _reports) = Probe::serve(endpoint);
    for (origin, passes) in [
        ("https://example.com", true),
        ("https://app.example.com", true),
        ("https://a.b.example.com:443", true),
        ("http://localhost:5173", true),
        // The request's own host.
        ("http://ws.example", true),
        // CVE-2022-42975, and the like of it.
        ("https://evilexample.com", false),
        ("https://example.com.evil.org", false),
        ("https://app.example.com.evil.org", false),
        ("https://evil.org/.example.com", false),
        ("https://evil.org?.example.com", false),
        ("https://evil.org\\.example.com", false),
        ("https://evil.org@app.example.com", false),
        ("https://.example.com", false),
        ("https://app.example.com:8443", false),
        ("http://app.example.com", false),
        ("https://*.example.com", false),
        ("http://localhost.evil.org:5173", false),
        ("null", false),
        ("", false),
    ] {
        let request = Request::upgrade("/probe")
            .with("Host", "ws.example")
            .with("Origin", origin);
        let mut raw = Raw::connect(server.address()).await;
        let response = raw.ask(&request).await;
        if passes {
            assert_eq!(
                response.status, "HTTP/1.1 101 Switching Protocols",
                "{origin}"
            );
            let mut client = Client::over(raw);
            client.send("hello").await;
            assert_eq!(client.text().await, "hello", "{origin}");
        } else {
            assert_eq!(response.status, "HTTP/1.1 403 Forbidden", "{origin}");
            let body = format!("origin {origin:?} may not connect here\n");
            assert_eq!(response.body, body);
            let (rest, end) = raw.rest().await;
            assert_eq!((&rest[..], end), (&b""[..], End::Eof), "{origin}");
        }
    }
}
