//! The page's files.

use ws_examples::page::{CSS, File, HTML, JS};

pub(crate) const FILES: [File; 6] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/style.css", CSS, include_str!("page/style.css")),
    ("/app.js", JS, include_str!("page/app.js")),
    ("/canvas.js", JS, include_str!("page/canvas.js")),
    ("/link.js", JS, include_str!("page/link.js")),
    ("/steering.js", JS, include_str!("page/steering.js")),
];
