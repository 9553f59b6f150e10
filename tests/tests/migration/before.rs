//! The programs as they were.

use actix_web_actors::ws;

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
