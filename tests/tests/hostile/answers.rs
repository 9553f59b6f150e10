//! Answers that are none, and what an application passes on.

ws_tests::attacks! {
    client_refuses_odd_answers: "server-answers-oddly",
    client_refuses_terms_it_did_not_offer: "server-agrees-to-what-was-not-offered",
    client_refuses_other_protocols: "server-answers-in-another-protocol",
    client_hears_what_came_with_the_answer: "server-says-all-in-one-packet",
    client_refuses_frames_before_the_answer: "server-says-frames-before-its-answer",
    client_writes_no_line_breaks_of_others: "application-passes-on-line-breaks",
    client_writes_urls_in_one_line: "application-passes-on-odd-urls",
}
