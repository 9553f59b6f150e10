use ws_core::{Config, Role};

use super::side::Side;

/// Feeds `bytes` to fresh connections: whole, byte by byte, and cut at every
/// place. Each time `check` looks at what came of it.
pub(crate) fn every_cut(role: Role, config: &Config, bytes: &[u8], check: impl Fn(&mut Side)) {
    every_cut_of(|| Side::new(role, config.clone()), bytes, check);
}

/// As `every_cut`, for connections that `make` makes.
pub(crate) fn every_cut_of(make: impl Fn() -> Side, bytes: &[u8], check: impl Fn(&mut Side)) {
    for parts in cuts(bytes) {
        let mut side = make();
        for part in parts {
            side.feed(part);
        }
        check(&mut side);
    }
}

/// The ways to cut `bytes`. Long vectors are not cut in their middle, where one
/// byte is like the other.
pub(crate) fn cuts(bytes: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let whole = vec![bytes];
    let single = bytes.chunks(1).collect();
    let places = (1..bytes.len()).filter(|&at| at < NEAR || bytes.len() - at < NEAR);
    let cut_once = places.map(|at| vec![&bytes[..at], &bytes[at..]]);
    [whole, single].into_iter().chain(cut_once)
}

/// How far from either end long vectors are cut, in bytes.
const NEAR: usize = 200;
