//! Records: for each topic a stream of the newest messages, and beside it a
//! hash with the epoch and the newest offset. Scripts do all that is done to
//! them, so that nothing comes between.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use bytes::Bytes;
use redis::{Cmd, RedisResult, Value, aio::MultiplexedConnection, cmd};

use super::{
    live,
    names::Names,
    value::{digits, number},
};
use crate::backplane::{Keep, Page, Position, Publication, Topic};

/// The scripts, as a server that has loaded them calls them.
#[derive(Debug)]
pub(super) struct Scripts {
    publish: String,
    read: String,
    names: Names,
    /// `PUBLISH` or `SPUBLISH`.
    command: &'static str,
    /// Which run of the server this is.
    run: String,
    /// For how long a record is remembered that nothing is published to.
    memory: Duration,
}

/// Whether a server knows the scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// It has been told.
    Known,
    /// It has forgotten, and has done nothing for that reason.
    Anew,
}

impl Scripts {
    /// Has a server learn the scripts.
    pub(super) async fn load(
        connection: &mut MultiplexedConnection,
        names: Names,
        command: &'static str,
        memory: Duration,
    ) -> RedisResult<Self> {
        let [publish, read] = [PUBLISH, READ].map(|script| {
            let mut load = cmd("SCRIPT");
            load.arg("LOAD").arg(script);
            load
        });
        let mut about = cmd("INFO");
        about.arg("server");
        let about: String = about.query_async(connection).await?;
        let run = about.lines().find_map(|line| line.strip_prefix("run_id:"));
        Ok(Self {
            run: run.unwrap_or_default().trim().to_owned(),
            publish: publish.query_async(connection).await?,
            read: read.query_async(connection).await?,
            names,
            command,
            memory,
        })
    }

    /// Records and publishes. The answer is for [`position`].
    pub(super) fn publish(&self, it: &Publication, keep: Keep, call: Call) -> Cmd {
        let mut command = script(call, &self.publish, PUBLISH);
        let name = self.names.of(&it.topic);
        command
            .arg(3)
            .arg(self.names.meta(&it.topic))
            .arg(&name)
            .arg(self.names.seen(&it.topic, it.id))
            .arg(&name)
            .arg(&*it.payload)
            // Of one length, since the script compares texts.
            .arg(format!("{:020}", it.id.number))
            // Then it is not there, whatever has come after it.
            .arg(u8::from(call == Call::Anew))
            .arg(new_epoch())
            // The newest is always kept, so that the stream goes on.
            .arg(keep.messages.max(1))
            .arg(age(keep))
            .arg(milliseconds(keep.age.unwrap_or(self.memory)))
            .arg(self.meta_lives(keep))
            .arg(milliseconds(SEEN))
            .arg(self.command)
            .arg(&self.run)
            .arg(limit(keep.bytes));
        command
    }

    /// Publishes what is not to be recorded.
    pub(super) fn pass(&self, it: &Publication) -> Cmd {
        let mut command = cmd(self.command);
        command
            .arg(self.names.of(&it.topic))
            .arg(live::unrecorded(&it.payload));
        command
    }

    /// Reads a page. The answer is for [`page`].
    pub(super) fn read(
        &self,
        topic: &Topic,
        keep: Keep,
        after: Option<u64>,
        limit: usize,
        call: Call,
    ) -> Cmd {
        let mut command = script(call, &self.read, READ);
        command
            .arg(2)
            .arg(self.names.meta(topic))
            .arg(self.names.of(topic))
            .arg(new_epoch())
            .arg(after.map_or_else(String::new, |after| after.to_string()))
            .arg(limit)
            .arg(keep.messages)
            .arg(age(keep))
            .arg(self.meta_lives(keep))
            .arg(PAGE_BYTES)
            .arg(&self.run);
        command
    }

    /// The epoch is to be known longer than the messages are there.
    fn meta_lives(&self, keep: Keep) -> u64 {
        let longest = keep.age.map_or(self.memory, |age| age.max(self.memory));
        milliseconds(longest.saturating_add(MARGIN))
    }
}

/// What the script has to say of a publication: nothing, if it was there.
pub(super) fn position(answer: &Value) -> Option<Option<Position>> {
    if *answer == Value::Nil {
        return Some(None);
    }
    let Value::BulkString(text) = answer else {
        return None;
    };
    parse_position(text).map(Some)
}

/// Reads `EPOCH-OFFSET`, in decimal digits as Redis writes them.
pub(super) fn parse_position(text: &[u8]) -> Option<Position> {
    let (epoch, offset) = str::from_utf8(text).ok()?.split_once('-')?;
    Some(Position {
        epoch: digits(epoch)?,
        offset: digits(offset)?,
    })
}

/// What the script has read.
pub(super) fn page(answer: Value, topic: &Topic) -> Option<Page> {
    let Value::Array(parts) = answer else {
        return None;
    };
    let [epoch, start, last, more, entries] = <[Value; 5]>::try_from(parts).ok()?;
    let Value::Array(entries) = entries else {
        return None;
    };
    let mut page = Page {
        epoch: number(&epoch)?,
        start: number(&start)?,
        last: number(&last)?,
        entries: Vec::with_capacity(entries.len() / 2),
        more: more == Value::Int(1),
    };
    let mut entries = entries.into_iter();
    while let (Some(name), Some(payload)) = (entries.next(), entries.next()) {
        let (Value::BulkString(name), Value::BulkString(payload)) = (name, payload) else {
            return None;
        };
        // They are called OFFSET-TIME.
        let offset = parse_position(&name)?.epoch;
        if payload.is_empty() {
            tracing::warn!(%topic, offset, "somebody else wrote to this record");
        }
        page.entries.push((offset, Bytes::from(payload)));
    }
    Some(page)
}

fn script(call: Call, known: &str, text: &str) -> Cmd {
    let mut command = match call {
        Call::Known => cmd("EVALSHA"),
        Call::Anew => cmd("EVAL"),
    };
    command.arg(match call {
        Call::Known => known,
        Call::Anew => text,
    });
    command
}

fn new_epoch() -> u64 {
    RandomState::new().hash_one(())
}

fn age(keep: Keep) -> String {
    let age = keep.age.map(milliseconds);
    age.map_or_else(String::new, |age| age.to_string())
}

/// A number that is written so that nothing means that there is no limit.
fn limit(bytes: usize) -> String {
    if bytes == usize::MAX {
        return String::new();
    }
    bytes.to_string()
}

fn milliseconds(time: Duration) -> u64 {
    // Redis takes no time to live of nothing, nor one beyond its clock.
    u64::try_from(time.as_millis()).map_or(LONGEST, |time| time.clamp(1, LONGEST))
}

/// Some three hundred years, in milliseconds.
const LONGEST: u64 = 1 << 43;

/// How long a publisher may take to publish again what it does not know to
/// have arrived: it finds out within seconds, and connects within a minute or
/// gives up.
const SEEN: Duration = Duration::from_secs(120);

/// How much longer than messages their epoch is there: both are looked at in
/// one script, at one moment.
const MARGIN: Duration = Duration::from_secs(60);

/// A page ends when it has so many bytes, so that no answer takes long.
const PAGE_BYTES: usize = 1 << 20;

const PUBLISH: &str = concat!(
    include_str!("record/common.lua"),
    include_str!("record/publish.lua")
);

const READ: &str = concat!(
    include_str!("record/common.lua"),
    include_str!("record/read.lua")
);
