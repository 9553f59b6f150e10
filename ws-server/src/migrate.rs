//! todo
#[cfg(feature = "actix-web-actors")]
pub mod ws;
