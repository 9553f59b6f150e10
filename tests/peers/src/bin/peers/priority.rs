use std::{fs, io};

/// The niceness of this process and its children, until this is dropped.
///
/// Linux gives each session its share of the processors first, and only then
/// looks at who is nice in it, so the session is told as well.
pub(crate) struct Priority {
    session: Option<String>,
}

impl Priority {
    pub(crate) fn set(niceness: i32) -> io::Result<Self> {
        if niceness == 0 {
            return Ok(Self { session: None });
        }
        let refused = |error| {
            io::Error::other(format!(
                "a niceness of {niceness} is refused: {error}; try without --nice"
            ))
        };
        rustix::process::nice(niceness).map_err(|error| refused(error.into()))?;
        let session = fs::read_to_string(SESSION).ok();
        let session = session.and_then(|text| Some(text.rsplit_once("nice ")?.1.trim().to_owned()));
        if session.is_some() {
            fs::write(SESSION, niceness.to_string()).map_err(refused)?;
        }
        Ok(Self { session })
    }
}

impl Drop for Priority {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            fs::write(SESSION, session).ok();
        }
    }
}

const SESSION: &str = "/proc/self/autogroup";
