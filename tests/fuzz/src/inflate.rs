//! permessage-deflate alone: arbitrary bytes are inflated as plain zlib does it
//! and never beyond the limit, and what one side deflates the other inflates.
//!
//! Settings: four bytes of compression terms, the limit, the way, then how to
//! cut. The rest is a message, or what to make messages of.

use arbitrary::Unstructured;
use ws_core::{
    Role,
    extension::{Extension, ExtensionError, PartEnd},
};

use crate::{
    input::{Settings, cuts, pieces},
    reference::{self, Inflated},
    side::ROLES,
    terms,
};

/// Inflates the input, or sends it through both sides.
pub fn run(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let windows = input.peek_bytes(1).map_or(0, |bytes| bytes[0]);
    let deflate = terms::deflate(&mut input);
    let limit = input.one_of(&[1 << 16, 1 << 20, 1 << 12, 1000, 100, 1, 0]);
    let there_and_back = input.byte() % 2 == 1;
    let sizes = input.sizes();
    let bytes = input.take_rest();
    if there_and_back {
        for role in ROLES {
            let (sender, receiver) = (deflate.agreed(role), deflate.agreed(role.peer()));
            check_there_and_back(sender, receiver, bytes, &sizes);
        }
    } else {
        let expected = reference::inflate(bytes, limit);
        // A client reads what the server compressed.
        for (role, bits) in [
            (Role::Client, terms::window(windows)),
            (Role::Server, terms::window(windows >> 4)),
        ] {
            for cut in cuts(bytes, &sizes) {
                let mut extension = deflate.agreed(role);
                let mut output = Vec::new();
                let decoded = decode(&mut *extension, &cut, limit, &mut output);
                assert!(output.len() <= limit + 1, "one byte more tells of more");
                check_like_reference(decoded, &output, &expected, bits.get() == 15);
            }
        }
    }
}

/// Decodes a message that comes in these pieces; what came of it is in `output`.
fn decode(
    extension: &mut dyn Extension,
    cut: &[&[u8]],
    limit: usize,
    output: &mut Vec<u8>,
) -> Result<(), ExtensionError> {
    let start = output.len();
    for (i, part) in cut.iter().enumerate() {
        let end = match i + 1 == cut.len() {
            true => PartEnd::Message,
            // Frames and parts of frames are the same to a decoder.
            false if i % 2 == 0 => PartEnd::Part,
            false => PartEnd::Frame,
        };
        let left = limit - (output.len() - start);
        extension.decode(part, end, left, output)?;
        assert!(output.len() - start <= limit, "the limit is passed");
    }
    Ok(())
}

/// `exact`: nothing can reach farther back than the window.
fn check_like_reference(
    decoded: Result<(), ExtensionError>,
    output: &[u8],
    expected: &Inflated,
    exact: bool,
) {
    let seen = match expected {
        Inflated::Whole(seen) | Inflated::More(seen) | Inflated::Corrupt(seen) => seen,
    };
    let agrees = seen.starts_with(output) || output.starts_with(seen);
    assert!(agrees, "other bytes than the reference");
    match (decoded, expected) {
        (Ok(()), Inflated::Whole(seen)) => assert_eq!(output, seen),
        (Ok(()), Inflated::More(_) | Inflated::Corrupt(_)) => {
            panic!("accepted, though the reference says {expected:?}")
        }
        (Err(ExtensionError::TooBig), Inflated::More(_)) => {}
        (Err(ExtensionError::Fault { .. }), Inflated::Corrupt(_)) => {}
        (Err(ExtensionError::Fault { .. }), _) if !exact => {}
        (Err(error), _) => panic!("{error:?}, though the reference says {expected:?}"),
    }
}

/// Messages of these sizes, each in frames of these sizes.
fn check_there_and_back(
    mut sender: Box<dyn Extension>,
    mut receiver: Box<dyn Extension>,
    bytes: &[u8],
    sizes: &[usize],
) {
    let long: Vec<usize> = sizes.iter().map(|size| size * 7).collect();
    for message in pieces(bytes, &long) {
        let frames = pieces(message, sizes);
        let mut decoded = Vec::new();
        for (i, frame) in frames.iter().enumerate() {
            let end = match i + 1 == frames.len() {
                true => PartEnd::Message,
                false => PartEnd::Frame,
            };
            let mut encoded = Vec::new();
            let (head, rest) = frame.split_at(frame.len() / 2);
            sender.encode(head, PartEnd::Part, &mut encoded);
            sender.encode(rest, end, &mut encoded);
            let left = message.len() - decoded.len();
            let result = receiver.decode(&encoded, end, left, &mut decoded);
            assert_eq!(result, Ok(()), "our own bytes are refused");
        }
        assert_eq!(decoded, message);
    }
}
