//! JSON, laid out without a change to what it says.

use serde::de::IgnoredAny;

/// Why a text is no JSON.
pub(crate) fn check(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<IgnoredAny>(text).map(drop)
}

/// The text with line ends and indents; `None` if it is no JSON, or nested so
/// deeply that the indents would outgrow it.
///
/// Order, numbers and strings stay to the letter, which a value read and
/// written again would not promise.
pub(crate) fn lay_out(text: &str) -> Option<String> {
    check(text).ok()?;
    let mut out = String::with_capacity(text.len() * 2);
    let most = text.len() * 8 + 4096;
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if out.len() > most {
            return None;
        }
        if in_string {
            out.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            ' ' | '\t' | '\r' | '\n' => {}
            '{' | '[' => {
                out.push(character);
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                    continue;
                }
                depth += 1;
                break_line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(character);
                break_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other => {
                in_string = other == '"';
                out.push(other);
            }
        }
    }
    Some(out)
}

fn break_line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn json_is_laid_out_to_the_letter() {
        for (sent, shown) in [
            ("1", "1"),
            (" [ ] ", "[]"),
            (r#"{ "b":1.50,"a":{}}"#, "{\n  \"b\": 1.50,\n  \"a\": {}\n}"),
            (r#"["\"[,\\",2]"#, "[\n  \"\\\"[,\\\\\",\n  2\n]"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
        ] {
            assert_eq!(lay_out(sent).unwrap(), shown);
        }
    }

    #[test]
    fn what_is_laid_out_means_the_same() {
        let text = r#"{"a":[{"b":"\\"},[[],[1,{"c":null}]],true],"d":"{}[],:\""}"#;
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read(&lay_out(text).unwrap()), read(text));
    }

    #[test]
    fn what_is_no_json_or_too_deep_stays_as_it_is() {
        assert_eq!(lay_out("{"), None);
        assert_eq!(lay_out("hello"), None);
        let deep = "[".repeat(1 << 20) + &"]".repeat(1 << 20);
        assert_eq!(lay_out(&deep), None);
    }
}
