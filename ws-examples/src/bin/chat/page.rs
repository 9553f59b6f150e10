//! Pages and their files, inside the program.

use actix_web::{
    HttpResponse,
    http::header,
    middleware::DefaultHeaders,
    web::{self, ServiceConfig},
};

/// A file: path, type, content.
pub(crate) type File = (&'static str, &'static str, &'static str);

/// The files of the chat.
pub(crate) const FILES: [File; 12] = [
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
    ("/status.js", JS, include_str!("page/status.js")),
    ("/text.js", JS, include_str!("page/text.js")),
];
pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const CSS: &str = "text/css; charset=utf-8";
pub(crate) const JS: &str = "text/javascript; charset=utf-8";

/// Routes to the files.
pub(crate) const fn files(files: &'static [File]) -> impl FnOnce(&mut ServiceConfig) + Copy {
    move |config| {
        for &(path, kind, content) in files {
            let file = move || async move { HttpResponse::Ok().content_type(kind).body(content) };
            config.route(path, web::get().to(file));
        }
    }
}

/// A page may load what comes from here and nothing else, and a new build
/// never meets old files.
pub(crate) fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, POLICY))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::CACHE_CONTROL, "no-cache"))
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
