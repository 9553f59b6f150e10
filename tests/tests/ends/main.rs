//! How connections end. Each end gives the right report, which is
//! `Closed` to the actor and `ws_closed_total` to operators; all is free then:
//! the actor and its futures, its membership, the places of admission and of the
//! shutdown, its share of the budget, and the socket.
//!
//! Each is played with an actor of a server and with one of a client, over TCP
//! and over TLS; with `WS_TESTS_SERVER=stock` the server is actix-web's own.
//!
//! | end | report | sent | where |
//! | --- | --- | --- | --- |
//! | the peer closes: with a code or none, amid a message of either side | `Remote` | the same | [`closes`] |
//! | the peer closes and ends its side at once, or says more | `Remote` | the same | [`closes`] |
//! | both close at once | `Local` | its own | [`closes`] |
//! | the actor closes or stops, itself or by a handle | `Local` | its own, 1000 | [`closes`] |
//! | it terminates | `Local` | - | [`closes`] |
//! | its room is closed | `Local` | the room's | [`closes`] |
//! | drain | `Drain` | 1001 | [`closes`] |
//! | its time is over | `Expired` | 4401 | [`closes`] |
//! | data that nobody handles | `Rejected` | 1003 | [`closes`] |
//! | a stream fails, or panics | `StreamFailed` | 1011 | [`closes`], [`panics`] |
//! | too much is said, or too little taken | `RateLimit`, `SlowPeer` | 1008, 1013 | [`faults`] |
//! | too much is held, of messages or for a peer that does not read | `Overload` | 1013 or - | [`faults`] |
//! | a fault | `Protocol` | 1002, 1007, 1008, 1009 | [`faults`] |
//! | reset, end of TCP, end of one side: in seven moments of a connection | `TransportLost` | - | [`lost`] |
//! | the same while the actor hears nothing | `TransportLost` | - | [`lost`] |
//! | the same before it is open | none | - | [`openings`] |
//! | the actor's thread ends | `TransportLost` | - | [`lost`] |
//! | silence; a host that is gone | `Timeout(Pong)` | 1011 | [`timeouts`] |
//! | a message that stalls, in a frame or between two | `Timeout(Message)` | 1008 | [`timeouts`] |
//! | a peer that never reads | `Timeout(Write)` | - | [`timeouts`] |
//! | a Close that is not answered | `Timeout(Close)` | its own | [`timeouts`] |
//! | a peer that does not end TCP after a fault or both Closes | as before | as before | [`timeouts`] |
//! | nobody says anything; the connection is old | `Timeout(Idle)`, `Timeout(Lifetime)` | 1001 | [`timeouts`] |
//! | a panic, in each place | `Panic`, to operators alone | 1011 | [`panics`] |
//! | a panic behind the end | as before | as before | [`panics`] |
//! | `kill -9` of the peer, idle, sending or sent to | `TransportLost` | - | [`processes`] |
//! | SIGTERM of the server | `Remote` | 1001 | [`processes`] |
//! | no descriptor is left | none ends | - | [`exhausted`], `descriptors.rs` |

mod closes;
mod counted;
mod dialling;
mod exhausted;
mod faults;
mod house;
mod lost;
mod openings;
mod panics;
mod processes;
mod scene;
mod stage;
mod subject;
mod timeouts;
