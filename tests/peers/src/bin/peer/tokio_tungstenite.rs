use std::{future, io};

use futures_util::{SinkExt, StreamExt, TryStreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    sync::broadcast::{self, error::RecvError},
};
use tokio_tungstenite::{accept_async, tungstenite::Message};

use crate::ROOM_BACKLOG;

pub(crate) async fn serve(listener: TcpListener, room: bool) -> io::Result<()> {
    let (posts, _) = broadcast::channel(ROOM_BACKLOG);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        if room {
            tokio::spawn(attend(stream, posts.clone()));
        } else {
            tokio::spawn(echo(stream));
        }
    }
}

async fn echo(stream: TcpStream) {
    let Ok(socket) = accept_async(stream).await else {
        return;
    };
    let (sink, stream) = socket.split();
    let messages = stream.try_filter(|it| future::ready(it.is_text() || it.is_binary()));
    // It fails when the client goes.
    messages.forward(sink).await.ok();
}

async fn attend(stream: TcpStream, posts: broadcast::Sender<Message>) {
    let Ok(mut socket) = accept_async(stream).await else {
        return;
    };
    let mut heard = posts.subscribe();
    loop {
        select! {
            said = socket.next() => match said {
                Some(Ok(message)) if message.is_text() || message.is_binary() => {
                    posts.send(message).ok();
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
            post = heard.recv() => match post {
                Ok(mut message) => loop {
                    if socket.feed(message).await.is_err() {
                        return;
                    }
                    // Everything there is leaves in one write.
                    let Ok(next) = heard.try_recv() else {
                        if socket.flush().await.is_err() {
                            return;
                        }
                        break;
                    };
                    message = next;
                },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}
