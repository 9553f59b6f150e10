//! Messages that an actor keeps: slices of what the thread reads into.

use std::{cell::RefCell, rc::Rc};

use actix::{Actor, Handler};
use bytes::Bytes;
use ws_actors::{Binary, Handlers, WsContext};

use crate::support::{
    frames::{BINARY, frame},
    play,
    scene::open_wire,
    settle,
};

/// Keeps what it hears, as it came.
struct Keeper(Rc<RefCell<Vec<Bytes>>>);

impl Actor for Keeper {
    type Context = WsContext<Self>;
}

impl Handler<Binary> for Keeper {
    type Result = ();

    fn handle(&mut self, Binary(bytes): Binary, _: &mut WsContext<Self>) {
        self.0.borrow_mut().push(bytes);
    }
}

#[test]
fn short_messages_that_are_kept_fill_a_buffer_before_another_is_made() {
    play(async {
        let kept = Rc::default();
        let (peer, _task) = open_wire(Keeper(Rc::clone(&kept)), Handlers::new().on::<Binary>());
        for _ in 0..1000 {
            peer.send(frame(BINARY, [7; 100]));
            settle().await;
        }
        let kept = kept.borrow();
        assert_eq!(kept.len(), 1000);
        let places = kept.iter().map(|bytes| bytes.as_ptr().addr());
        let pairs = places.clone().zip(places.skip(1));
        let elsewhere = |(one, next): &(usize, usize)| next.wrapping_sub(*one) > 64 * 1024;
        let begun = pairs.filter(elsewhere).count();
        // They take 106 KB, and a buffer has 64 KiB.
        assert!(begun <= 3, "{begun} buffers more");
    });
}
