use serde::{Deserialize, Serialize};

/// What a server holds at one instant.
///
/// What is counted by `Drop` or by the kernel is exact. tokio counts no tasks of
/// a `LocalSet`, where those of connections run: [`tasks`](Self::tasks) has only
/// the others. A task that stays is a block of the heap that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Census {
    /// Actors, and futures of actors.
    pub actors: usize,
    /// Connections by [`Shutdown::connections`](ws_server::Shutdown::connections):
    /// the tasks that drive them.
    pub connections: usize,
    /// Members by [`Rooms::count`](ws_server::Rooms::count), of all rooms.
    pub members: usize,
    /// Rooms that have members.
    pub rooms: usize,
    /// Places by [`Admission::connections`](ws_server::Admission::connections).
    pub places: usize,
    /// TCP connections that actix-http holds.
    pub sockets: usize,
    /// Tasks that tokio knows of, of all threads.
    pub tasks: usize,
    /// Open descriptors of the process.
    pub descriptors: usize,
    /// Blocks of the heap in use.
    pub blocks: usize,
    /// Bytes of the heap in use.
    pub heap: usize,
    /// Resident memory, in bytes.
    pub resident: usize,
}

impl Census {
    /// An empty server.
    pub(super) const NOTHING: Self = Self {
        actors: 0,
        connections: 0,
        members: 0,
        rooms: 0,
        places: 0,
        sockets: 0,
        tasks: 0,
        descriptors: 0,
        blocks: 0,
        heap: 0,
        resident: 0,
    };

    /// What is more than it was before there was any connection.
    pub(super) fn beyond(&self, before: &Self) -> Vec<String> {
        let counts = self.counts().into_iter().zip(before.counts());
        counts
            .filter(|((_, now), (_, before))| now != before)
            .map(|((what, now), (_, before))| format!("{now} {what}, {before} before"))
            .collect()
    }

    /// What is more than it was after a first round, by more than `allowed`
    /// explains.
    pub(super) fn grown_since(&self, warm: &Self, allowed: &Self) -> Vec<String> {
        let sizes = [
            (
                "blocks of the heap",
                self.blocks,
                warm.blocks,
                allowed.blocks,
            ),
            ("bytes of the heap", self.heap, warm.heap, allowed.heap),
            (
                "resident bytes",
                self.resident,
                warm.resident,
                allowed.resident,
            ),
        ];
        sizes
            .into_iter()
            .filter(|(_, now, warm, allowed)| now.saturating_sub(*warm) > *allowed)
            .map(|(what, now, warm, allowed)| {
                format!(
                    "{now} {what}, {warm} after the first round, which allows for {allowed} more"
                )
            })
            .collect()
    }

    const fn counts(&self) -> [(&'static str, usize); 8] {
        [
            ("actors", self.actors),
            ("connections", self.connections),
            ("members of rooms", self.members),
            ("rooms", self.rooms),
            ("places of admission", self.places),
            ("sockets", self.sockets),
            ("tasks", self.tasks),
            ("descriptors", self.descriptors),
        ]
    }
}
