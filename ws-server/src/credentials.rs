use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use actix::Actor;
use ws_actors::{ConnectionHandle, WsContext};

/// The open connections by what their peers were let in with: a user, a token, a
/// session. It closes all connections of one, from any thread.
///
/// A connection holds a [`Credential`] as long as it lasts. Take it *before* the
/// token is looked at, and hand it to the actor: what is revoked meanwhile does
/// not get through. A key that no connection holds costs nothing. A clone is the
/// same registry.
///
/// ```
/// use actix::{Actor, Handler};
/// use actix_web::{Error, HttpRequest, HttpResponse, error::ErrorUnauthorized, web};
/// use ws_server::{Credential, Credentials, Endpoint, Text, WsContext};
///
/// struct Session {
///     user: Credential<String>,
/// }
///
/// impl Actor for Session {
///     type Context = WsContext<Self>;
///
///     fn started(&mut self, ctx: &mut WsContext<Self>) {
///         self.user.attach(ctx);
///     }
/// }
/// # impl Handler<Text> for Session {
/// #     type Result = ();
/// #     fn handle(&mut self, _: Text, _: &mut WsContext<Self>) {}
/// # }
///
/// async fn connect(
///     request: HttpRequest,
///     payload: web::Payload,
///     name: web::Path<String>,
///     endpoint: web::Data<Endpoint<Session>>,
///     users: web::Data<Credentials<String>>,
/// ) -> Result<HttpResponse, Error> {
///     let user = users.hold(name.into_inner());
///     if !may_connect(user.key()).await {
///         return Err(ErrorUnauthorized("who are you?"));
///     }
///     Ok(endpoint.upgrade(&request, payload, Session { user })?)
/// }
///
/// async fn log_out(name: web::Path<String>, users: web::Data<Credentials<String>>) -> String {
///     let closed = users.revoke(name.as_str());
///     format!("{closed} connections are closed with 4401")
/// }
/// # async fn may_connect(_: &str) -> bool { true }
/// ```
pub struct Credentials<K>(Arc<Mutex<Table<K>>>);

struct Table<K> {
    /// The number that the next credential gets.
    next: u64,
    holders: HashMap<K, BTreeMap<u64, Holder>>,
}

/// A connection, or one that is to be.
#[derive(Default)]
struct Holder {
    handle: Option<ConnectionHandle>,
    /// What a connection that is still to come has to be told.
    deadline: Option<Option<Instant>>,
}

impl<K: Clone + Eq + Hash> Credentials<K> {
    /// A registry without connections.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Table {
            next: 0,
            holders: HashMap::new(),
        })))
    }

    /// A connection is to be held by this key.
    pub fn hold(&self, key: K) -> Credential<K> {
        let mut table = self.lock();
        let id = table.next;
        table.next += 1;
        let holders = table.holders.entry(key.clone()).or_default();
        holders.insert(id, Holder::default());
        drop(table);
        Credential {
            credentials: self.clone(),
            key,
            id,
        }
    }

    /// Closes all connections of this key now, those too whose upgrade is under
    /// way; gives their number.
    ///
    /// They close as with [`WsContext::expire_at`], with 4401 unless the actor
    /// said otherwise. Later connections of the key are none of them.
    pub fn revoke<Q>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.expire_at(key, now())
    }

    /// Moves the deadline of all connections of this key, or takes it away; gives
    /// their number. See [`WsContext::expire_at`].
    pub fn expire_at<Q>(&self, key: &Q, deadline: impl Into<Option<Instant>>) -> usize
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let (deadline, now) = (deadline.into(), now());
        let mut table = self.lock();
        let Some(holders) = table.holders.get_mut(key) else {
            return 0;
        };
        let mut handles = Vec::with_capacity(holders.len());
        let count = holders.len();
        for holder in holders.values_mut() {
            match &holder.handle {
                Some(handle) => handles.push(handle.clone()),
                // What has come to its end is not taken back.
                None if holder.deadline.flatten().is_some_and(|it| it <= now) => {}
                None => holder.deadline = Some(deadline),
            }
        }
        drop(table);
        // Each of them may wake somebody.
        for handle in handles {
            handle.expire_at(deadline);
        }
        count
    }

    /// The number of connections of this key, upgrades under way included.
    #[must_use]
    pub fn count<Q>(&self, key: &Q) -> usize
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.lock().holders.get(key).map_or(0, BTreeMap::len)
    }

    /// The number of keys that connections hold.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.lock().holders.len()
    }
}

impl<K> Credentials<K> {
    fn lock(&self) -> MutexGuard<'_, Table<K>> {
        // A key's own code may panic, and leaves the table whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one connection was let in with, as long as this is not dropped.
#[must_use = "a credential is given up when it is dropped"]
pub struct Credential<K: Eq + Hash> {
    credentials: Credentials<K>,
    key: K,
    id: u64,
}

impl<K: Eq + Hash> Credential<K> {
    /// The user, or whatever it is.
    #[must_use]
    pub const fn key(&self) -> &K {
        &self.key
    }

    /// Has the connection of this actor close when the key is revoked, or its
    /// deadline comes: call it as the actor starts.
    ///
    /// What was revoked since [`Credentials::hold`] closes it at once.
    pub fn attach<A>(&self, ctx: &mut WsContext<A>)
    where
        A: Actor<Context = WsContext<A>>,
    {
        let handle = ctx.handle();
        let mut table = self.credentials.lock();
        let holders = table.holders.get_mut(&self.key);
        let Some(holder) = holders.and_then(|holders| holders.get_mut(&self.id)) else {
            return;
        };
        holder.handle = Some(handle);
        let deadline = holder.deadline.take();
        drop(table);
        if let Some(deadline) = deadline {
            ctx.expire_at(deadline);
        }
    }
}

impl<K: Eq + Hash> Drop for Credential<K> {
    fn drop(&mut self) {
        let mut table = self.credentials.lock();
        let Some(holders) = table.holders.get_mut(&self.key) else {
            return;
        };
        let holder = holders.remove(&self.id);
        let left = if holders.is_empty() {
            table.holders.remove_entry(&self.key)
        } else {
            None
        };
        drop(table);
        // The destructor of a key may be anybody's.
        drop((holder, left));
    }
}

impl<K> Clone for Credentials<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Clone + Eq + Hash> Default for Credentials<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> fmt::Debug for Credentials<K> {
    /// Without the keys, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("keys", &self.lock().holders.len())
            .finish()
    }
}

impl<K: Eq + Hash> fmt::Debug for Credential<K> {
    /// Without the key, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// tokio's clock, which tests can pause.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
