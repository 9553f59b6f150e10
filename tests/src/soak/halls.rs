use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use actix::{Actor, Handler, Message};
use ws_server::{
    ActorMembership, ActorRooms, History, JoinError, Membership, Presence, Room, RoomActor,
    RoomContext, Rooms, Since, WsContext,
};

use super::{
    guest::AS_TOLD,
    stay::{ROOMS, RoomName, Sort, body, key},
};

/// Rooms whose books are kept: each message that a room accepts has the next
/// number, and it is known from which to which somebody was a member.
#[derive(Clone)]
pub(super) struct Halls(Arc<Inner>);

struct Inner {
    plain: Rooms<String>,
    latest: Rooms<String>,
    kept: Rooms<String>,
    hosted: ActorRooms<Host>,
    books: Arc<Books>,
}

/// The books of all rooms.
#[derive(Default)]
struct Books {
    pages: [[Mutex<Page>; ROOMS]; Sort::ALL.len()],
    /// What the actors of rooms were told, and what they heard of it.
    told: AtomicU64,
    heard: AtomicU64,
    dropped: AtomicU64,
    untold: AtomicU64,
    refused: AtomicU64,
}

/// Whoever joins, leaves or says something holds it, so that numbers are in the
/// order of the room.
#[derive(Default)]
struct Page {
    said: u64,
    at_drain: Option<u64>,
}

/// What the books say of all rooms.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Said {
    /// Messages that rooms accepted.
    pub(super) said: u64,
    /// Those that they refused, and told who said them.
    pub(super) refused: u64,
    /// What actors of rooms were told, what they heard of it, what was refused,
    /// which those who told it know, and what nobody heard, those among it.
    pub(super) told: u64,
    pub(super) heard: u64,
    pub(super) untold: u64,
    pub(super) dropped: u64,
}

impl Halls {
    pub(super) fn new() -> Self {
        let history = History::messages(KEPT)
            .stamp(|position, message| {
                let text = String::from_utf8_lossy(message.payload());
                format!("k {position} {text}").into()
            })
            .report(|recovery| {
                let complete = u8::from(recovery.complete);
                Some(format!("r {} {complete}", recovery.position).into())
            });
        let books = Arc::<Books>::default();
        let hosts = Arc::clone(&books);
        Self(Arc::new(Inner {
            plain: Rooms::builder().name("plain").build(),
            latest: Rooms::builder().name("latest").build(),
            kept: Rooms::builder().name("kept").history(history).build(),
            hosted: Rooms::builder().name("hosted").with_actor(move |_| Host {
                books: Arc::clone(&hosts),
            }),
            books,
        }))
    }

    /// Makes a connection a member.
    pub(super) fn join<A>(
        &self,
        room: RoomName,
        since: Since,
        ctx: &WsContext<A>,
    ) -> Result<Place, JoinError>
    where
        A: Actor<Context = WsContext<A>>,
    {
        let inner = &*self.0;
        let page = inner.books.page(room);
        let key = room.number.to_string();
        let seat = match room.sort {
            Sort::Plain => Seat::Own(inner.plain.join(key, (), ctx)?),
            Sort::Latest => Seat::Own(inner.latest.join(key, (), ctx)?),
            Sort::Kept => Seat::Own(inner.kept.join_since(key, (), since, ctx)?.0),
            Sort::Hosted => Seat::Hosted(inner.hosted.join(key, (), ctx)?),
        };
        Ok(Place {
            seat: Some(seat),
            room,
            joined: page.said,
            halls: self.clone(),
        })
    }

    /// Fills what is kept of rooms with a history, so that it is as large from
    /// the first connection on.
    pub(super) async fn fill(&self) -> io::Result<()> {
        let inner = &*self.0;
        for number in 0..ROOMS {
            let sort = Sort::Kept;
            for _ in 0..KEPT {
                let said = inner.books.next(RoomName { sort, number });
                let text = format!("b {said} {}", body(said));
                let receipt = inner.kept.publish(&number.to_string(), text);
                let receipt = receipt.map_err(io::Error::other)?;
                receipt.await.map_err(io::Error::other)?;
            }
        }
        Ok(())
    }

    /// Says something in a room that may have no members.
    pub(super) fn call(&self, room: RoomName) {
        let inner = &*self.0;
        let key = room.number.to_string();
        let rooms = match room.sort {
            Sort::Plain => &inner.plain,
            Sort::Latest => &inner.latest,
            Sort::Kept => &inner.kept,
            Sort::Hosted => &*inner.hosted,
        };
        let mut page = inner.books.page(room);
        if let Some(there) = rooms.get(&key) {
            inner.books.say(&mut page, room, &there);
        }
    }

    /// Notes where all rooms are, as the server begins to drain.
    pub(super) fn note_drain(&self) {
        for page in self.0.books.pages.iter().flatten() {
            let mut page = lock(page);
            page.at_drain = Some(page.said);
        }
    }

    pub(super) fn said(&self) -> Said {
        let books = &self.0.books;
        Said {
            said: books.pages.iter().flatten().map(|it| lock(it).said).sum(),
            refused: books.refused.load(Ordering::SeqCst),
            told: books.told.load(Ordering::SeqCst),
            heard: books.heard.load(Ordering::SeqCst),
            untold: books.untold.load(Ordering::SeqCst),
            dropped: books.dropped.load(Ordering::SeqCst),
        }
    }

    /// The number of members, and of rooms that have some.
    pub(super) fn members(&self) -> (usize, usize) {
        let inner = &*self.0;
        let sets = [&inner.plain, &inner.latest, &inner.kept, &*inner.hosted];
        let lists: Vec<_> = sets.into_iter().flat_map(Rooms::list).collect();
        (lists.iter().map(|(_, count)| count).sum(), lists.len())
    }
}

impl Books {
    fn page(&self, room: RoomName) -> MutexGuard<'_, Page> {
        lock(&self.pages[room.sort as usize][room.number])
    }

    /// The number of the next message, which nobody may refuse.
    fn next(&self, room: RoomName) -> u64 {
        let mut page = self.page(room);
        page.said += 1;
        page.said
    }

    /// Says the next message, unless the room refuses it.
    fn say(&self, page: &mut Page, name: RoomName, room: &Room<String>) {
        let number = page.said + 1;
        let text = format!("b {number} {}", body(number));
        let said = match name.sort {
            Sort::Latest => room.broadcast_latest(key(number), text),
            Sort::Plain | Sort::Kept | Sort::Hosted => room.broadcast(text),
        };
        match said {
            Ok(()) => page.said = number,
            Err(_) => _ = self.refused.fetch_add(1, Ordering::SeqCst),
        }
    }
}

/// A connection's place in a room.
pub(super) struct Place {
    seat: Option<Seat>,
    room: RoomName,
    pub(super) joined: u64,
    halls: Halls,
}

enum Seat {
    Own(Membership<String>),
    Hosted(ActorMembership<Host>),
}

impl Seat {
    fn membership(&self) -> &Membership<String> {
        match self {
            Self::Own(membership) => membership,
            Self::Hosted(membership) => membership,
        }
    }
}

impl Place {
    /// Says something, or has the room's actor say it.
    pub(super) fn say(&self, panics: bool) {
        let books = &self.halls.0.books;
        match &self.seat {
            Some(Seat::Own(membership)) => {
                books.say(&mut books.page(self.room), self.room, membership);
            }
            Some(Seat::Hosted(membership)) => {
                books.told.fetch_add(1, Ordering::SeqCst);
                let told = membership.tell(Say {
                    room: self.room,
                    panics,
                    unheard: Some(Arc::clone(books)),
                });
                // Then it was dropped, too.
                if told.is_err() {
                    books.untold.fetch_add(1, Ordering::SeqCst);
                }
            }
            None => {}
        }
    }

    /// Sends this member something, behind what was said; `make` is told how
    /// much that is. `false` if it was refused.
    pub(super) fn send_to_self(&self, make: impl FnOnce(u64) -> String) -> bool {
        let Some(seat) = &self.seat else {
            return false;
        };
        let page = self.halls.0.books.page(self.room);
        let membership = seat.membership();
        membership
            .send_to([membership.id()], make(page.said))
            .is_ok()
    }

    /// The number of messages that the room has accepted.
    pub(super) fn said(&self) -> u64 {
        self.halls.0.books.page(self.room).said
    }

    /// Leaves the room, and tells how much was said by then, and when the server
    /// began to drain.
    pub(super) fn leave(mut self) -> (u64, Option<u64>) {
        let page = self.halls.0.books.page(self.room);
        drop(self.seat.take());
        (page.said, page.at_drain)
    }
}

/// The actor of a room: it says what members tell it.
struct Host {
    books: Arc<Books>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Say {
    room: RoomName,
    /// It panics instead.
    panics: bool,
    /// Where it is noted that nobody heard it.
    unheard: Option<Arc<Books>>,
}

impl Drop for Say {
    fn drop(&mut self) {
        if let Some(books) = &self.unheard {
            books.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Actor for Host {
    type Context = RoomContext<Self>;
}

impl RoomActor for Host {
    type Key = String;
    type Data = ();

    fn restarted(&mut self, _: &mut RoomContext<Self>) {}
}

impl Handler<Presence<()>> for Host {
    type Result = ();

    fn handle(&mut self, _: Presence<()>, _: &mut RoomContext<Self>) {}
}

impl Handler<Say> for Host {
    type Result = ();

    fn handle(&mut self, mut say: Say, ctx: &mut RoomContext<Self>) {
        say.unheard = None;
        self.books.heard.fetch_add(1, Ordering::SeqCst);
        assert!(!say.panics, "{AS_TOLD}");
        let mut page = self.books.page(say.room);
        // A room that all have left may have a successor, whose book it is.
        if ctx.room().count_here() > 0 {
            self.books.say(&mut page, say.room, ctx.room());
        }
    }
}

fn lock(page: &Mutex<Page>) -> MutexGuard<'_, Page> {
    // Nobody panics while it is held.
    page.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many messages a room's history has: so few that some come too late.
const KEPT: usize = 40;
