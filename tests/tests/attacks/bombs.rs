ws_tests::attacks! {
    server_fails_a_bomb_in_one_frame: "bomb-in-one-frame",
    server_fails_a_bomb_of_text: "bomb-of-text",
    server_fails_a_bomb_in_fragments: "bomb-in-fragments",
    server_fails_a_bomb_behind_messages_of_its_window: "bomb-across-messages",
    server_fails_four_bombs_at_once: "four-bombs-at-once",
    server_fails_a_bomb_as_long_as_a_frame_may_be: "bomb-as-long-as-a-frame-may-be",
    server_takes_a_message_at_the_limit_and_fails_a_byte_beyond: "at-the-limit-and-a-byte-beyond",
    server_fails_stored_blocks_of_nothing: "stored-blocks-of-nothing",
    server_fails_final_blocks_without_end: "final-blocks-without-end",
    server_begins_anew_for_what_a_final_block_costs: "final-blocks-behind-half-a-message",
    server_serves_others_between_messages_at_the_limit: "messages-at-the-limit-in-one-packet",
    server_holds_little_for_compressed_messages_of_many: "compressed-messages-held-by-many",
}
