//! What the programs say about themselves.

use std::process::Command;

use ws_tests::binaries::example;

#[test]
fn help_names_each_option_with_an_example() {
    for (program, arguments, least) in [
        ("client", &["--help"][..], 15),
        ("reconnecting", &["serve", "--help"], 3),
        ("reconnecting", &["send", "--help"], 1),
        ("chat", &["--help"], 6),
        ("game", &["--help"], 3),
        ("opcodes", &["server", "--help"], 2),
        ("opcodes", &["client", "--help"], 1),
    ] {
        let output = Command::new(example(program)).args(arguments).output();
        let help = String::from_utf8(output.unwrap().stdout).unwrap();
        let (options, examples) = help.split_once("Examples:").expect(&help);
        let options: Vec<_> = options
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix('-'))
            .filter_map(|line| line.split_once("--").or_else(|| line.split_once('-')))
            .filter_map(|(_, option)| option.split([' ', ',']).next())
            .filter(|option| !["help", "version"].contains(option))
            .collect();
        assert!(options.len() >= least, "{options:?} in\n{help}");
        for option in options {
            let shown = examples.contains(&format!("--{option}"));
            assert!(shown, "no example of --{option} in\n{help}");
        }
    }
}

#[test]
fn help_names_each_role_with_an_example() {
    for (program, roles) in [
        ("reconnecting", ["serve", "send"]),
        ("opcodes", ["server", "client"]),
    ] {
        let output = Command::new(example(program)).arg("--help").output();
        let help = String::from_utf8(output.unwrap().stdout).unwrap();
        let (_, examples) = help.split_once("Examples:").expect(&help);
        for role in roles {
            let example = format!("{program} {role} ");
            assert!(examples.contains(&example), "{help}");
        }
    }
}
