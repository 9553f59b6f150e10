//! Shows what passes through a stream, frame by frame.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use ws_core::{CloseCode, Fin, Header, Opcode, Registry, Rsv};

/// A stream that prints what it carries: of the opening handshake what matters
/// here, of what follows each frame.
#[derive(Debug)]
pub(crate) struct Tap<S> {
    stream: S,
    sent: Direction,
    received: Direction,
}

/// What goes one way.
#[derive(Debug)]
struct Direction {
    arrow: &'static str,
    names: Registry,
    /// The handshake is over.
    framed: bool,
    /// The beginning of a head or of a frame.
    buffer: Vec<u8>,
}

impl<S> Tap<S> {
    pub(crate) fn new(stream: S, names: &Registry) -> Self {
        let direction = |arrow| Direction {
            arrow,
            names: names.clone(),
            framed: false,
            buffer: Vec::new(),
        };
        Self {
            stream,
            sent: direction("-->"),
            received: direction("<--"),
        }
    }
}

impl Direction {
    fn pass(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        if !self.framed {
            let end = self.buffer.windows(4).position(|it| it == b"\r\n\r\n");
            let Some(end) = end else {
                return;
            };
            let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
            self.show_head(&String::from_utf8_lossy(&head));
            self.framed = true;
        }
        // What is no frame ends the connection, and is told by it.
        while let Ok(Some((header, start))) = Header::parse(&self.buffer) {
            let payload_len = usize::try_from(header.payload_len).unwrap_or(usize::MAX);
            let end = start.saturating_add(payload_len);
            if self.buffer.len() < end {
                return;
            }
            let frame: Vec<u8> = self.buffer.drain(..end).collect();
            self.show_frame(&header, frame[start..].to_vec());
        }
    }

    fn show_head(&self, head: &str) {
        let mut lines = head.lines();
        let first = lines.next().unwrap_or_default();
        println!("{} {}", self.arrow, first.escape_debug());
        let extensions = lines.filter(|line| {
            let name = line.split(':').next().unwrap_or_default();
            name.eq_ignore_ascii_case("Sec-WebSocket-Extensions")
        });
        extensions.for_each(|line| println!("    {}", line.escape_debug()));
        if self.arrow == "<--" {
            println!("\n    FIN RSV1 opcode    mask bytes");
        }
    }

    fn show_frame(&self, header: &Header, mut payload: Vec<u8>) {
        if let Some(mut key) = header.mask {
            key.apply(&mut payload);
        }
        let bit = |set| if set { '1' } else { '.' };
        let name = self.names.name(header.opcode);
        let name = name.map_or_else(|| header.opcode.to_string(), str::to_owned);
        let line = format!(
            "{} {}   {}    {:#03x} {name:<6} {}   {:>6}  {}",
            self.arrow,
            bit(header.fin == Fin::Last),
            bit(header.rsv.contains(Rsv::RSV1)),
            header.opcode.get(),
            bit(header.mask.is_some()),
            payload.len(),
            written(header.opcode, &payload),
        );
        println!("{}", line.trim_end());
    }
}

/// A payload as it is read best: what is no text is written in hexadecimal.
fn written(opcode: Opcode, payload: &[u8]) -> String {
    if let (Opcode::CLOSE, [high, low, reason @ ..]) = (opcode, payload) {
        let code = CloseCode::new(u16::from_be_bytes([*high, *low]));
        return format!("{code} {}", String::from_utf8_lossy(reason).escape_debug());
    }
    let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    let text = payload.iter().all(printable);
    let most = if text { LETTERS } else { BYTES };
    let shown = &payload[..payload.len().min(most)];
    let more = if payload.len() > most { " …" } else { "" };
    let bytes = shown.iter().map(|byte| format!("{byte:02x}"));
    match String::from_utf8_lossy(shown) {
        letters if text => format!("{letters}{more}"),
        _ => format!("{}{more}", bytes.collect::<Vec<_>>().join(" ")),
    }
}

/// How much of a payload is shown: of text, and of what is none.
const LETTERS: usize = 48;
const BYTES: usize = 16;

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.received.pass(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let taken = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.sent.pass(&bytes[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
