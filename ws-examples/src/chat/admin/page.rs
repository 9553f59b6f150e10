//! The page's files.

use crate::page::{CSS, File, HTML, JS};

pub(super) const FILES: [File; 8] = [
    ("/admin", HTML, include_str!("page/index.html")),
    ("/admin/style.css", CSS, include_str!("page/style.css")),
    ("/admin/app.js", JS, include_str!("page/app.js")),
    ("/admin/chart.js", JS, include_str!("page/chart.js")),
    ("/admin/closes.js", JS, include_str!("page/closes.js")),
    ("/admin/feed.js", JS, include_str!("page/feed.js")),
    ("/admin/format.js", JS, include_str!("page/format.js")),
    ("/admin/rooms.js", JS, include_str!("page/rooms.js")),
];
