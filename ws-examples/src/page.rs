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
    Policy::default().headers()
}

/// What a page may reach beside what it came from, as origins.
#[derive(Debug, Clone, Default)]
#[expect(clippy::exhaustive_structs, reason = "programs make it")]
pub struct Policy {
    /// What its scripts may connect to.
    pub connect: Vec<String>,
    /// What it may have in frames.
    pub frames: Vec<String>,
    /// Who may have it in frames.
    pub ancestors: Vec<String>,
}

impl Policy {
    /// The headers that say so.
    #[must_use]
    pub fn headers(&self) -> DefaultHeaders {
        let list = |origins: &[String]| match origins {
            [] => "'none'".to_owned(),
            origins => origins.join(" "),
        };
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; \
             connect-src 'self' {}; img-src data:; base-uri 'none'; form-action 'none'; \
             frame-src {}; frame-ancestors {}",
            self.connect.join(" "),
            list(&self.frames),
            list(&self.ancestors),
        );
        DefaultHeaders::new()
            .add((header::CONTENT_SECURITY_POLICY, policy))
            .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .add((header::CACHE_CONTROL, "no-cache"))
    }
}

/// Reads an origin, such as `http://127.0.0.1:8080`: for command lines.
///
/// # Errors
///
/// If it is none.
pub fn origin(text: &str) -> Result<String, &'static str> {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    let is_host = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    match rest {
        Some(host) if !host.is_empty() && host.chars().all(is_host) => Ok(text.to_owned()),
        Some(_) | None => Err("write it like http://127.0.0.1:8080, with nothing behind the port"),
    }
}
