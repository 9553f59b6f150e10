//! The programs on our connections: another import, and nothing else.
#![expect(clippy::duplicate_mod, reason = "the same source is what is to run")]

use ws_server::migrate::ws;

#[path = "programs/autobahn.rs"]
pub(crate) mod autobahn;
#[path = "programs/chat.rs"]
pub(crate) mod chat;
#[path = "programs/chat_broker.rs"]
pub(crate) mod chat_broker;
#[path = "programs/chat_tcp.rs"]
pub(crate) mod chat_tcp;
#[path = "programs/diary.rs"]
pub(crate) mod diary;
#[path = "programs/echo.rs"]
pub(crate) mod echo;
