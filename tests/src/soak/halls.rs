use std::{io, sync::Arc};

use actix::Actor;
use ws_server::{ActorRooms, History, JoinError, Rooms, Since, WsContext};

use super::stay::{ROOMS, RoomName, Sort, body};

mod books;
mod host;
mod place;

use self::{books::Books, host::Host, place::Seat};
pub(super) use self::{books::Said, place::Place};

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
        self.0.books.note_drain();
    }

    pub(super) fn said(&self) -> Said {
        self.0.books.said()
    }

    /// The number of members, and of rooms that have some.
    pub(super) fn members(&self) -> (usize, usize) {
        let inner = &*self.0;
        let sets = [&inner.plain, &inner.latest, &inner.kept, &*inner.hosted];
        let lists: Vec<_> = sets.into_iter().flat_map(Rooms::list).collect();
        (lists.iter().map(|(_, count)| count).sum(), lists.len())
    }
}

/// How many messages a room's history has: so few that some come too late.
const KEPT: usize = 40;
