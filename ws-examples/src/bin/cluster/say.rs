//! Says something in a room without serving it.

use ws_examples::{StartError, backplane::Engine, chat};
use ws_server::Publisher;

use crate::args::Saying;

/// Publishes a line, and tells where it stands in the room's record.
pub(crate) async fn say(saying: Saying) -> Result<(), StartError> {
    let told = |error: ws_server::backplane::BackplaneError| StartError::told(error.to_string());
    let line = chat::line(&saying.room, &saying.name, &saying.text).map_err(StartError::told)?;
    let engine = Engine::at(&saying.backplane)?;
    let publisher = Publisher::connect(engine, chat::NAME).await.map_err(told)?;
    let publisher = publisher.history(&chat::history());
    let position = publisher.publish(&saying.room, line).await.map_err(told)?;
    match position {
        Some(position) => println!("said in {}, at {position}", saying.room),
        None => println!("said in {}", saying.room),
    }
    Ok(())
}
