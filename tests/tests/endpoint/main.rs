//! Endpoints as parts of an actix-web app: what they can be told, and what
//! works around them.

mod around;
mod built;
mod spoken;
mod subprotocols;
