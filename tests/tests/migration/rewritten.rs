//! The programs that were written for actix-ws, as one writes them here.

pub(crate) mod chat;
pub(crate) mod echo;
