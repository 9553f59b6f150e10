ws_tests::attacks! {
    server_refuses_http2_without_tls: "http2-without-tls",
    server_resets_an_upgrade_over_http2: "upgrade-over-http2",
    server_refuses_a_websocket_over_http2: "get-over-http2",
    server_resets_an_extended_connect: "extended-connect",
}
