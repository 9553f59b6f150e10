//! The page's files.

use ws_examples::page::{CSS, File, HTML, JS};

pub(crate) const FILES: [File; 6] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/style.css", CSS, include_str!("page/style.css")),
    ("/app.js", JS, include_str!("page/app.js")),
    ("/element.js", JS, include_str!("page/element.js")),
    ("/feed.js", JS, include_str!("page/feed.js")),
    ("/node.js", JS, include_str!("page/node.js")),
];
