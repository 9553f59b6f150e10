ws_tests::attacks! {
    server_fails_what_is_compressed_though_not_agreed_on: "compressed-though-not-agreed-on",
    server_fails_compressed_control_frames: "compressed-control-frames",
    server_fails_a_compressed_continuation: "compressed-continuation",
    server_fails_reserved_bits: "reserved-bits",
    server_fails_reserved_opcodes: "reserved-opcodes",
    server_fails_malformed_control_frames: "control-frames-malformed",
    server_fails_frames_out_of_order_or_unmasked: "frames-out-of-order-or-unmasked",
    server_answers_pings_with_what_was_sent: "pings-of-every-length",
    server_answers_close_with_what_was_sent: "close-reasons-of-every-length",
}
