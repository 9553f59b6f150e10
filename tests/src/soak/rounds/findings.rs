use std::{io, process, sync::atomic::Ordering};

use super::Run;
use crate::{
    soak::{census::Census, ledger::Account},
    usage,
};

impl Run<'_> {
    /// Compares what the server and its clients know of those who were members
    /// of rooms, once all are gone.
    pub(in super::super) fn settle(&mut self, round: usize) {
        let mut pages = self.tally.take_pages();
        let stays = std::mem::take(&mut self.stays);
        let mut wrongs = self.balance.add(stays, &mut pages);
        // Who was greeted was a member.
        pages.retain(|_, page| page.others > 0);
        wrongs.extend(pages.iter().map(|(id, page)| {
            format!("the server has forgotten of member {id:x}, who knows {page:?}")
        }));
        let more = wrongs.len().saturating_sub(SHOWN);
        wrongs.truncate(SHOWN);
        if more > 0 {
            wrongs.push(format!("{more} more like these"));
        }
        let wrongs = wrongs.into_iter();
        self.wrongs
            .extend(wrongs.map(|wrong| format!("in round {}: {wrong}", round + 1)));
    }

    /// What is there that was not there before.
    pub(super) fn left(&self, round: usize, account: &Account) -> io::Result<Vec<String>> {
        let census = &account.census;
        let mut left = census.beyond(&self.before);
        let gauges = account.gauges.iter();
        left.extend(gauges.map(|(gauge, value)| format!("{value} by the gauge {gauge}, 0 before")));
        if let Some((warm, connections)) = &self.warm {
            let connections = self.tally.connections.get() - connections;
            left.extend(census.grown_since(warm, &allowed(connections as usize)));
        }
        let waiting = account.said.told - account.said.heard - account.said.dropped;
        if waiting > 0 {
            left.push(format!("{waiting} messages for actors of rooms, 0 before"));
        }
        let own = usage::descriptors(process::id())?;
        if own != self.own {
            let before = self.own;
            left.push(format!("{own} descriptors of the clients, {before} before"));
        }
        let callers = self.tally.callers.load(Ordering::SeqCst);
        if callers > 0 {
            left.push(format!("{callers} actors of client sessions, 0 before"));
        }
        for line in &mut left {
            *line = format!("after round {}: {line}", round + 1);
        }
        Ok(left)
    }

    /// Compares sums that have to be equal.
    pub(in super::super) fn judge(&mut self, account: &Account) {
        let closed: u64 = account.closed.values().sum();
        if account.started != closed + account.panics {
            self.wrongs.push(format!(
                "{} actors were started, {closed} heard of their end and {} panicked before",
                account.started, account.panics
            ));
        }
        self.wrongs.extend(self.balance.finish(account));
    }
}

/// How much more a server may hold after so many connections more.
const fn allowed(connections: usize) -> Census {
    let mut allowed = Census::NOTHING;
    // What is kept for the next connection: requests of actix-http, and of
    // ws-core four compressors of 268 KiB on each of two threads. So it is the
    // blocks that tell soon; the bytes tell of a table that only grows.
    allowed.blocks = 256;
    allowed.heap = (2 * 4 * 268 + 256) * 1024;
    // What the allocator loses between blocks.
    allowed.resident = 16 * 1024 * 1024 + connections * 256;
    allowed
}

/// How much of what does not fit is told of each round.
const SHOWN: usize = 8;
