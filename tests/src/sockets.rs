//! The TCP sockets of this machine, as Linux tells.

use std::{fs, net::SocketAddr};

/// A socket over IPv4.
#[derive(Debug)]
pub(crate) struct Socket {
    local: String,
    remote: String,
    state: String,
    /// What the other side has not acknowledged, and what its process has not
    /// read, in bytes.
    unacknowledged: u64,
    unread: u64,
    inode: String,
}

impl Socket {
    /// All that there are.
    pub(crate) fn all() -> Vec<Self> {
        let table = fs::read_to_string("/proc/net/tcp").expect("Linux has this file");
        table.lines().skip(1).filter_map(Self::read).collect()
    }

    fn read(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, state, queues, _, _, _, _, inode, ..] = fields[..] else {
            return None;
        };
        let (unacknowledged, unread) = queues.split_once(':')?;
        Some(Self {
            local: local.to_owned(),
            remote: remote.to_owned(),
            state: state.to_owned(),
            unacknowledged: u64::from_str_radix(unacknowledged, 16).ok()?,
            unread: u64::from_str_radix(unread, 16).ok()?,
            inode: inode.to_owned(),
        })
    }

    /// Whether it is a connection at this port that a process has a descriptor
    /// of.
    pub(crate) fn is_held_at(&self, port: u16) -> bool {
        let port = format!(":{port:04X}");
        self.local.ends_with(&port) && self.state != LISTENING && self.inode != "0"
    }
}

/// Whether all has been read that was sent from `local` to `remote`, by a process
/// of this machine.
pub(crate) fn is_all_read(local: SocketAddr, remote: SocketAddr) -> bool {
    let (here, there) = (written(local), written(remote));
    let all = Socket::all();
    let way = |from: &str, to: &str| {
        let mut sockets = all.iter();
        sockets.find(|it| it.local == from && it.remote == to)
    };
    way(&here, &there).is_some_and(|it| it.unacknowledged == 0)
        && way(&there, &here).is_some_and(|it| it.unread == 0)
}

/// An address as the table has it.
fn written(address: SocketAddr) -> String {
    let SocketAddr::V4(address) = address else {
        panic!("the table has IPv4 only");
    };
    let ip = u32::from_ne_bytes(address.ip().octets());
    format!("{ip:08X}:{:04X}", address.port())
}

/// The state of a socket that listens.
const LISTENING: &str = "0A";
