//! What the tests that cross the crates share.
