//! Frames are heard in order, whatever pieces they are read in.

use crate::support::{
    frames::{BINARY, ENDED, PING, PONG, TEXT_BEGINS, close, frame, text, texts},
    play,
    probe::Heard,
    scene::listener,
    settle,
    wire::Peer,
};

#[test]
fn several_frames_in_one_read_are_heard_in_order() {
    play(async {
        let scene = listener().open();
        let mut all = texts(0..2000);
        all.extend(frame(PING, "between"));
        all.extend(texts(2000..4000));
        scene.peer.send(all);
        settle().await;
        assert_eq!(scene.peer.reads(), 1);
        let numbers: Vec<_> = (0..4000).map(|it| it.to_string()).collect();
        assert_eq!(scene.journal.texts(), numbers);
        assert_eq!(scene.peer.frames_of(PONG).len(), 1);
    });
}

#[test]
fn frames_are_heard_however_they_are_cut() {
    let mut bytes = text("one");
    bytes.extend(frame(PING, "p"));
    bytes.extend(frame(TEXT_BEGINS, "t"));
    bytes.extend(frame(PONG, ""));
    bytes.extend(frame(ENDED, "wo"));
    bytes.extend(frame(BINARY, [3; 300]));
    bytes.extend(close(1000));
    let heard_by = |send: &dyn Fn(&Peer)| {
        play(async {
            let scene = listener().open();
            send(&scene.peer);
            let (peer, journal) = scene.end().await;
            assert_eq!(peer.close_code(), Some(1000));
            assert_eq!(peer.frames().len(), 2);
            journal.all()
        })
    };
    let whole = heard_by(&|peer| peer.send(bytes.clone()));
    assert_eq!(whole.len(), 10);
    assert_eq!(whole[4], Heard::text("two"));
    let single = heard_by(&|peer| peer.trickle(&bytes));
    assert_eq!(single, whole);
    for at in 1..bytes.len() {
        let cut = heard_by(&|peer| {
            peer.send(&bytes[..at]);
            peer.send(&bytes[at..]);
        });
        assert_eq!(cut, whole);
    }
}
