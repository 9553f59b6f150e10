//! What is measured, one file each.

pub(crate) mod broadcast;
pub(crate) mod idle;
pub(crate) mod presence;
pub(crate) mod publishing;
pub(crate) mod subscriptions;
