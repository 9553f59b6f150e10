//! Attacks on a server of its own process each: exact answers, and bounds for
//! time, memory and what is computed. The program `attacks` prints them as a
//! table.

use ws_tests::attack::Attack;

mod bombs;
mod ends;
mod fragments;
mod frames;
mod heads;
mod http2;
mod readers;
mod rooms;
mod smuggling;

#[test]
fn every_attack_has_its_test() {
    let tested = [
        bombs::TESTED,
        ends::TESTED,
        fragments::TESTED,
        frames::TESTED,
        heads::TESTED,
        http2::TESTED,
        readers::TESTED,
        rooms::TESTED,
        smuggling::TESTED,
    ]
    .concat();
    for attack in Attack::all().filter(|it| !it.is_on_client()) {
        assert!(tested.contains(&attack.name), "{}", attack.name);
    }
}
