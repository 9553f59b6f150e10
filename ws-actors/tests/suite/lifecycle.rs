//! The life of a connection actor: how it begins, what it hears last, and how
//! `stop`, `terminate` and addresses work as in actix.

mod addresses;
mod answering;
mod causes;
mod context;
mod dropped;
mod endings;
mod obedient;
mod stopping;
mod terminating;
