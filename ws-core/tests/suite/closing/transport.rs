//! The end of the transport: who ends it first (RFC 6455 §7.1.1), and what its
//! end means (§7.1.4, §7.1.5).

use ws_core::{Cause, CloseCode, Config, Message, Role, State};

use crate::support::{
    ROLES,
    frames::{CLOSE, PING, TEXT, TEXT_BEGINS, close_payload, frame},
    seconds,
    side::Side,
};

#[test]
fn server_drops_the_transport_as_soon_as_its_answer_is_out() {
    let mut server = Side::new(Role::Server, Config::new());
    server.room = 1;
    server.feed_frame(CLOSE, b"");
    assert!(server.is_closed() && !server.disconnected);
    server.room = 1;
    server.run();
    assert!(server.disconnected);
}

#[test]
fn server_drops_the_transport_as_soon_as_it_is_answered() {
    let mut server = Side::new(Role::Server, Config::new());
    server.close(CloseCode::NORMAL, "");
    assert!(!server.disconnected);
    server.feed_frame(CLOSE, b"");
    assert!(server.disconnected && !server.shut_down);
}

#[test]
fn client_waits_for_the_server_to_end_the_transport() {
    for client_begins in [true, false] {
        let mut client = Side::new(Role::Client, Config::new());
        if client_begins {
            client.close(CloseCode::NORMAL, "");
        }
        client.feed_frame(CLOSE, b"");
        assert!(client.is_closed());
        client.elapse(seconds(4));
        assert!(!client.disconnected);
        client.eof();
        assert!(client.disconnected && !client.shut_down);
    }
}

#[test]
fn client_ends_the_transport_itself_if_the_server_does_not() {
    for client_begins in [true, false] {
        let mut client = Side::new(Role::Client, Config::new());
        if client_begins {
            client.close(CloseCode::NORMAL, "");
        }
        client.feed_frame(CLOSE, b"");
        client.elapse(seconds(5));
        assert!(client.disconnected);
        // The closing handshake itself was in time.
        assert!(client.outcome().is_clean());
        assert_eq!(client.events.len(), 1);
    }
}

#[test]
fn server_gives_up_an_answer_that_the_transport_does_not_take() {
    let mut server = Side::new(Role::Server, Config::new());
    server.room = 0;
    server.send("queued");
    server.feed_frame(CLOSE, b"");
    assert_eq!(server.due(), Some(seconds(5)));
    server.elapse(seconds(5));
    assert!(server.disconnected);
    assert_eq!(server.sent, []);
    assert_eq!(*server.cause(), Cause::Remote);
}

#[test]
fn an_end_without_a_close_is_reported_as_1006() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.feed_frame(TEXT, b"before");
        side.eof();
        assert_eq!(side.messages(), [Message::text("before")]);
        assert_eq!(*side.cause(), Cause::TransportLost);
        assert_eq!(side.outcome().code(), CloseCode::ABNORMAL);
        assert_eq!(side.outcome().sent, None);
        assert!(!side.outcome().is_clean());
        assert_eq!(side.connection.state(), State::Closed);
        assert!(side.disconnected);
        assert_eq!(side.sent, []);
    }
}

#[test]
fn what_came_before_the_end_is_delivered_first() {
    for role in ROLES {
        for lost in [false, true] {
            let mut side = Side::new(role, Config::new());
            for (first, payload) in [(TEXT, "first"), (PING, ""), (TEXT, "second")] {
                side.unread(first, payload.as_bytes());
            }
            if lost {
                side.lost();
            } else {
                side.eof();
            }
            let expected = [Message::text("first"), Message::text("second")];
            assert_eq!(side.messages(), expected);
            assert_eq!(side.events.len(), 4);
            assert_eq!(*side.cause(), Cause::TransportLost);
            assert!(side.disconnected);
        }
    }
}

#[test]
fn what_is_incomplete_at_the_end_is_dropped() {
    for role in ROLES {
        let whole = frame(role.peer(), TEXT, b"Hello");
        for at in 1..whole.len() {
            let mut side = Side::new(role, Config::new());
            side.feed(&whole[..at]);
            side.eof();
            assert_eq!(side.events.len(), 1);
            assert_eq!(*side.cause(), Cause::TransportLost);
        }
        let mut side = Side::new(role, Config::new());
        side.feed_frame(TEXT_BEGINS, b"Hello");
        side.eof();
        assert_eq!(side.messages(), []);
        assert_eq!(*side.cause(), Cause::TransportLost);
    }
}

#[test]
fn a_close_that_came_before_the_end_is_answered() {
    for role in ROLES {
        let mut side = Side::new(role, Config::new());
        side.unread(TEXT, b"last");
        side.unread(CLOSE, &close_payload(1001, ""));
        side.eof();
        assert_eq!(side.messages(), [Message::text("last")]);
        assert_eq!(*side.cause(), Cause::Remote);
        assert!(side.outcome().is_clean());
        assert_eq!(side.frames().len(), 1);
        assert!(side.disconnected);
    }
}

#[test]
fn an_end_while_closing_is_no_answer() {
    for role in ROLES {
        for lost in [false, true] {
            let mut side = Side::new(role, Config::new());
            side.close(CloseCode::NORMAL, "");
            if lost {
                side.lost();
            } else {
                side.eof();
            }
            assert_eq!(*side.cause(), Cause::TransportLost);
            assert_eq!(side.outcome().code(), CloseCode::ABNORMAL);
            assert_eq!(side.sent_code(), Some(CloseCode::NORMAL));
            assert!(side.disconnected);
        }
    }
}
