use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, Version, header},
};
use ws_core::handshake::{Acceptance, Request, RequestError, ServerHandshake};

pub(crate) mod portable;
pub(crate) mod seated;
mod socket;
pub(crate) mod takeover;

pub use self::socket::keep_socket;

/// Judges the head of a request.
pub(crate) fn accept(
    request: &HttpRequest,
    handshake: &ServerHandshake,
) -> Result<Acceptance, RequestError> {
    // actix-http hands over the stream only for a field like this. Behind any
    // other it would take what the peer sends for requests.
    let mut upgrades = request.headers().get_all(header::UPGRADE);
    if !upgrades.any(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return Err(RequestError::NotAnUpgrade);
    }
    let headers = request.headers().iter();
    handshake.accept(Request::new(
        request.method().as_str(),
        request.version() >= Version::HTTP_11,
        headers.map(|(name, value)| (name.as_str(), value.as_bytes())),
    ))
}

/// The head of the response that switches protocols.
pub(crate) fn switching_protocols(acceptance: &Acceptance) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS);
    for header in acceptance.headers() {
        response.insert_header(header);
    }
    response.upgrade("websocket");
    response
}
