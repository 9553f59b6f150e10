use std::{
    io,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
};

use actix::{Actor, ActorContext, Addr, AsyncContext, Handler, Message, StreamHandler};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, Result, web};
use actix_web_actors::ws;
use bytes::Bytes;

use crate::LONGEST;

pub(crate) fn serve(listener: TcpListener, room: bool) -> io::Result<()> {
    let members = room.then(Members::default);
    let server = || {
        HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(members.clone()))
                .default_service(web::to(enter))
        })
        .workers(1)
        .tcp_nodelay(true)
        .listen(listener)
        .map(HttpServer::run)
    };
    actix_web::rt::System::new().block_on(async { server()?.await })
}

async fn enter(
    request: HttpRequest,
    payload: web::Payload,
    members: web::Data<Option<Members>>,
) -> Result<HttpResponse> {
    let socket = Socket(Option::clone(&members));
    ws::WsResponseBuilder::new(socket, &request, payload)
        .frame_size(LONGEST)
        .start()
}

type Members = Arc<Mutex<Vec<Addr<Socket>>>>;

/// A connection, in a room if there is one.
struct Socket(Option<Members>);

impl Actor for Socket {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(members) = &self.0 {
            let mut members = members.lock().unwrap_or_else(PoisonError::into_inner);
            members.push(ctx.address());
        }
    }

    fn stopped(&mut self, ctx: &mut Self::Context) {
        if let Some(members) = &self.0 {
            let mut members = members.lock().unwrap_or_else(PoisonError::into_inner);
            members.retain(|member| *member != ctx.address());
        }
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Socket {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        match (message, &self.0) {
            (Ok(ws::Message::Binary(bytes)), Some(members)) => {
                let members = members.lock().unwrap_or_else(PoisonError::into_inner);
                for member in &*members {
                    member.do_send(Post(bytes.clone()));
                }
            }
            (Ok(ws::Message::Binary(bytes)), None) => ctx.binary(bytes),
            (Ok(ws::Message::Text(text)), _) => ctx.text(text),
            (Ok(ws::Message::Ping(bytes)), _) => ctx.pong(&bytes),
            (Ok(ws::Message::Close(reason)), _) => {
                ctx.close(reason);
                ctx.stop();
            }
            (Ok(ws::Message::Pong(_) | ws::Message::Continuation(_) | ws::Message::Nop), _) => {}
            (Err(_), _) => ctx.stop(),
        }
    }
}

/// What is said in the room.
#[derive(Message)]
#[rtype(result = "()")]
struct Post(Bytes);

impl Handler<Post> for Socket {
    type Result = ();

    fn handle(&mut self, Post(bytes): Post, ctx: &mut Self::Context) {
        ctx.binary(bytes);
    }
}
