//! Whose requests are answered.

use std::net::IpAddr;

use actix_web::{
    guard::{self, Guard},
    http::header,
};

/// Requests that name the server by an address or as localhost.
///
/// A page of anybody's could otherwise have its own name lead to this machine
/// and then read what is served here as if it came from itself.
#[must_use]
pub fn guard(for_anyone: bool) -> impl Guard {
    guard::fn_guard(move |request| {
        let host = request.head().headers().get(header::HOST);
        let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
        for_anyone || names_an_address(host)
    })
}

fn names_an_address(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_named() {
        for (host, named) in [
            ("127.0.0.1", true),
            ("127.0.0.1:8081", true),
            ("[::1]:8081", true),
            ("[::1]", true),
            ("LocalHost:8081", true),
            ("localhost.example:8081", false),
            ("rebound.example", false),
            ("127.0.0.1.example:8081", false),
            ("", false),
        ] {
            assert_eq!(names_an_address(host), named, "{host}");
        }
    }
}
