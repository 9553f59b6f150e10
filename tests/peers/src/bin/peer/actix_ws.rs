use std::{io, net::TcpListener};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, Result, rt, web};
use actix_ws::{AggregatedMessage, CloseReason};
use futures_util::StreamExt;

use crate::LONGEST;

pub(crate) fn serve(listener: TcpListener) -> io::Result<()> {
    let server = || {
        HttpServer::new(|| App::new().default_service(web::to(echo)))
            .workers(1)
            .tcp_nodelay(true)
            .listen(listener)
            .map(HttpServer::run)
    };
    rt::System::new().block_on(async { server()?.await })
}

async fn echo(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse> {
    let (response, mut session, messages) = actix_ws::handle(&request, payload)?;
    let mut messages = messages
        .max_frame_size(LONGEST)
        .aggregate_continuations()
        .max_continuation_size(LONGEST);
    rt::spawn(async move {
        let mut reason: Option<CloseReason> = None;
        while let Some(Ok(message)) = messages.next().await {
            let sent = match message {
                AggregatedMessage::Text(text) => session.text(text).await,
                AggregatedMessage::Binary(bytes) => session.binary(bytes).await,
                AggregatedMessage::Ping(bytes) => session.pong(&bytes).await,
                AggregatedMessage::Pong(_) => Ok(()),
                AggregatedMessage::Close(why) => {
                    reason = why;
                    break;
                }
            };
            if sent.is_err() {
                return;
            }
        }
        session.close(reason).await.ok();
    });
    Ok(response)
}
