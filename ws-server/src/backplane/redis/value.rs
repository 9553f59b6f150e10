//! What Redis answers, as what it is expected to be.

use redis::Value;

pub(super) fn text(value: &Value) -> Option<&str> {
    if let Value::SimpleString(text) = value {
        return Some(text);
    }
    let Value::BulkString(text) = value else {
        return None;
    };
    str::from_utf8(text).ok()
}

/// A number that is written in a text.
pub(super) fn number(value: &Value) -> Option<u64> {
    digits(text(value)?)
}

pub(super) fn digits(text: &str) -> Option<u64> {
    // The standard library takes a sign.
    let unsigned = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| unsigned)
}
