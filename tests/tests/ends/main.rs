//! How connections end.
mod closes;
mod counted;
mod exhausted;
mod lost;
mod panics;
mod processes;
mod scene;
mod stage;
mod subject;
mod timeouts;
