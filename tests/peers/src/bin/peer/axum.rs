use std::{future, io};

use axum::{
    Extension, Router,
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    response::Response,
    routing::any,
    serve::ListenerExt,
};
use futures_util::{SinkExt, StreamExt, TryStreamExt};
use tokio::{
    net::TcpListener,
    select,
    sync::broadcast::{self, error::RecvError},
};

use crate::ROOM_BACKLOG;

pub(crate) async fn serve(listener: TcpListener, room: bool) -> io::Result<()> {
    let listener = listener.tap_io(|stream| {
        stream.set_nodelay(true).ok();
    });
    let app = if room {
        let (posts, _) = broadcast::channel::<Message>(ROOM_BACKLOG);
        Router::new()
            .fallback(any(enter_room))
            .layer(Extension(posts))
    } else {
        Router::new().fallback(any(enter_echo))
    };
    axum::serve(listener, app).await
}

async fn enter_echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(echo)
}

async fn echo(socket: WebSocket) {
    let (sink, stream) = socket.split();
    let messages =
        stream.try_filter(|it| future::ready(matches!(it, Message::Text(_) | Message::Binary(_))));
    // It fails when the client goes.
    messages.forward(sink).await.ok();
}

async fn enter_room(
    upgrade: WebSocketUpgrade,
    Extension(posts): Extension<broadcast::Sender<Message>>,
) -> Response {
    upgrade.on_upgrade(|socket| attend(socket, posts))
}

async fn attend(mut socket: WebSocket, posts: broadcast::Sender<Message>) {
    let mut heard = posts.subscribe();
    loop {
        select! {
            said = socket.next() => match said {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
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
