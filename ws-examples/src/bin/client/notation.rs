//! How messages are written: what is typed becomes one, and what comes is shown.

use pretty_hex::{HexConfig, config_hex};
use ws_core::Message;

use crate::{args::Args, json};

/// What is typed, and what is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    Text,
    Json,
    /// Binary messages, in hexadecimal.
    Binary,
}

impl Notation {
    pub(crate) const fn of(args: &Args) -> Self {
        match (args.json, args.binary) {
            (true, _) => Self::Json,
            (false, true) => Self::Binary,
            (false, false) => Self::Text,
        }
    }

    /// The message that a line stands for, or why it stands for none.
    pub(crate) fn read(self, line: Vec<u8>) -> Result<Message, String> {
        let line = String::from_utf8(line)
            .map_err(|_| "it is not UTF-8: send it with --binary, in hexadecimal")?;
        match self {
            Self::Text => {}
            Self::Json => json::check(&line).map_err(|error| format!("it is no JSON: {error}"))?,
            Self::Binary => {
                let digits: String = line.split_whitespace().collect();
                let bytes = hex::decode(digits)
                    .map_err(|error| format!("it is not hexadecimal, like 48 69 0a: {error}"))?;
                return Ok(Message::binary(bytes));
            }
        }
        Ok(Message::text(line))
    }

    /// A message as it is shown, control characters included.
    pub(crate) fn write(self, message: &Message) -> String {
        match message {
            Message::Text(text) => {
                let text = text.as_str();
                let laid_out = (self == Self::Json).then(|| json::lay_out(text)).flatten();
                laid_out.unwrap_or_else(|| text.to_owned())
            }
            Message::Binary(_) | Message::Custom(..) | _ => match message.payload() {
                [] => "(no bytes)".to_owned(),
                payload => config_hex(&payload, DUMP),
            },
        }
    }
}

const DUMP: HexConfig = HexConfig {
    title: false,
    ascii: true,
    width: 16,
    group: 8,
    chunk: 1,
    max_bytes: usize::MAX,
    display_offset: 0,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_are_meant() {
        let read = |notation: Notation, line: &str| notation.read(line.as_bytes().to_vec());
        assert_eq!(read(Notation::Text, "{"), Ok(Message::text("{")));
        assert!(read(Notation::Json, "{").unwrap_err().contains("no JSON"));
        assert_eq!(
            read(Notation::Binary, "48 690A"),
            Ok(Message::binary(&b"Hi\n"[..]))
        );
        assert!(read(Notation::Binary, "4").unwrap_err().contains("48 69"));
        let error = Notation::Text.read(vec![0xff]).unwrap_err();
        assert!(error.contains("--binary"), "{error}");
    }

    #[test]
    fn binary_messages_are_dumped() {
        let dump = Notation::Text.write(&Message::binary(&b"Hi\n\x1b"[..]));
        assert!(
            dump.contains("48 69 0a 1b") && dump.ends_with("Hi.."),
            "{dump}"
        );
        assert_eq!(Notation::Text.write(&Message::binary(vec![])), "(no bytes)");
    }
}
