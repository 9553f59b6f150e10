//! A test for each attack.

use std::path::Path;

use super::{Attack, Kind};

/// A test for each attack, by its own name and that of the attack; `TESTED` is the
/// list of the latter. It is for tests of this package, which have the program.
#[macro_export]
macro_rules! attacks {
    ($($test:ident: $attack:literal,)*) => {
        $(
            #[actix_web::test]
            async fn $test() {
                let program = env!("CARGO_BIN_EXE_attacks");
                $crate::attack::withstands($attack, program.as_ref()).await;
            }
        )*

        /// The attacks that have a test here.
        pub(crate) const TESTED: &[&str] = &[$($attack),*];
    };
}

/// Attacks the victim that `program` is, and checks what is promised.
pub async fn withstands(name: &str, program: &Path) {
    let attack = Attack::named(name).expect("there is such an attack");
    let outcome = attack.run(program, Kind::of_tests()).await;
    let outcome = outcome.expect("the victim runs");
    println!("{name}: {outcome:?}");
    assert_eq!(outcome.wrongs, [] as [&str; 0], "{outcome:?}");
}
