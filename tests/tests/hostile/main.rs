//! A client, in a process of its own, and servers and proxies that mean harm:
//! exact ends, and bounds for time, memory and what is computed. The program
//! `attacks` prints them as a table.

use std::path::Path;

use ws_tests::attack::{Attack, Kind};

/// A test for each attack: its own name, and that of the attack.
macro_rules! attacks {
    ($($test:ident: $attack:literal,)*) => {
        $(
            #[actix_web::test]
            async fn $test() {
                crate::attack($attack).await;
            }
        )*

        /// The attacks that have a test here.
        pub(crate) const TESTED: &[&str] = &[$($attack),*];
    };
}

mod answers;
mod frames;
mod heads;
mod ways;

async fn attack(name: &str) {
    let attack = Attack::named(name).expect("there is such an attack");
    let program = Path::new(env!("CARGO_BIN_EXE_attacks"));
    let outcome = attack.run(program, Kind::Own).await;
    let outcome = outcome.expect("the victim runs");
    println!("{name}: {outcome:?}");
    assert_eq!(outcome.wrongs, [] as [&str; 0], "{outcome:?}");
}

#[test]
fn every_attack_has_its_test() {
    let tested = [answers::TESTED, frames::TESTED, heads::TESTED, ways::TESTED].concat();
    for attack in Attack::all().filter(Attack::is_on_client) {
        assert!(tested.contains(&attack.name), "{}", attack.name);
    }
}
