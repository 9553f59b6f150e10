use std::str;

use crate::extension::Params;

use super::field::is_token;

/// The header fields that matter to a handshake, gathered in one pass.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    /// `Upgrade` names `websocket`.
    pub(super) upgrade: bool,
    /// The whole of it, as long as it stands once.
    pub(super) sole_upgrade: Once<'a>,
    /// `Connection` names `upgrade`.
    pub(super) connection: bool,
    pub(super) host: Once<'a>,
    pub(super) key: Once<'a>,
    pub(super) accept: Once<'a>,
    pub(super) version: Once<'a>,
    /// The members of `Sec-WebSocket-Protocol`, in order.
    pub(super) subprotocols: Vec<&'a str>,
    /// The members of `Sec-WebSocket-Extensions`, in order.
    pub(super) extensions: Vec<Params>,
    /// A body comes with the head.
    pub(super) body: bool,
}

/// A field that may stand once.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Once<'a> {
    #[default]
    Missing,
    Value(&'a str),
    /// It is repeated, or not text.
    Unusable,
}

impl<'a> Once<'a> {
    fn set(&mut self, value: Option<&'a str>) {
        *self = match (*self, value) {
            (Self::Missing, Some(value)) => Self::Value(value),
            _ => Self::Unusable,
        };
    }

    pub(super) const fn value(self) -> Option<&'a str> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing | Self::Unusable => None,
        }
    }
}

impl<'a> Fields<'a> {
    /// # Errors
    ///
    /// The name of a list whose members are not tokens.
    pub(super) fn gather(
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, &'static str> {
        let mut fields = Self::default();
        for (name, value) in headers {
            let text = str::from_utf8(value).ok().map(trim);
            let named = |other: &str| name.eq_ignore_ascii_case(other);
            if named("Upgrade") {
                fields.sole_upgrade.set(text);
                fields.upgrade |= has_member(text, "websocket");
            } else if named("Connection") {
                fields.connection |= has_member(text, "upgrade");
            } else if named("Host") {
                fields.host.set(text);
            } else if named("Sec-WebSocket-Key") {
                fields.key.set(text);
            } else if named("Sec-WebSocket-Accept") {
                fields.accept.set(text);
            } else if named("Sec-WebSocket-Version") {
                fields.version.set(text);
            } else if named("Sec-WebSocket-Protocol") {
                let malformed = "Sec-WebSocket-Protocol";
                for member in members(text.ok_or(malformed)?) {
                    if !is_token(member) {
                        return Err(malformed);
                    }
                    fields.subprotocols.push(member);
                }
            } else if named("Sec-WebSocket-Extensions") {
                let malformed = "Sec-WebSocket-Extensions";
                let members = Params::parse_list(text.ok_or(malformed)?);
                fields.extensions.extend(members.map_err(|_| malformed)?);
            } else if named("Transfer-Encoding") {
                fields.body = true;
            } else if named("Content-Length") {
                fields.body |= text != Some("0");
            }
        }
        Ok(fields)
    }
}

fn has_member(list: Option<&str>, wanted: &str) -> bool {
    list.is_some_and(|list| members(list).any(|member| member.eq_ignore_ascii_case(wanted)))
}

/// The members of a comma-separated list; empty ones do not count (RFC 9110 §5.6.1).
fn members(list: &str) -> impl Iterator<Item = &str> {
    list.split(',')
        .map(trim)
        .filter(|member| !member.is_empty())
}

pub(crate) fn trim(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}
