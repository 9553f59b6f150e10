//! The chat with a second door: who has no browser talks lines over TCP.

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, ContextFutureSpawner,
    Handler, Running, StreamHandler, WrapFuture,
    fut::ready,
    io::{FramedWrite, WriteHandler},
};
use tokio::{
    io::WriteHalf,
    net::{TcpListener, TcpStream},
};
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};

use super::chat::{Come, Gone, Line, Lobby, Typed};

/// Lets in whoever comes by TCP.
pub(crate) async fn listen(listener: TcpListener, lobby: Addr<Lobby>) {
    while let Ok((stream, _)) = listener.accept().await {
        let lobby = lobby.clone();
        Caller::create(|ctx| {
            let (read, write) = tokio::io::split(stream);
            ctx.add_stream(FramedRead::new(read, LinesCodec::new()));
            let write = FramedWrite::new(write, LinesCodec::new(), ctx);
            Caller {
                id: 0,
                lobby,
                write,
            }
        });
    }
}

struct Caller {
    id: usize,
    lobby: Addr<Lobby>,
    write: FramedWrite<String, WriteHalf<TcpStream>, LinesCodec>,
}

impl Actor for Caller {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.lobby
            .send(Come(ctx.address().recipient()))
            .into_actor(self)
            .then(|id, caller, ctx| {
                match id {
                    Ok(id) => caller.id = id,
                    Err(_) => ctx.stop(),
                }
                ready(())
            })
            .wait(ctx);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.lobby.do_send(Gone(self.id));
        Running::Stop
    }
}

impl WriteHandler<LinesCodecError> for Caller {}

impl Handler<Line> for Caller {
    type Result = ();

    fn handle(&mut self, Line(line): Line, _: &mut Self::Context) {
        self.write.write(line);
    }
}

impl StreamHandler<Result<String, LinesCodecError>> for Caller {
    fn handle(&mut self, line: Result<String, LinesCodecError>, ctx: &mut Self::Context) {
        let Ok(line) = line else {
            return ctx.stop();
        };
        self.lobby
            .send(Typed { id: self.id, line })
            .into_actor(self)
            .then(|answer, caller, _| {
                if let Ok(Some(answer)) = answer {
                    caller.write.write(answer);
                }
                ready(())
            })
            .wait(ctx);
    }
}
