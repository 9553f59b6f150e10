//! A client and a server, joined by a link that is slow, stops or breaks,
//! doing anything in any order: they never disagree, and every deadline is
//! kept.
//!
//! Settings: one byte of flags, two of deliveries and timeouts, four of
//! compression terms. Then come [`Step`](step::Step)s, each a byte that names
//! it and the side that does it, and what it takes.

use arbitrary::{Arbitrary, Unstructured};
use ws_core::Role;

mod check;
mod setup;
mod step;
mod talk;

use self::{
    setup::Setup,
    step::{By, Step},
    talk::Talk,
};
use crate::side::ROLES;

/// Plays the input's steps, then lets both sides come to their end.
pub fn run(data: &[u8]) {
    let (setup, steps) = read(data);
    let mut talk = Talk::new(&setup);
    for (role, step) in steps {
        talk.step(role, step);
    }
    talk.settle();
    for role in ROLES {
        check::side(&talk, role);
    }
    check::both(&talk);
}

/// What an input means, for people.
#[must_use]
pub fn describe(data: &[u8]) -> String {
    let (setup, steps) = read(data);
    format!("{setup:#?}\n{steps:#?}")
}

fn read(data: &[u8]) -> (Setup, Vec<(Role, Step)>) {
    let mut input = Unstructured::new(data);
    let setup = Setup::read(&mut input);
    let mut steps = Vec::new();
    while !input.is_empty() {
        let Ok((By(role), step)) = Arbitrary::arbitrary(&mut input) else {
            break;
        };
        steps.push((role, step));
    }
    (setup, steps)
}
