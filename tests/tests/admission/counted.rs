//! What operators are told of requests that are refused.

use actix_web::{FromRequest, HttpRequest, http::header, test::TestRequest, web::Payload};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use ws_server::{Admission, Drain, Endpoint, EndpointBuilder, Shutdown, Text};
use ws_tests::probe::Probe;

#[actix_web::test]
async fn refusals_are_counted_by_their_reason() {
    let begun = Shutdown::new();
    begun.drain(&Drain::new()).await;
    let handshake = TestRequest::get().uri("/").to_http_request();
    let foreign = upgrade().insert_header((header::ORIGIN, "https://evil.example"));
    let long = upgrade().insert_header((header::COOKIE, "c".repeat(1000)));
    let table: [(
        &str,
        fn(EndpointBuilder<Probe>, &Shutdown) -> EndpointBuilder<Probe>,
        HttpRequest,
    ); 7] = [
        ("handshake", |it, _| it, handshake),
        (
            "header_too_large",
            |it, _| it.max_header_bytes(1000),
            long.to_http_request(),
        ),
        ("origin", |it, _| it, foreign.to_http_request()),
        (
            "shutting_down",
            |it, begun| it.shutdown(begun),
            upgrade().to_http_request(),
        ),
        (
            "full_in_all",
            |it, _| it.admission(&Admission::new().max_connections(0)),
            upgrade().to_http_request(),
        ),
        (
            "full_endpoint",
            |it, _| it.max_connections(0),
            upgrade().to_http_request(),
        ),
        (
            "full_address",
            |it, _| it.admission(&Admission::new().max_per_address(0)),
            upgrade().to_http_request(),
        ),
    ];
    for (reason, terms, request) in table {
        let builder = Endpoint::builder().on::<Text>().name("door");
        let endpoint = terms(builder, &begun).build();
        let endpoint = endpoint.expect("the endpoint makes sense");
        let mut payloads = Vec::new();
        for _ in 0..2 {
            let payload = Payload::extract(&request).await;
            payloads.push(payload.expect("any request has one"));
        }
        let recorder = DebuggingRecorder::new();
        metrics::with_local_recorder(&recorder, || {
            for _ in 0..2 {
                let payload = payloads.pop().expect("one for each");
                let refused = endpoint.upgrade(&request, payload, Probe::silent());
                refused.expect_err("nobody may come in");
            }
        });
        let snapshot = recorder.snapshotter().snapshot().into_vec();
        let mut counted = snapshot.iter().filter_map(|(key, _, _, value)| {
            let labels = key.key().labels().map(metrics::Label::value);
            let refused = key.key().name() == ws_server::metrics::REFUSED;
            refused.then(|| (labels.collect::<Vec<_>>(), value))
        });
        let (labels, value) = counted.next().expect("it is counted");
        assert_eq!(labels, ["door", reason]);
        assert_eq!(*value, DebugValue::Counter(2), "{reason}");
        assert!(counted.next().is_none());
    }
}

fn upgrade() -> TestRequest {
    TestRequest::get()
        .insert_header((header::HOST, "example.com"))
        .insert_header((header::UPGRADE, "websocket"))
        .insert_header((header::CONNECTION, "Upgrade"))
        .insert_header((header::SEC_WEBSOCKET_VERSION, "13"))
        .insert_header((header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="))
}
