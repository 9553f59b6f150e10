//! What the behaviour tests share. Frames are built and read by hand here, so
//! that no fault of the crate's own codec hides itself.

pub(crate) mod agreed;
pub(crate) mod compressed;
pub(crate) mod cuts;
pub(crate) mod deflate;
pub(crate) mod extensions;
pub(crate) mod frames;
pub(crate) mod heads;
pub(crate) mod inflate;
pub(crate) mod opcodes;
pub(crate) mod pair;
pub(crate) mod pieces;
pub(crate) mod side;
pub(crate) mod streams;

use std::time::Duration;

use proptest::prelude::ProptestConfig;
use ws_core::Role;

pub(crate) const ROLES: [Role; 2] = [Role::Client, Role::Server];

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// So many cases of a property, and no file for those that fail: what one
/// teaches becomes a test of its own.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
