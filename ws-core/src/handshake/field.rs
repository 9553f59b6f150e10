use thiserror::Error;

/// Something given for a head cannot stand in one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The name of a field is not a token (RFC 9110 §5.1).
    #[error("{0:?} is no name of a header field")]
    Name(String),
    /// A value would end its line, and begin a field of its own.
    #[error("the value of `{0}` has a control character in it")]
    Value(String),
    /// The handshake sets this field itself.
    #[error("`{0}` is set by the handshake")]
    Reserved(String),
    /// The target of a request has a space or a control character in it.
    #[error("{0:?} is no target of a request: percent-encode it")]
    Target(String),
    /// The name of a subprotocol is not a token ([RFC 6455 §4.1]).
    ///
    /// [RFC 6455 §4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
    #[error("{0:?} is no subprotocol: use letters, digits, and signs such as `.` and `-`")]
    Subprotocol(String),
}

/// Whether `name` may be a token (RFC 9110 §5.6.2), such as a subprotocol.
pub(crate) fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// A field as it may be written (RFC 9110 §5.5): nobody smuggles in another.
pub(super) fn check_field(name: &str, value: &[u8]) -> Result<(), FieldError> {
    if !is_token(name) {
        return Err(FieldError::Name(name.to_owned()));
    }
    if value.iter().copied().any(is_control) {
        return Err(FieldError::Value(name.to_owned()));
    }
    Ok(())
}

/// The target of a request (RFC 9112 §3.2), as far as it could end early.
pub(super) fn check_target(target: &str) -> Result<(), FieldError> {
    if target.is_empty() || target.bytes().any(|byte| byte == b' ' || is_control(byte)) {
        return Err(FieldError::Target(target.to_owned()));
    }
    Ok(())
}

/// A field that a client adds: it must not be one of the handshake's own.
pub(super) fn check_added(name: &str, value: &str) -> Result<(), FieldError> {
    check_field(name, value.as_bytes())?;
    let reserved = [
        "Host",
        "Upgrade",
        "Connection",
        "Content-Length",
        "Transfer-Encoding",
    ];
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("sec-websocket-")
        || reserved.iter().any(|own| own.eq_ignore_ascii_case(name))
    {
        return Err(FieldError::Reserved(name.to_owned()));
    }
    Ok(())
}

pub(super) fn check_subprotocols(
    names: impl IntoIterator<Item = impl Into<String>>,
) -> Result<Vec<String>, FieldError> {
    let names = names.into_iter().map(Into::into);
    names
        .map(|name: String| match is_token(&name) {
            true => Ok(name),
            false => Err(FieldError::Subprotocol(name)),
        })
        .collect()
}

const fn is_control(byte: u8) -> bool {
    byte != b'\t' && byte.is_ascii_control()
}
