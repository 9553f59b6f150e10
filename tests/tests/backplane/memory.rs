//! The suite in memory.

use ws_server::backplane::{Backplane, Memory};

use crate::suite::Subject;

crate::passes_all!(InMemory);
crate::passes! { InMemory: record { record_keeps_so_many_bytes } }

struct InMemory(Memory);

impl Subject for InMemory {
    async fn start() -> Option<Self> {
        Some(Self(Memory::new()))
    }

    fn backplane(&self) -> Box<dyn Backplane> {
        Box::new(self.0.clone())
    }

    fn nowhere() -> Option<Box<dyn Backplane>> {
        None
    }
}
