//! Attacks on a server of its own process each: exact answers, and bounds for
//! time, memory and what is computed. The program `attacks` prints them as a
//! table.

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

mod bombs;
mod ends;
mod fragments;
mod frames;
mod heads;
mod http2;
mod readers;
mod rooms;
mod smuggling;

async fn attack(name: &str) {
    let attack = Attack::named(name).expect("there is such an attack");
    let program = Path::new(env!("CARGO_BIN_EXE_attacks"));
    let outcome = attack.run(program, Kind::of_tests()).await;
    let outcome = outcome.expect("the victim runs");
    println!("{name}: {outcome:?}");
    assert_eq!(outcome.wrongs, [] as [&str; 0], "{outcome:?}");
}

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
