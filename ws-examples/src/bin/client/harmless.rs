//! What a peer sends, made fit for a terminal.

use std::{borrow::Cow, fmt::Write};

/// Writes out the characters with which a peer could move the cursor, change
/// colours or the clipboard, or turn the reading direction. Tabs and line ends
/// stay.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_harmful(character) {
            // Writing to a string does not fail.
            write!(written, "{}", character.escape_default()).ok();
        } else {
            written.push(character);
        }
    }
    Cow::Owned(written)
}

fn is_harmful(character: char) -> bool {
    match character {
        '\t' | '\n' => false,
        // Marks, embeddings, overrides and isolates of bidirectional text, and
        // line ends that are none on a terminal.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        for (sent, shown) in [
            ("a\tb\nc", "a\tb\nc"),
            ("\x1b[2J\x07", "\\u{1b}[2J\\u{7}"),
            ("a\rb\u{9b}31m", "a\\rb\\u{9b}31m"),
            (
                "x\u{202e}y\u{2066}\u{2028}",
                "x\\u{202e}y\\u{2066}\\u{2028}",
            ),
            ("\0\u{7f}", "\\u{0}\\u{7f}"),
            ("äöü 日本 🦀", "äöü 日本 🦀"),
        ] {
            assert_eq!(harmless(sent), shown);
        }
    }
}
