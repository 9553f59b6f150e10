//! A chat for the browser: rooms, who is there, who is typing. Operators can
//! look on.

use clap::Parser;
use ws_examples::{
    StartError,
    chat::{self, Args},
};

#[actix_web::main]
async fn main() -> Result<(), StartError> {
    chat::run(Args::parse()).await
}
