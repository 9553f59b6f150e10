ws_tests::attacks! {
    server_forgets_who_is_gone_before_the_head: "gone-before-the-head",
    server_forgets_who_is_gone_amid_the_head: "gone-amid-the-head",
    server_forgets_who_is_gone_behind_the_head: "gone-behind-the-head",
    server_forgets_who_is_gone_amid_a_frame: "gone-amid-a-frame",
    server_forgets_who_is_gone_amid_a_message: "gone-amid-a-message",
    server_forgets_who_is_gone_before_the_answer: "gone-before-the-answer",
}
