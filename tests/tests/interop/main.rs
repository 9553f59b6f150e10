//! Other implementations of the protocol as peers: npm's `ws`, Python's
//! `websockets` and `tokio-tungstenite`.
//!
//! The first two are told what to do by the scripts in `tests/interop`. Their tests run if `WS_TESTS_PEERS` names the folder into which
//! `tests/run` has installed them; the third is always here.

mod client;
mod material;
mod peer;
mod server;

/// Makes tests of scenarios: one for each library that is the peer.
macro_rules! each_library {
    ($($scenario:ident: $($(#[$attribute:meta])* $library:ident)*;)*) => {$(
        mod $scenario {
            $(
                #[actix_web::test]
                $(#[$attribute])*
                #[expect(non_snake_case, reason = "the library's name, as it stands in the enum")]
                async fn $library() {
                    let library = crate::peer::Library::$library;
                    if library.is_asked_for() {
                        super::$scenario(library).await;
                    }
                }
            )*
        }
    )*};
}
use each_library;
