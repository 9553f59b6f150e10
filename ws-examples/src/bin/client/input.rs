//! Where messages come from: a keyboard, or lines of the standard input.

use std::{
    cell::RefCell,
    io::{self, BufRead},
    rc::Rc,
    thread,
};

use actix::Addr;
use crossterm::event::EventStream;
use futures_util::StreamExt;
use tokio::sync::{Notify, mpsc};
use ws_actors::ConnectionHandle;

use crate::{
    conversation::{Conversation, EndOfInput, Leave, Typed},
    screen::window::{Window, Wish},
};

/// Reads keys until the terminal has none left.
pub(crate) async fn keyboard(window: Rc<RefCell<Window>>, conversation: Addr<Conversation>) {
    let mut events = EventStream::new();
    while let Some(Ok(event)) = events.next().await {
        let wish = window.borrow_mut().handle(&event);
        match wish {
            Ok(Some(Wish::Send(line))) => conversation.do_send(Typed(line.into_bytes())),
            Ok(Some(Wish::Leave)) => conversation.do_send(Leave),
            Ok(None) => {}
            Err(_) => break,
        }
    }
    conversation.do_send(Leave);
}

/// Hears Ctrl-C, where no keyboard is read.
pub(crate) async fn interrupts(conversation: Addr<Conversation>) {
    while tokio::signal::ctrl_c().await.is_ok() {
        conversation.do_send(Leave);
    }
}

/// Reads the standard input, from when there is a connection on, and no faster
/// than the peer takes it.
pub(crate) async fn lines(
    opened: Rc<Notify>,
    handle: ConnectionHandle,
    conversation: Addr<Conversation>,
) {
    opened.notified().await;
    let (sender, mut lines) = mpsc::channel(1);
    // A thread of its own: nothing else can be done with an input that says nothing.
    thread::spawn(move || read(io::stdin().lock(), &sender));
    while let Some(line) = lines.recv().await {
        handle.ready().await;
        if conversation.send(Typed(line)).await.is_err() {
            return;
        }
    }
    conversation.do_send(EndOfInput);
}

/// Sends lines, without their ends, until there is none left or nobody hears.
fn read(mut input: impl BufRead, lines: &mpsc::Sender<Vec<u8>>) {
    loop {
        let mut line = Vec::new();
        match input.read_until(b'\n', &mut line) {
            Ok(1..) => {}
            Ok(0) => return,
            Err(error) => {
                eprintln!("the input cannot be read: {error}");
                return;
            }
        }
        if line.ends_with(b"\n") {
            line.pop();
        }
        if line.ends_with(b"\r") {
            line.pop();
        }
        if lines.blocking_send(line).is_err() {
            return;
        }
    }
}
