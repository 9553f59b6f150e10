//! Chromium as a client: two people talk on the page of the `chat` program,
//! each in a browser, and a page of our own compresses.
//!
//! This runs if `WS_TESTS_BROWSER` is 1, as `tests/run` sets it; it needs
//! Chromium and its chromedriver.

use std::time::Duration;

use actix_web::web;
use tokio::time::timeout;
use ws_server::{Binary, Deflate};
use ws_tests::{
    binaries::target_directory,
    chromedriver::in_browsers,
    client::Client,
    engine::asked_for,
    page::Page,
    probe::{Probe, Report},
    program::Program,
    relay::Relay,
};

#[actix_web::test]
async fn two_people_talk_in_their_browsers_and_the_server_restarts() {
    in_browsers(["Ada", "Bob"], |[ada, bob]| talk(ada, bob)).await;
}

#[actix_web::test]
async fn page_that_is_loaded_again_resumes_where_it_was() {
    in_browsers(["Ada"], |[ada]| reload(ada)).await;
}

#[actix_web::test]
async fn page_goes_on_at_another_node_and_misses_nothing() {
    if asked_for() {
        in_browsers(["Ada", "Bob"], |[ada, bob]| move_on(ada, bob)).await;
    }
}

#[actix_web::test]
async fn operators_see_figures_move_when_people_talk() {
    in_browsers(["an operator"], |[page]| look_on(page)).await;
}

#[actix_web::test]
async fn two_players_see_each_other_paint_and_a_game_begin_anew() {
    in_browsers(["Ada", "Bob"], |[ada, bob]| paint(ada, bob)).await;
}

#[actix_web::test]
async fn browser_agrees_on_compression_and_a_subprotocol() {
    in_browsers(["a client"], |[page]| agree(page)).await;
}

async fn agree(page: Page) {
    let endpoint = Probe::endpoint()
        .on::<Binary>()
        .subprotocols(["v2", "v1"])
        .compression(Deflate::new().threshold(0))
        // The page is not the relay's.
        .any_origin();
    let (server, mut reports) = Probe::serve_beside(endpoint, |app| {
        let page = || async { web::Html::new(include_str!("../interop/page.html")) };
        app.route("/", web::get().to(page));
    });
    let relay = Relay::to(server.address()).await;
    let (address, relayed) = (server.address(), relay.address());
    page.go(&format!("http://{address}/?server={relayed}"))
        .await;
    page.until_texts(
        "#seen li",
        &[
            "open v1; permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
            "0 true true",
            "1 true true",
            "125 true true",
            "126 true true",
            "65535 true true",
            "65536 true true",
            "1048575 true true",
            "closed 4001 as you wish true",
        ],
    )
    .await;
    assert_eq!(page.errors().await, [""; 0], "on the console");
    assert!(reports.closed().await.is_clean());
    assert_eq!(reports.next().await, Report::Stopped);

    let traffic = relay.ended().await;
    assert!(traffic.up < 1 << 19, "{traffic:?}");
    assert!(traffic.down < 1 << 19, "{traffic:?}");
}

async fn reload(ada: Page) {
    let mut chat = Program::start("chat", &["--port", "0"]);
    let address = chat.address().await;
    let page = format!("http://{address}/?room=lobby&name=Ada");
    ada.go(&page).await;
    ada.until_there(OPEN).await;
    for line in ["one", "two"] {
        say(&ada, line).await;
    }
    ada.go("about:blank").await;
    let mut bob = Client::connect(address, "/ws?room=lobby&name=Bob").await;
    bob.send(r#"{"type":"say","text":"three","line":"3"}"#)
        .await;
    // As a page does that does not know whether it was heard.
    bob.send(r#"{"type":"say","text":"three","line":"3"}"#)
        .await;
    bob.send(r#"{"type":"say","text":"four"}"#).await;
    while !bob.text().await.contains("four") {}
    ada.go(&page).await;
    let all = ["one", "two", "three", "four"];
    ada.until_texts(SAID, &all).await;
    ada.until_texts("#log .mine .text", &all[..2]).await;
    // Somebody new sees the same.
    ada.click("#leave").await;
    ada.click("#enter").await;
    ada.until_texts(SAID, &all).await;
    assert_eq!(ada.errors().await, [""; 0], "on the console");
}

/// Two nodes, of which one is killed.
async fn move_on(ada: Page, bob: Page) {
    let mut cluster = Program::start("cluster", &["--port", "0", "--nodes", "2"]);
    let mut nodes = Vec::new();
    let balancer = loop {
        let line = cluster.line().await;
        if let Some((_, address)) = line.split_once(" serves at ") {
            nodes.push((line[..6].to_owned(), address.to_owned()));
        } else if let Some(rest) = line.strip_prefix("open http://") {
            let end = rest.find(": ").expect("it says what is there");
            break rest[..end].parse().expect("an address");
        }
    };
    nodes.sort();
    let mut feed = Client::connect(balancer, "/feed").await;
    for (person, name, (_, node)) in [(&ada, "Ada", &nodes[0]), (&bob, "Bob", &nodes[1])] {
        person.go(&format!("{node}/?room=lobby&name={name}")).await;
        person.until_there(OPEN).await;
    }
    ada.until_texts("#people li", &["Ada", "Bob"]).await;
    say(&ada, "one").await;
    bob.until_texts(SAID, &["one"]).await;

    feed.send(r#"{"type":"node","node":1,"act":"kill"}"#).await;
    ada.until_there("#state:not([data-state=open])").await;
    ada.write("#say", "two\u{e007}").await;
    say(&bob, "three").await;
    let moved = format!("Connected to {}", nodes[1].1.trim_start_matches("http://"));
    ada.until_text("#state", &moved).await;
    for person in [&ada, &bob] {
        let all = |texts: &[String]| {
            let mut texts = texts.to_vec();
            texts.sort();
            texts == ["one", "three", "two"]
        };
        person.until(SAID, "all that was said, once", all).await;
    }
    let order = ada.texts(SAID).await;
    bob.until_texts(SAID, &order.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    ada.until_texts("#log .gap", &[]).await;
    say(&ada, "four").await;
    bob.until_text(SAID, "four").await;

    // What is said while nothing joins the nodes waits for it.
    feed.send(r#"{"type":"backplane","act":"kill"}"#).await;
    while !feed.text().await.contains(r#""state":"stopped"},"nodes""#) {}
    bob.write("#say", "five\u{e007}").await;
    bob.until_texts("#waiting .text", &["five"]).await;
    feed.send(r#"{"type":"backplane","act":"start"}"#).await;
    for person in [&ada, &bob] {
        person.until_text(SAID, "five").await;
        let fives = person.texts(SAID).await;
        assert_eq!(fives.iter().filter(|it| *it == "five").count(), 1);
    }
    let folder = target_directory().join("tests-browser");
    ada.save_screenshot(&folder.join("moved.png")).await;
    feed.vanish();
    cluster.signal("TERM").await;
    assert_eq!(cluster.ended().await.status.code(), Some(0));
}

async fn look_on(page: Page) {
    let mut chat = Program::start("chat", &["--port", "0", "--admin", "127.0.0.1:0"]);
    let (public, admin) = (chat.address().await, chat.address().await);
    page.go(&format!("http://{admin}/admin")).await;
    page.until_text("#state", "Live").await;
    page.until_text("#connections", "0").await;
    page.until_text("#no-rooms", "Nobody is in a room.").await;

    let mut ada = Client::connect(public, "/ws?room=lobby&name=Ada").await;
    let mut bob = Client::connect(public, "/ws?room=lobby&name=Bob").await;
    page.until_text("#connections", "2").await;
    page.until_texts("#room-list li", &["lobby2"]).await;
    let is_rate = |texts: &[String]| texts.len() == 1 && texts[0] != "0" && texts[0] != "–";
    for (figure, chart) in [("#received", "#chart-received"), ("#sent", "#chart-sent")] {
        // It is a rate: who looks too late has to hear more.
        let mut seen = false;
        for _ in 0..20 {
            ada.send(r#"{"type":"say","text":"hello"}"#).await;
            while !bob.text().await.contains("hello") {}
            let waited = page.until(figure, "a rate", is_rate);
            seen = timeout(Duration::from_secs(2), waited).await.is_ok();
            if seen {
                break;
            }
        }
        assert!(seen, "{figure} never moved");
        page.until_there(&format!("{chart} path.line")).await;
    }
    page.until("#sent-total", "a total", |texts| {
        texts.len() == 1 && texts[0].contains(" in all, ") && !texts[0].starts_with("0 ")
    })
    .await;

    bob.reset();
    page.until_text("#connections", "1").await;
    page.until_text("#chart-closed .legend li:not([hidden])", "network lost1")
        .await;
    page.until_there("#chart-closed rect.cause-transport").await;
    page.click("[data-seconds='60']").await;
    page.until_there("[data-seconds='60'][aria-pressed=true]")
        .await;
    let folder = target_directory().join("tests-browser");
    page.save_screenshot(&folder.join("operators.png")).await;
    assert_eq!(page.errors().await, [""; 0], "on the console");

    chat.signal("TERM").await;
    page.until_there("#state[data-state=waiting]").await;
    assert_eq!(chat.ended().await.status.code(), Some(0));
    let (port, admin) = (public.port().to_string(), admin.to_string());
    let mut chat = Program::start("chat", &["--port", &port, "--admin", &admin]);
    assert_eq!(chat.address().await, public);
    page.until_text("#state", "Live").await;
    page.until_text("#opened", "0 opened").await;
    chat.signal("TERM").await;
    assert_eq!(chat.ended().await.status.code(), Some(0));
}

async fn paint(ada: Page, bob: Page) {
    let mut game = Program::start("game", &["--port", "0", "--mishaps"]);
    let address = game.address().await;
    let page = format!("http://{address}/");
    ada.go(&page).await;
    for (field, text) in [("#name", "Ada"), ("#game", "meadow")] {
        ada.empty(field).await;
        ada.write(field, text).await;
    }
    ada.click("#join button").await;
    ada.until_texts(PLAYER, &["Ada"]).await;
    bob.go(&format!("{page}?game=meadow&name=Bob")).await;
    for player in [&ada, &bob] {
        player.until_texts(PLAYER, &["Ada", "Bob"]).await;
        player.until_there("#state[data-state=open]").await;
    }

    // Both go on by themselves; one goes where a key says.
    ada.write("body", "\u{e012}").await;
    for player in [&ada, &bob] {
        let painted = |texts: &[String]| {
            let shares = texts.iter().filter_map(|it| it.strip_suffix(" %"));
            shares.filter(|it| *it != "0").count() == 2
        };
        player
            .until("#players .share", "paint of both", painted)
            .await;
        let ticks = |texts: &[String]| texts.len() == 1 && texts[0].starts_with("0:");
        player.until("#clock", "a round under way", ticks).await;
    }
    save_screenshots(&ada, &bob, "painting").await;

    ada.click("#mishap").await;
    for player in [&ada, &bob] {
        player
            .until_text("#note", "The game's actor panicked. It begins anew.")
            .await;
        player.until_texts(PLAYER, &["Ada", "Bob"]).await;
    }
    assert_no_errors(&ada, &bob, |_| false).await;
    bob.go("about:blank").await;
    ada.until_texts(PLAYER, &["Ada"]).await;
    game.signal("TERM").await;
    assert_eq!(game.ended().await.status.code(), Some(0));
}

const PLAYER: &str = "#players .name";

async fn talk(ada: Page, bob: Page) {
    let mut chat = Program::start("chat", &["--port", "0"]);
    let address = chat.address().await;
    let page = format!("http://{address}/");

    ada.go(&page).await;
    join(&ada, "Ada").await;
    bob.go(&format!("{page}?room=lobby&name=Bob")).await;
    bob.until_there(OPEN).await;
    ada.until_texts(SYSTEM, &["Bob joined"]).await;
    ada.until_texts("#people li", &["Ada", "Bob"]).await;
    bob.until_texts("#people li", &["Bob", "Ada"]).await;

    say(&ada, "Hello Bob!").await;
    bob.until_texts(SAID, &["Hello Bob!"]).await;
    bob.until_texts("#log .message .who", &["Ada"]).await;
    // Enter sends as well, and what is said is never taken for HTML.
    bob.write("#say", "Is <b>this</b> bold?\u{e007}").await;
    let both = &["Hello Bob!", "Is <b>this</b> bold?"];
    ada.until_texts(SAID, both).await;
    bob.until_texts(SAID, both).await;

    bob.write("#say", "Let me think").await;
    ada.until_texts("#typing", &["Bob is typing…"]).await;
    bob.click("#send").await;
    ada.until_text(SAID, "Let me think").await;
    ada.until_texts("#typing", &[""]).await;

    for person in [&ada, &bob] {
        let is_time = |texts: &[String]| texts.len() == 1 && texts[0].ends_with(" ms");
        person.until("#rtt", "a round-trip time", is_time).await;
    }
    save_screenshots(&ada, &bob, "talking").await;
    assert_no_errors(&ada, &bob, |_| false).await;

    ada.click("#leave").await;
    bob.until_text(SYSTEM, "Ada left").await;
    bob.until_texts("#people li", &["Bob"]).await;
    join(&ada, "Ada").await;
    bob.until_text(SYSTEM, "Ada joined").await;
    bob.until_texts("#people li", &["Bob", "Ada"]).await;
    assert_no_errors(&ada, &bob, |_| false).await;

    chat.signal("TERM").await;
    for person in [&ada, &bob] {
        person.until_there("#state[data-state=waiting]").await;
    }
    // What is written meanwhile waits.
    ada.write("#say", "Can you hear me?\u{e007}").await;
    ada.until_texts("#waiting .text", &["Can you hear me?"])
        .await;
    save_screenshots(&ada, &bob, "waiting").await;
    assert_eq!(chat.ended().await.status.code(), Some(0));

    let mut chat = Program::start("chat", &["--port", &address.port().to_string()]);
    assert_eq!(chat.address().await, address);
    for person in [&ada, &bob] {
        person.until_there(OPEN).await;
    }
    ada.until_texts("#people li", &["Ada", "Bob"]).await;
    bob.until_texts("#people li", &["Bob", "Ada"]).await;
    for person in [&ada, &bob] {
        // A server of its own kept what was said in its memory.
        let is_told = |texts: &[String]| texts.len() == 1 && texts[0].contains("may be missing");
        person.until("#log .gap", "a gap", is_told).await;
        person.until_text(SAID, "Can you hear me?").await;
    }
    ada.until_texts("#waiting .text", &[]).await;
    say(&bob, "There you are again").await;
    ada.until_text(SAID, "There you are again").await;
    say(&ada, "As if nothing had happened").await;
    bob.until_text(SAID, "As if nothing had happened").await;
    save_screenshots(&ada, &bob, "talking-again").await;

    // The browser itself notes each try to connect while there is no server.
    let try_in_vain =
        |error: &str| error.contains("WebSocket connection to") && error.contains("failed");
    assert_no_errors(&ada, &bob, try_in_vain).await;
    chat.signal("TERM").await;
    assert_eq!(chat.ended().await.status.code(), Some(0));
}

const OPEN: &str = "#state[data-state=open]";
const SYSTEM: &str = "#log .system";
const SAID: &str = "#log .message .text";

/// Fills in the form, and waits until the room is entered.
async fn join(person: &Page, name: &str) {
    for (field, text) in [("#name", name), ("#room", "lobby")] {
        person.empty(field).await;
        person.write(field, text).await;
    }
    person.click("#enter").await;
    person.until_there(OPEN).await;
}

async fn say(person: &Page, text: &str) {
    person.write("#say", text).await;
    person.click("#send").await;
    person.until_text(SAID, text).await;
}

/// For people to look at.
async fn save_screenshots(ada: &Page, bob: &Page, name: &str) {
    let folder = target_directory().join("tests-browser");
    ada.save_screenshot(&folder.join(format!("{name}-ada.png")))
        .await;
    bob.save_screenshot(&folder.join(format!("{name}-bob.png")))
        .await;
}

async fn assert_no_errors(ada: &Page, bob: &Page, is_expected: impl Fn(&str) -> bool) {
    for person in [ada, bob] {
        let mut errors = person.errors().await;
        errors.retain(|error| !is_expected(error));
        assert_eq!(errors, [""; 0], "on the console");
    }
}
