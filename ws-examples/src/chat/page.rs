//! The page's files.

use crate::page::{CSS, File, HTML, JS};

/// The files of the chat.
pub(crate) const FILES: [File; 13] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/style.css", CSS, include_str!("page/style.css")),
    ("/app.js", JS, include_str!("page/app.js")),
    ("/composer.js", JS, include_str!("page/composer.js")),
    ("/connection.js", JS, include_str!("page/connection.js")),
    ("/follow.js", JS, include_str!("page/follow.js")),
    ("/join.js", JS, include_str!("page/join.js")),
    ("/log.js", JS, include_str!("page/log.js")),
    ("/outbox.js", JS, include_str!("page/outbox.js")),
    ("/people.js", JS, include_str!("page/people.js")),
    ("/place.js", JS, include_str!("page/place.js")),
    ("/status.js", JS, include_str!("page/status.js")),
    ("/text.js", JS, include_str!("page/text.js")),
];
