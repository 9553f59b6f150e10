use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

use async_nats::jetstream::{
    Context, ErrorCode,
    context::{RequestError, RequestErrorKind},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

use super::{ENGINE, Nats, Storage, loss::lost, subjects::Subjects};
use crate::backplane::{BackplaneError, Keep};

/// The streams that record what is published, one per name of rooms.
pub(super) struct Records {
    context: Context,
    subjects: Subjects,
    storage: Storage,
    replicas: usize,
    max_bytes: u64,
    forget_after: Duration,
    patience: Duration,
    known: Mutex<HashMap<Box<str>, Record>>,
    /// There is no JetStream. The server would have to be started anew for it.
    none: AtomicBool,
}

/// A stream that is there, as far as is known.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) stream: String,
    pub(super) epoch: u64,
    keep: Keep,
}

#[derive(Deserialize)]
struct Info {
    config: Map<String, Value>,
}

/// What an attempt at a stream came to, if not to a stream.
enum Attempt {
    /// Try again: somebody else made it, or a cluster is finding a leader.
    Again(String),
    Fails(BackplaneError),
}

impl Records {
    pub(super) fn new(nats: &Nats, context: Context) -> Self {
        Self {
            context,
            subjects: nats.subjects.clone(),
            storage: nats.storage,
            replicas: nats.replicas,
            max_bytes: nats.max_bytes,
            forget_after: nats.forget_after,
            patience: nats.request_timeout,
            known: Mutex::default(),
            none: AtomicBool::new(false),
        }
    }

    /// The record of these rooms, made if there is none.
    pub(super) async fn get(&self, rooms: &str, keep: Keep) -> Result<Record, BackplaneError> {
        if self.none.load(Ordering::Relaxed) {
            return Err(unsupported());
        }
        // One at a time looks; the others find it here.
        let mut known = self.known.lock().await;
        if let Some(record) = known.get(rooms).filter(|record| record.keep == keep) {
            return Ok(record.clone());
        }
        let end = Instant::now() + self.patience;
        let record = loop {
            match self.look(rooms, keep).await {
                Ok(record) => break record,
                Err(Attempt::Again(_)) if Instant::now() < end => sleep(PAUSE).await,
                Err(Attempt::Again(reason)) => return Err(lost(reason)),
                Err(Attempt::Fails(error)) => {
                    if matches!(error, BackplaneError::Unsupported { .. }) {
                        self.none.store(true, Ordering::Relaxed);
                    }
                    return Err(error);
                }
            }
        };
        known.insert(rooms.into(), record.clone());
        Ok(record)
    }

    /// This one is gone. Others may know by now, and have another.
    pub(super) async fn forget(&self, gone: &Record) {
        let mut known = self.known.lock().await;
        known.retain(|_, record| record.stream != gone.stream || record.epoch != gone.epoch);
    }

    async fn look(&self, rooms: &str, keep: Keep) -> Result<Record, Attempt> {
        let stream = self.subjects.stream(rooms);
        let info = match self
            .call(format!("STREAM.INFO.{stream}"), json!({}))
            .await?
        {
            Ok(info) => info,
            Err(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                self.create(&stream, rooms, keep).await?;
                // A cluster may have taken two at once, and kept one.
                return Err(Attempt::Again(format!("stream {stream} is being made")));
            }
            Err(error) => return Err(failed(&error)),
        };
        let epoch = self.check(&stream, rooms, &info)?;
        self.adjust(&stream, keep, info).await?;
        Ok(Record {
            stream,
            epoch,
            keep,
        })
    }

    async fn create(&self, stream: &str, rooms: &str, keep: Keep) -> Result<(), Attempt> {
        // Two nodes may do this at once: a server takes only one of them.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap_or_default().as_nanos();
        let epoch = u64::try_from(now).unwrap_or(u64::MAX);
        let subjects = self.subjects.all_recorded(rooms, epoch);
        let mut config = json!({
            "name": stream,
            "description": "what is kept of rooms",
            "subjects": [subjects],
            "republish": { "src": subjects, "dest": self.subjects.all_live(rooms) },
            "retention": "limits",
            "discard": "old",
            "storage": match self.storage {
                Storage::File => "file",
                Storage::Memory => "memory",
            },
            "num_replicas": self.replicas,
            "max_msgs": -1,
            "max_bytes": i64::try_from(self.max_bytes).unwrap_or(-1),
            "max_consumers": -1,
            "duplicate_window": nanoseconds(DUPLICATES),
        });
        for (key, value) in self.terms(keep) {
            config[key] = value.into();
        }
        match self.call(format!("STREAM.CREATE.{stream}"), config).await? {
            Ok(_) => {
                tracing::info!(stream, "began to record");
                Ok(())
            }
            Err(error) if error.error_code() == ErrorCode::STREAM_NAME_EXIST => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }

    /// The epoch of a stream, if it is one that was made here.
    fn check(&self, stream: &str, rooms: &str, info: &Info) -> Result<u64, Attempt> {
        let subject = info
            .config
            .get("subjects")
            .and_then(|subjects| subjects.get(0));
        let subject = subject.and_then(Value::as_str).unwrap_or_default();
        let republished = info
            .config
            .get("republish")
            .and_then(|republish| republish.get("dest"));
        let republished = republished.and_then(Value::as_str);
        let epoch = self.subjects.epoch(rooms, subject);
        epoch
            .filter(|epoch| subject == self.subjects.all_recorded(rooms, *epoch))
            .filter(|_| republished == Some(&self.subjects.all_live(rooms)))
            .ok_or_else(|| {
                Attempt::Fails(refused(format!(
                    "stream {stream} is no record of rooms; delete it, or choose another prefix"
                )))
            })
    }

    /// Changes the terms of a stream, if they are others.
    async fn adjust(&self, stream: &str, keep: Keep, info: Info) -> Result<(), Attempt> {
        let mut config = info.config;
        let mut changed = false;
        for (key, value) in self.terms(keep) {
            let value = Value::from(value);
            if config.get(key) != Some(&value) {
                config.insert(key.to_owned(), value);
                changed = true;
            }
        }
        if !changed {
            return Ok(());
        }
        let update = self.call(format!("STREAM.UPDATE.{stream}"), config.into());
        match update.await? {
            Ok(_) => {
                tracing::warn!(
                    stream,
                    ?keep,
                    "changed how much is kept; another node may differ"
                );
                Ok(())
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// What of a stream's configuration depends on how much is kept.
    fn terms(&self, keep: Keep) -> [(&'static str, i64); 2] {
        // By the one more, a client is recognised that missed just as many.
        let messages = keep.messages.max(1).saturating_add(1);
        let age = match keep.age {
            Some(age) => age.saturating_mul(2).max(DAY),
            None => self.forget_after.max(DUPLICATES),
        };
        [
            (
                "max_msgs_per_subject",
                i64::try_from(messages).unwrap_or(i64::MAX),
            ),
            ("max_age", nanoseconds(age)),
        ]
    }

    async fn call(
        &self,
        subject: String,
        payload: Value,
    ) -> Result<Result<Info, async_nats::jetstream::Error>, Attempt> {
        match self.context.request(subject, &payload).await {
            Ok(Response::Ok(info)) => Ok(Ok(info)),
            Ok(Response::Err { error }) => Ok(Err(error)),
            Err(error) => Err(unanswered(&error)),
        }
    }
}

/// Nobody has answered as JetStream does.
fn unanswered(error: &RequestError) -> Attempt {
    match error.kind() {
        RequestErrorKind::NoResponders => Attempt::Fails(unsupported()),
        RequestErrorKind::TimedOut | RequestErrorKind::Other => Attempt::Again(error.to_string()),
        _ => Attempt::Fails(refused(error.to_string())),
    }
}

/// JetStream has answered that it does not.
fn failed(error: &async_nats::jetstream::Error) -> Attempt {
    match error.error_code() {
        ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => {
            Attempt::Fails(unsupported())
        }
        ErrorCode::STORAGE_RESOURCES_EXCEEDED | ErrorCode::INSUFFICIENT_RESOURCES => {
            Attempt::Fails(BackplaneError::Unsupported {
                engine: ENGINE,
                what: "set aside as many bytes as messages of rooms may take",
                remedy: "give its JetStream more of them (`max_file_store`), or have rooms take less (`Nats::max_bytes`)",
            })
        }
        code if passes(code) => Attempt::Again(error.to_string()),
        _ => Attempt::Fails(refused(format!("JetStream says: {error}"))),
    }
}

/// Whether it is only for the moment: a cluster is finding a leader, or more
/// is on its way than the server keeps waiting.
pub(super) fn passes(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::CLUSTER_NOT_AVAILABLE
            | ErrorCode::CLUSTER_NOT_LEADER
            | ErrorCode::RAFT_GENERAL
            | ErrorCode::STREAM_TOO_MANY_REQUESTS
    )
}

fn unsupported() -> BackplaneError {
    BackplaneError::Unsupported {
        engine: ENGINE,
        what: "keep messages of rooms",
        remedy: "start its server with JetStream (`nats-server -js`), or let rooms keep none",
    }
}

pub(super) const fn refused(reason: String) -> BackplaneError {
    BackplaneError::Refused {
        engine: ENGINE,
        reason,
    }
}

fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// How long a publication is recognised that comes a second time: longer than
/// a node tries to get through with it.
const DUPLICATES: Duration = Duration::from_secs(120);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Between attempts at what a cluster may do in a moment.
pub(super) const PAUSE: Duration = Duration::from_millis(50);
