//! A client, in a process of its own, and servers and proxies that mean harm:
//! exact ends, and bounds for time, memory and what is computed. The program
//! `attacks` prints them as a table.

use ws_tests::attack::Attack;

mod answers;
mod frames;
mod heads;
mod ways;

#[test]
fn every_attack_has_its_test() {
    let tested = [answers::TESTED, frames::TESTED, heads::TESTED, ways::TESTED].concat();
    for attack in Attack::all().filter(Attack::is_on_client) {
        assert!(tested.contains(&attack.name), "{}", attack.name);
    }
}
