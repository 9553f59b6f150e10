use std::{fmt, str};

use crate::handshake::{is_token, trim};

/// A member of `Sec-WebSocket-Extensions`: the name of an extension with its
/// parameters, in order ([RFC 6455 §9.1]).
///
/// ```
/// use ws_core::extension::Params;
///
/// let offers = Params::parse_list(r#"a; x="1"; y, , b"#)?;
/// assert_eq!(offers[0].to_string(), "a; x=1; y");
/// assert_eq!(offers[0].iter().collect::<Vec<_>>(), [("x", Some("1")), ("y", None)]);
/// assert_eq!(offers[1].name(), "b");
/// # Ok::<_, ws_core::extension::MalformedParams>(())
/// ```
///
/// [RFC 6455 §9.1]: https://www.rfc-editor.org/rfc/rfc6455#section-9.1
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    name: String,
    params: Vec<(String, Option<String>)>,
}

/// A `Sec-WebSocket-Extensions` field is not of its grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`Sec-WebSocket-Extensions` is malformed")]
#[non_exhaustive]
pub struct MalformedParams;

impl Params {
    /// An extension without parameters.
    ///
    /// The name, and those of the parameters, are tokens of [RFC 9110 §5.6.2].
    ///
    /// [RFC 9110 §5.6.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            params: Vec::new(),
        }
    }

    /// With one more parameter.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: Option<impl ToString>) -> Self {
        let value = value.map(|value| value.to_string());
        self.params.push((name.into(), value));
        self
    }

    /// The name of the extension.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The parameters: names, and values where they have one.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let params = self.params.iter();
        params.map(|(name, value)| (&**name, value.as_deref()))
    }

    /// Reads a field's value; a repeated field is as good as one with commas.
    /// Empty members do not count.
    ///
    /// # Errors
    ///
    /// If the value is not of the grammar of §9.1.
    pub fn parse_list(field: &str) -> Result<Vec<Self>, MalformedParams> {
        let mut rest = Reader(field);
        let mut members = Vec::new();
        loop {
            while rest.eat(',') {}
            if rest.is_at_end() {
                return Ok(members);
            }
            let mut member = Self::new(rest.token()?);
            while rest.eat(';') {
                let name = rest.token()?.to_owned();
                let value = if rest.eat('=') {
                    Some(rest.value()?)
                } else {
                    None
                };
                member.params.push((name, value));
            }
            members.push(member);
            if !rest.is_at_end() && !rest.eat(',') {
                return Err(MalformedParams);
            }
        }
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (name, value) in &self.params {
            write!(f, "; {name}")?;
            if let Some(value) = value {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

/// What is left of a field's value. Each character is looked at once.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn is_at_end(&mut self) -> bool {
        self.0 = trim(self.0);
        self.0.is_empty()
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.0 = trim(self.0);
        let rest = self.0.strip_prefix(wanted);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn token(&mut self) -> Result<&'a str, MalformedParams> {
        self.0 = trim(self.0);
        let end = self.0.find([',', ';', '=', ' ', '\t', '"']);
        let (token, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        if is_token(token) {
            Ok(token)
        } else {
            Err(MalformedParams)
        }
    }

    fn value(&mut self) -> Result<String, MalformedParams> {
        if !self.eat('"') {
            return self.token().map(str::to_owned);
        }
        // §9.1: what is quoted has to be a token once it is unquoted.
        let mut value = String::new();
        let mut letters = self.0.chars();
        loop {
            match letters.next() {
                Some('"') => break,
                Some('\\') => value.extend(letters.next()),
                Some(letter) => value.push(letter),
                None => return Err(MalformedParams),
            }
        }
        self.0 = letters.as_str();
        if is_token(&value) {
            Ok(value)
        } else {
            Err(MalformedParams)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(field: &str) -> Result<Vec<String>, MalformedParams> {
        let members = Params::parse_list(field)?;
        Ok(members.iter().map(Params::to_string).collect())
    }

    #[test]
    fn lists_have_odd_forms() {
        for (field, members) in [
            ("", &[][..]),
            (" , ,, ", &[]),
            ("a", &["a"]),
            ("a,a", &["a", "a"]),
            ("a ; b = c\t; d", &["a; b=c; d"]),
            (r#"a; b="c""#, &["a; b=c"]),
            (r#"a; b="\c\d", e"#, &["a; b=cd", "e"]),
            ("constructor; toString=1", &["constructor; toString=1"]),
        ] {
            assert_eq!(parse(field).unwrap(), members, "{field}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for field in [
            ";",
            "=",
            "a;",
            "a;;b",
            "a; =b",
            "a; b=",
            "a b",
            "a; b c",
            r#"a; b=""#,
            r#"a; b="""#,
            r#"a; b="c d""#,
            r#"a; b="c"d"#,
            r#"a; b="c\"#,
            "ä",
            "a; b=ä",
            "\"a\"",
        ] {
            assert_eq!(parse(field), Err(MalformedParams), "{field}");
        }
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(
            members in proptest::collection::vec(
                ("[a-z-]{1,8}", proptest::collection::vec(
                    ("[a-z_]{1,8}", proptest::option::of("[a-z0-9]{1,4}")), 0..4)),
                0..4,
            ),
        ) {
            let members: Vec<_> =
                members.into_iter().map(|(name, params)| Params { name, params }).collect();
            let field = members.iter().map(Params::to_string).collect::<Vec<_>>().join(", ");
            prop_assert_eq!(Params::parse_list(&field), Ok(members));
        }

        #[test]
        fn nothing_panics(field in "\\PC{0,40}") {
            Params::parse_list(&field).ok();
        }
    }
}
