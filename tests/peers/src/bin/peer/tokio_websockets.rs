use std::{future, io};

use futures_util::{StreamExt, TryStreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_websockets::{Config, Limits, ServerBuilder};

use crate::LONGEST;

pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(echo(stream));
    }
}

async fn echo(stream: TcpStream) {
    let builder = ServerBuilder::new()
        .config(Config::default().frame_size(LONGEST))
        .limits(Limits::default().max_payload_len(Some(LONGEST)));
    let Ok((_, socket)) = builder.accept(stream).await else {
        return;
    };
    let (sink, stream) = socket.split();
    let messages = stream.try_filter(|it| future::ready(it.is_text() || it.is_binary()));
    // It fails when the client goes.
    messages.forward(sink).await.ok();
}
