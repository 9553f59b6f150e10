use crate::backplane::Topic;

/// What subjects and streams are called.
#[derive(Debug, Clone)]
pub(super) struct Subjects {
    prefix: String,
}

impl Subjects {
    pub(super) fn new(prefix: &str) -> Self {
        // Names of rooms are written in letters that NATS takes.
        let prefix = Topic::new(prefix, "").rooms().to_owned();
        Self { prefix }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Where members of a room are sent messages. None if the server would end
    /// the connection over a name so long.
    pub(super) fn live(&self, topic: &Topic) -> Option<String> {
        let subject = format!("{}.out.{topic}", self.prefix);
        (subject.len() <= MAX_SUBJECT).then_some(subject)
    }

    /// Where messages of a room are taken by its record.
    pub(super) fn recorded(&self, topic: &Topic, epoch: u64) -> Option<String> {
        let (rooms, room) = topic.as_str().split_once('.')?;
        let subject = format!("{}.in.{rooms}.{epoch:016x}.{room}", self.prefix);
        (subject.len() <= MAX_SUBJECT).then_some(subject)
    }

    /// All that is taken by a record.
    pub(super) fn all_recorded(&self, rooms: &str, epoch: u64) -> String {
        format!("{}.in.{rooms}.{epoch:016x}.>", self.prefix)
    }

    /// Where all that is republished.
    pub(super) fn all_live(&self, rooms: &str) -> String {
        format!("{}.out.{rooms}.>", self.prefix)
    }

    /// The epoch in a subject of a record.
    pub(super) fn epoch(&self, rooms: &str, subject: &str) -> Option<u64> {
        let rest = subject.strip_prefix(&self.prefix)?.strip_prefix(".in.")?;
        let rest = rest.strip_prefix(rooms)?.strip_prefix('.')?;
        let (epoch, _) = rest.split_once('.')?;
        u64::from_str_radix(epoch, 16).ok()
    }

    /// The name of a record's stream. One that is too long for the server ends
    /// in a number that stands for the rest; should two have the same, then it
    /// is noticed by the stream's subjects.
    pub(super) fn stream(&self, rooms: &str) -> String {
        let mut name = format!("{}-{rooms}", self.prefix);
        if name.len() > MAX_STREAM {
            let rest = name.split_off(MAX_STREAM - 17);
            // FNV-1a, the same in every build.
            let number = rest
                .bytes()
                .fold(0xcbf2_9ce4_8422_2325, |number: u64, byte| {
                    (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
                });
            name += &format!("-{number:016x}");
        }
        name
    }

    /// Where nobody listens, so that the server answers at once.
    pub(super) fn nobody(&self) -> String {
        format!("{}.nobody", self.prefix)
    }
}

/// The server ends a connection over a line of 4096 bytes. In one there may
/// stand a subject, the name of the stream, and what the library makes up.
const MAX_SUBJECT: usize = 3328;

/// Of 255 bytes that a server takes. It names a folder so.
const MAX_STREAM: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epoch_is_found_where_it_was_written() {
        let subjects = Subjects::new("my app");
        let topic = Topic::new("chat", "lobby");
        let subject = subjects.recorded(&topic, 0x1234).unwrap();
        assert_eq!(subject, "my=20app.in.chat.0000000000001234.lobby");
        assert_eq!(subjects.epoch("chat", &subject), Some(0x1234));
        assert_eq!(
            subjects.epoch("chat", &subjects.all_recorded("chat", u64::MAX)),
            Some(u64::MAX)
        );
        for other in [
            "",
            "my=20app.in.chat",
            "ws.in.chat.1.lobby",
            "my=20app.in.chat.x.lobby",
        ] {
            assert_eq!(subjects.epoch("chat", other), None, "{other}");
        }
    }

    #[test]
    fn long_names_of_streams_are_cut_and_stay_apart() {
        let subjects = Subjects::new("ws");
        assert_eq!(subjects.stream("chat"), "ws-chat");
        let names = ["a", "b"].map(|end| subjects.stream(&("x".repeat(1000) + end)));
        assert_ne!(names[0], names[1]);
        assert!(names.iter().all(|name| name.len() == MAX_STREAM));
        assert_eq!(
            subjects.stream(&"x".repeat(MAX_STREAM - 3)).len(),
            MAX_STREAM
        );
    }

    #[test]
    fn no_subject_is_too_long_for_the_server() {
        let subjects = Subjects::new("ws");
        // Rooms of long names have short topics, but not sets of rooms.
        let topic = Topic::new(&"ä".repeat(1500), "lobby");
        assert!(subjects.live(&topic).is_none());
        assert!(subjects.recorded(&topic, 0).is_none());
        assert!(
            subjects
                .live(&Topic::new("chat", &"ä".repeat(1500)))
                .is_some()
        );
    }
}
