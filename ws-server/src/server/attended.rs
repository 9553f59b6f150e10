use std::{
    error::Error as StdError,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use ::metrics::counter;
use actix_http::{ConnectionType, Request, Response, ResponseHead};
use actix_web::{
    Error,
    body::{BodySize, BoxBody, MessageBody},
    http::{StatusCode, header},
};
use bytes::Bytes;

use crate::{metrics, upgrade::takeover::Lease};

use super::intake::{HeadRefused, Intake};

/// A request that has come, and whether the app is to do it: behind a response
/// that closes the connection, no request is done (RFC 9112 §9.6).
///
/// A WebSocket that is refused, by whomever, closes it too: what the peer sends
/// as if it had been let in is no request.
pub(super) struct Attendance {
    last: bool,
    /// What it is answered with if it is not to be done.
    refused: Option<StatusCode>,
    /// There is none if the connection is somebody else's.
    attending: Option<Attending>,
}

impl Attendance {
    pub(super) fn of(request: &Request, max_head_bytes: usize) -> Self {
        let lease = request.conn_data::<Lease>();
        let intake = lease.map(|lease| Rc::clone(lease.intake()));
        let too_large = head_bytes(request) > max_head_bytes;
        let refused = if intake.as_ref().is_some_and(|it| !it.begin(request)) {
            Some(StatusCode::BAD_REQUEST)
        } else if too_large {
            let limit = HeadRefused::TooLarge.limit();
            counter!(metrics::LIMITS, "limit" => limit).increment(1);
            Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
        } else {
            None
        };
        Self {
            last: refused.is_some() || is_last(request),
            refused,
            attending: intake.filter(|it| !it.is_closed()).map(Attending),
        }
    }

    /// Has the app do it, by `act`, if it is to be done at all.
    pub(super) fn ask<F>(&self, act: impl FnOnce() -> F) -> Option<F> {
        self.refused.is_none().then(act)
    }

    /// What the app answers.
    pub(super) async fn answer<R, B, E>(
        self,
        doing: Option<impl Future<Output = Result<R, E>>>,
    ) -> Result<Response<AttendedBody>, E>
    where
        R: Into<Response<B>>,
        B: MessageBody + 'static,
        E: Into<Error>,
    {
        let response = match doing {
            Some(doing) => match doing.await {
                Ok(response) => response.into().map_into_boxed_body(),
                // What a middleware refuses comes here.
                Err(error) => error.into().error_response().into(),
            },
            None => Response::new(self.refused.unwrap_or(StatusCode::BAD_REQUEST)),
        };
        Ok(response.map_body(|head, body| {
            settle(head, self.last, self.attending.as_ref());
            AttendedBody {
                body,
                _attending: self.attending,
            }
        }))
    }
}

/// Whether a request is the last one that its peer may ask for, unless it is
/// granted.
fn is_last(request: &Request) -> bool {
    let head = request.head();
    let mut upgrades = head.headers.get_all(header::UPGRADE);
    head.connection_type() == ConnectionType::Close
        || upgrades.any(|value| {
            let mut members = value.as_bytes().split(|byte| *byte == b',');
            members.any(|member| member.trim_ascii().eq_ignore_ascii_case(b"websocket"))
        })
}

fn settle(head: &mut ResponseHead, last: bool, attending: Option<&Attending>) {
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        return;
    }
    if last {
        head.set_connection_type(ConnectionType::Close);
    }
    if head.connection_type() == ConnectionType::Close
        && let Some(Attending(intake)) = attending
    {
        intake.close();
    }
}

/// The bytes of a head, about: what stands between is not counted.
fn head_bytes(request: &Request) -> usize {
    let head = request.head();
    let fields = head.headers.iter();
    let fields = fields.map(|(name, value)| name.as_str().len() + value.len() + 4);
    head.uri.path().len() + head.uri.query().map_or(0, str::len) + fields.sum::<usize>()
}

/// A request in hand.
struct Attending(Rc<Intake>);

impl Drop for Attending {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The body of a response, with which the request is done.
pub(super) struct AttendedBody {
    body: BoxBody,
    _attending: Option<Attending>,
}

impl MessageBody for AttendedBody {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}
