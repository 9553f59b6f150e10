//! Heads and bodies that do not end.

ws_tests::attacks! {
    client_refuses_fields_without_end: "server-answers-fields-without-end",
    client_refuses_a_field_of_20_mb: "server-answers-a-field-of-20-mb",
    client_refuses_bytes_without_a_line: "server-answers-bytes-without-a-line",
    client_refuses_empty_lines_without_end: "server-answers-empty-lines-without-end",
    client_refuses_interim_responses_without_end: "server-answers-interim-responses-without-end",
    client_refuses_101_fields: "server-answers-101-fields",
    client_refuses_20_mb_in_pieces: "server-answers-20-mb-in-pieces",
    client_refuses_long_lists_soon: "server-answers-16-kib-of-commas",
    client_gives_up_an_answer_of_a_byte_at_a_time: "server-answers-a-byte-at-a-time",
    client_gives_up_slow_interim_responses: "server-answers-interim-responses-slowly",
    client_gives_up_a_hundred_silent_servers: "a-hundred-servers-answer-nothing",
    client_cuts_a_refusal_without_end: "server-refuses-without-end",
    client_cuts_a_refusal_of_2_to_the_64_bytes: "server-refuses-with-2-to-the-64-bytes",
    client_cuts_a_refusal_in_chunks_without_end: "server-refuses-in-chunks-without-end",
    client_cuts_a_refusal_in_a_chunk_without_end: "server-refuses-in-a-chunk-without-end",
    client_inflates_no_refusal: "server-refuses-with-a-compressed-bomb",
    client_refuses_a_chunk_size_without_end: "server-refuses-with-a-chunk-size-byte-by-byte",
    client_is_content_with_a_part_of_a_slow_refusal: "server-refuses-slowly",
}
