ws_tests::attacks! {
    server_reads_no_more_for_who_reads_no_echoes: "echoes-that-nobody-reads",
    server_reads_no_more_for_who_reads_no_short_echoes: "short-echoes-that-nobody-reads",
    server_holds_little_for_twenty_who_read_no_echoes: "echoes-that-twenty-do-not-read",
    server_gives_up_who_never_reads: "echoes-that-are-never-read",
    server_closes_a_member_that_does_not_read: "member-that-does-not-read",
    server_gives_up_who_does_not_read_its_close: "close-that-nobody-reads",
    server_keeps_the_newest_pong_for_who_does_not_read: "pings-without-reading",
    server_answers_pings_without_end: "pings-without-end",
}
