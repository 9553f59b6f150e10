//! The page's files.

use actix_web::{HttpResponse, web};

use crate::page::{CSS, File, HTML, JS, Policy};

/// The page itself, which learns from it where to ask for another node.
pub(crate) fn index(balancer: Option<&str>) -> actix_web::Route {
    let index = include_str!("page/index.html");
    let empty = r#"<meta name="balancer" content="">"#;
    let told = format!(
        r#"<meta name="balancer" content="{}">"#,
        balancer.unwrap_or_default()
    );
    let index = web::Bytes::from(index.replace(empty, &told));
    web::get().to(move || {
        let index = index.clone();
        async { HttpResponse::Ok().content_type(HTML).body(index) }
    })
}

/// What the page may reach: the other nodes, and who names one. That one may
/// show the page inside its own.
pub(crate) fn policy(balancer: Option<&str>, nodes: &[String]) -> Policy {
    let balancer: Vec<_> = balancer.map(str::to_owned).into_iter().collect();
    let sockets = nodes.iter().map(|node| node.replacen("http", "ws", 1));
    Policy {
        connect: balancer.iter().cloned().chain(sockets).collect(),
        frames: Vec::new(),
        ancestors: balancer,
    }
}

/// The files of the chat.
pub(crate) const FILES: [File; 13] = [
    ("/style.css", CSS, include_str!("page/style.css")),
    ("/app.js", JS, include_str!("page/app.js")),
    ("/balancer.js", JS, include_str!("page/balancer.js")),
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
