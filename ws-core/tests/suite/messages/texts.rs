//! Text as a value: it compares and prints as the `str` it is, however long it
//! is and wherever it came from.

use std::hash::{BuildHasher, RandomState};

use bytes::Bytes;
use ws_core::{Config, InvalidUtf8, Message, Role, Utf8Bytes};

use crate::support::{
    frames::{ENDED, TEXT, TEXT_BEGINS},
    side::Side,
};

/// In bytes: short texts, longer ones and long ones are kept in different ways.
const LENS: [usize; 8] = [0, 1, 30, 31, 32, 4095, 4096, 70_000];

#[test]
fn a_text_is_the_same_however_it_was_made() {
    let hasher = RandomState::new();
    for expected in texts() {
        let expected = &*expected;
        let made = ways(expected);
        for text in &made {
            let (bytes, str): (&[u8], &str) = (text.as_ref(), text.as_ref());
            assert_eq!((text.as_str(), str), (expected, expected));
            assert_eq!(text.as_bytes(), expected.as_bytes());
            assert_eq!(bytes, expected.as_bytes());
            assert_eq!(text.clone().into_bytes(), expected.as_bytes());
            assert_eq!(text.len(), expected.len());
            assert_eq!(text.is_empty(), expected.is_empty());
            assert_eq!(text, expected);
            assert_eq!(text, &expected);
            assert_eq!(text, &made[0]);
            assert_eq!(text.cmp(&made[0]), "".cmp(""));
            assert_eq!(hasher.hash_one(text), hasher.hash_one(&made[0]));
            assert_eq!(text.to_string(), expected);
            assert_eq!(format!("{text:?}"), format!("{expected:?}"));
        }
    }
    assert_eq!(Utf8Bytes::default(), Utf8Bytes::new());
    assert_eq!(Utf8Bytes::new(), "");
}

#[test]
fn texts_differ_and_are_ordered_as_their_characters_are() {
    let hasher = RandomState::new();
    let texts = texts();
    for one in &texts {
        for other in &texts {
            let (made, also) = (ways(one)[0].clone(), ways(other)[1].clone());
            assert_eq!(made == also, one == other);
            let other_str = &**other;
            assert_eq!(made == *other_str, one == other);
            assert_eq!(PartialEq::<&str>::eq(&made, &other_str), one == other);
            assert_eq!(made.cmp(&also), one.cmp(other));
            assert_eq!(made.partial_cmp(&also), one.partial_cmp(other));
            // Tables of texts find them, and do not become lists.
            let [hash, other_hash] = [&made, &also].map(|text| hasher.hash_one(text));
            assert_eq!(hash == other_hash, one == other);
        }
    }
}

#[test]
fn bytes_that_are_not_utf8_are_no_text() {
    for len in LENS {
        let mut bytes = vec![b'x'; len];
        bytes.push(0xff);
        let [copied, taken] = [
            Utf8Bytes::try_from(&bytes[..]),
            Utf8Bytes::try_from(Bytes::from(bytes)),
        ];
        let refused = |text: Result<_, InvalidUtf8>| text.map_err(|error| error.to_string());
        assert_eq!(refused(copied), Err("text is not UTF-8".to_owned()));
        assert_eq!(refused(taken), Err("text is not UTF-8".to_owned()));
    }
}

/// Of each length one that ends in `ü` and one that ends in `x`.
fn texts() -> Vec<String> {
    let mut texts = vec!["ü".to_owned()];
    for len in LENS {
        texts.push("x".repeat(len));
        if len > 2 {
            texts.push("x".repeat(len - 2) + "ü");
        }
    }
    texts.dedup();
    texts
}

/// From the application, and from the wire as a whole and in fragments.
fn ways(text: &str) -> [Utf8Bytes; 5] {
    let bytes = text.as_bytes();
    let mut server = Side::new(Role::Server, Config::new());
    server.feed_frame(TEXT, bytes);
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    server.feed_frame(TEXT_BEGINS, first);
    server.feed_frame(ENDED, rest);
    let mut received = server.messages().into_iter().map(|message| {
        let Message::Text(text) = message else {
            panic!("{message:?} is no text");
        };
        text
    });
    let mut next = || received.next().expect("two texts were sent");
    [
        Utf8Bytes::from(text.to_owned()),
        Utf8Bytes::try_from(bytes).expect("it is text"),
        Utf8Bytes::try_from(Bytes::copy_from_slice(bytes)).expect("it is text"),
        next(),
        next(),
    ]
}
