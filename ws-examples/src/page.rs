//! Pages and their files, inside a program.

use actix_web::{
    HttpResponse,
    http::header,
    middleware::DefaultHeaders,
    web::{self, ServiceConfig},
};

/// A file: path, type, content.
pub type File = (&'static str, &'static str, &'static str);

/// The type of a page.
pub const HTML: &str = "text/html; charset=utf-8";
/// The type of its styles.
pub const CSS: &str = "text/css; charset=utf-8";
/// The type of its scripts.
pub const JS: &str = "text/javascript; charset=utf-8";

/// Routes to the files.
pub const fn files(files: &'static [File]) -> impl FnOnce(&mut ServiceConfig) + Copy {
    move |config| {
        for &(path, kind, content) in files {
            let file = move || async move { HttpResponse::Ok().content_type(kind).body(content) };
            config.route(path, web::get().to(file));
        }
    }
}

/// A page may load what comes from here and nothing else, and a new build
/// never meets old files.
#[must_use]
pub fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, POLICY))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::CACHE_CONTROL, "no-cache"))
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
