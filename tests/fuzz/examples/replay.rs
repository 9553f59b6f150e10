//! Runs files through a target, and says what they mean where that is not
//! plain: `cargo run --no-default-features --example replay -- connection FILE`.

use std::fs;

use ws_fuzz::memory;

#[global_allocator]
static MEMORY: memory::Counted = memory::COUNTED;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let target = arguments.next().expect("the name of a target");
    let run = ws_fuzz::target(&target).expect("one of the targets");
    for file in arguments {
        let data = fs::read(&file).expect("a file that can be read");
        match &*target {
            "connection" => println!("{file}: {}", ws_fuzz::connection::describe(&data)),
            "server" => println!("{file}: {}", ws_fuzz::server::describe(&data)),
            _ => {}
        }
        run(&data);
    }
}
