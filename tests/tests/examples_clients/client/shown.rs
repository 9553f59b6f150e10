use crate::support::{
    Talk, client,
    server::{start, url},
};

#[actix_web::test]
async fn piped_lines_come_back_before_the_connection_closes() {
    let server = start();
    let ended = client(&[&url(&server, "/echo")], "hi\n\nthere").await;
    assert_eq!(ended.output(), "hi\n\nthere\n");
    let notes = ended.notes(0);
    assert!(notes.contains("connected to ws://127.0.0.1:"), "{notes}");
    assert!(
        notes.contains("closed with 1000 (normal closure); sent 3 (7 B), received 3 (7 B)"),
        "{notes}"
    );
}

#[actix_web::test]
async fn many_lines_come_back_in_order() {
    let server = start();
    let lines: String = (0..20_000).map(|number| format!("{number}\n")).collect();
    let ended = client(&[&url(&server, "/echo")], &lines).await;
    assert!(ended.output() == lines, "{}", ended.notes);
}

#[actix_web::test]
async fn messages_of_the_command_line_go_first_and_a_count_ends_it() {
    let server = start();
    let url = url(&server, "/echo");
    let talk = Talk::start(&[&url, "-m", "one", "--message", "two", "--count", "2"]);
    let ended = talk.ended_by_itself().await;
    assert_eq!(ended.output(), "one\ntwo\n");
}

#[actix_web::test]
async fn a_count_outlives_the_end_of_the_input() {
    let server = start();
    let url = url(&server, "/echo");
    let ended = client(&[&url, "-m", "one", "-n", "1", "--wait", "30"], "").await;
    assert_eq!(ended.output(), "one\n");
}

#[actix_web::test]
async fn answers_are_waited_for_if_asked() {
    let server = start();
    let ended = client(&[&url(&server, "/echo"), "--wait", "0.05"], "hi\n").await;
    assert_eq!(ended.output(), "hi\n");
}

#[actix_web::test]
async fn json_is_checked_before_it_is_sent_and_laid_out_when_it_comes() {
    let server = start();
    let input = "{\"b\":[1.50,{}],\"a\":null}\n{oops\n";
    let ended = client(&[&url(&server, "/echo"), "--json"], input).await;
    let laid_out = "{\n  \"b\": [\n    1.50,\n    {}\n  ],\n  \"a\": null\n}\n";
    assert_eq!(ended.output, laid_out);
    let notes = ended.notes(1);
    assert!(notes.contains("not sent: it is no JSON: "), "{notes}");
    assert!(notes.contains("sent 1 ("), "{notes}");
}

#[actix_web::test]
async fn binary_messages_are_written_in_hexadecimal() {
    let server = start();
    let ended = client(&[&url(&server, "/echo"), "--binary"], "48 69 1b\n").await;
    let dump = ended.output();
    assert!(dump.contains("48 69 1b") && dump.contains("Hi."), "{dump}");
    let ended = client(&[&url(&server, "/echo"), "--binary"], "4x\n").await;
    let notes = ended.notes(1);
    assert!(notes.contains("not sent: it is not hexadecimal"), "{notes}");
}

#[actix_web::test]
async fn text_that_is_none_is_not_sent() {
    let server = start();
    let ended = client(&[&url(&server, "/echo")], b"\xff\nhi\n").await;
    assert_eq!(ended.output, "hi\n");
    assert!(ended.notes(1).contains("--binary"), "{ended:?}");
}

#[actix_web::test]
async fn control_characters_of_the_peer_are_made_harmless() {
    let server = start();
    let url = url(&server, "/echo");
    let ended = client(&[&url], "a\x1b[2J\x07\u{9b}\u{202e}b\tc\n").await;
    assert_eq!(ended.output(), "a\\u{1b}[2J\\u{7}\\u{9b}\\u{202e}b\tc\n");
    let ended = client(&[&url, "--wait", "30"], "close \x1b[2Jbye\n").await;
    let notes = ended.notes(1);
    assert!(notes.contains(r#"with 4001: "\u{1b}[2Jbye""#), "{notes}");
    assert!(!notes.contains('\x1b'), "{notes}");
    let ended = client(&[&url.replace("echo", "status/403")], "").await;
    let notes = ended.notes(1);
    assert!(notes.contains("| go\\u{1b}[2Jaway\n  | or stay"), "{notes}");
}

#[actix_web::test]
async fn who_closes_the_output_ends_the_client() {
    let server = start();
    let mut talk = Talk::start(&[&url(&server, "/echo")]);
    talk.say("one").await;
    assert_eq!(talk.line().await, "one");
    talk.say("two").await;
    talk.say("three").await;
    assert_eq!(talk.ended_unheard().await, Some(0));
}
