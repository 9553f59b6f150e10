use std::{
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    backplane::Topic,
    cluster::{Cluster, Line, Listener},
};

use super::{Room, history::History};

/// How rooms of a set reach the other nodes.
pub(super) struct Reach<K, D> {
    pub(super) cluster: Cluster,
    pub(super) history: Option<Arc<History>>,
    pub(super) codec: Option<Codec<D>>,
    pub(super) ways: Ways<K, D>,
}

/// What only some kinds of rooms can do, kept for those who know less of them.
pub(super) struct Ways<K, D> {
    room_name: fn(&K) -> String,
    listener: fn(&Room<K, D>) -> Arc<dyn Listener>,
}

/// How what members bring along is written for other nodes.
pub(super) struct Codec<D> {
    pub(super) write: fn(&D) -> Option<Vec<u8>>,
    pub(super) read: fn(&[u8]) -> Option<D>,
}

impl<K, D> Reach<K, D> {
    /// The line of a room in the rooms of this name.
    pub(super) fn line(&self, rooms: &str, key: &K) -> Line {
        let topic = Topic::new(rooms, &(self.ways.room_name)(key));
        let keep = self.history.as_ref().map(|history| history.keep());
        Line::new(&self.cluster, topic, keep)
    }

    pub(super) fn listener(&self, room: &Room<K, D>) -> Arc<dyn Listener> {
        (self.ways.listener)(room)
    }
}

impl<K, D> Ways<K, D>
where
    K: Display + Send + Sync + 'static,
    D: Send + Sync + 'static,
{
    pub(super) fn new() -> Self {
        Self {
            room_name: K::to_string,
            listener: |room| Arc::new(room.clone()),
        }
    }
}

impl<D: Serialize + DeserializeOwned> Codec<D> {
    pub(super) fn new() -> Self {
        Self {
            write: |data| guarded(|| serde_json::to_vec(data).ok()),
            read: |bytes| guarded(|| serde_json::from_slice(bytes).ok()),
        }
    }
}

/// A panic of the application's code is as good as its error.
fn guarded<T>(code: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(code)).ok().flatten()
}
