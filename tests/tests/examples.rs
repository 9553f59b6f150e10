//! The example programs that start, show something and end.

use std::process::Command;

use ws_tests::binaries::example;

#[test]
fn sans_io_opens_a_connection_with_a_handshake_and_without() {
    let said = shown("sans_io", &["ahoy", "bye"]);
    let (with, without) = said.split_once("without one:").unwrap();
    for part in [with, without] {
        assert!(part.contains(r#"client says "ahoy""#), "{said}");
        assert!(part.contains(r#"server says "AHOY""#), "{said}");
        assert!(part.contains(r#"server says "BYE""#), "{said}");
        assert!(
            part.contains("closed with 1000 (normal closure), clean: true"),
            "{said}"
        );
    }
}

#[test]
fn sans_io_explains_itself() {
    let help = shown("sans_io", &["--help"]);
    assert!(
        help.contains("Usage:") && help.contains("--version"),
        "{help}"
    );
}

/// What a program prints, which has to end well.
fn shown(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(example(name))
        .args(arguments)
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{output:?}");
    said
}
