//! The program `game`: a room with an actor that ticks, from its first player to
//! its last.
#![expect(
    clippy::unwrap_used,
    reason = "a panic of what a test leans on fails the test"
)]

use std::net::SocketAddr;

use serde_json::{Value, json};
use ws_core::{CloseCode, Event, Message, Outcome};
use ws_tests::{client::Client, program::Program, raw::Raw, request::Request, wait::within};

#[actix_web::test]
async fn players_see_each_other_and_what_they_paint() {
    let (_game, address) = start(&[]).await;
    let mut ada = enter(address, "meadow", "Ada").await;
    let you = ada.words("you").await;
    let expected = json!({
        "type": "you", "slot": 1, "width": 128, "height": 72, "mishaps": false,
    });
    assert_eq!(you, expected);
    let whole = ada.bytes(WHOLE).await;
    assert_eq!(whole.len(), 1 + 128 * 72);
    assert_eq!(ada.players().await, [(1, "Ada".to_owned())]);

    let mut bob = enter(address, "meadow", "Bob").await;
    assert_eq!(bob.words("you").await["slot"], 2);
    let both = [(1, "Ada".to_owned()), (2, "Bob".to_owned())];
    assert_eq!(bob.players().await, both);
    assert_eq!(ada.players().await, both);
    let mut painted = Vec::new();
    while !(painted.contains(&1) && painted.contains(&2)) {
        let tick = ada.tick().await;
        assert!(tick.brushes.len() <= 2, "{tick:?}");
        painted.extend(tick.strokes.into_iter().map(|(slot, _)| slot));
    }
    // What a late one is given is what the others were told bit by bit.
    let mut eve = enter(address, "meadow", "Eve").await;
    let whole = eve.bytes(WHOLE).await;
    for slot in [1, 2] {
        assert!(whole[1..].contains(&slot), "paint of {slot}");
    }
    // Another game is another's.
    let mut olga = enter(address, "garden", "Olga").await;
    assert_eq!(olga.words("you").await["slot"], 1);
    assert_eq!(olga.players().await, [(1, "Olga".to_owned())]);

    bob.client.vanish();
    let left = [(1, "Ada".to_owned()), (3, "Eve".to_owned())];
    loop {
        if ada.players().await == left {
            break;
        }
    }
    // The paint of one who is gone is wiped away.
    while !ada.tick().await.strokes.iter().any(|(slot, _)| *slot == 0) {}
}

#[actix_web::test]
async fn a_byte_steers() {
    let (_game, address) = start(&[]).await;
    let mut ada = enter(address, "meadow", "Ada").await;
    for (byte, moved) in [
        (0, (1.1, 0.0)),
        // Three quarters of 255, roughly: up.
        (191, (0.0, -1.1)),
        (255, (0.0, 0.0)),
    ] {
        ada.client.send(Message::binary(vec![byte])).await;
        let mut before = ada.tick().await.brushes[0];
        let near = |one: f32, other: f32| (one - other).abs() < 0.05;
        loop {
            let (slot, x, y) = ada.tick().await.brushes[0];
            let (dx, dy) = (x - before.1, y - before.2);
            if near(dx, moved.0) && near(dy, moved.1) {
                break;
            }
            before = (slot, x, y);
        }
    }
}

#[actix_web::test]
async fn a_game_has_eight_places() {
    let (_game, address) = start(&[]).await;
    let mut players = Vec::new();
    for slot in 1..=8 {
        let mut player = enter(address, "meadow", &format!("P{slot}")).await;
        assert_eq!(player.words("you").await["slot"], slot);
        players.push(player);
    }
    let outcome = enter(address, "meadow", "late").await.closed().await;
    assert_eq!(outcome.code(), CloseCode::TRY_AGAIN_LATER);
    players.remove(4).client.vanish();
    // Once its leaving is noticed, its place is the next one's.
    let mut next = loop {
        let mut next = enter(address, "meadow", "next").await;
        if let Some(words) = next.try_words("you").await {
            assert_eq!(words["slot"], 5);
            break next;
        }
    };
    assert_eq!(next.players().await.len(), 8);
}

#[actix_web::test]
async fn a_game_begins_with_its_first_player_and_ends_with_its_last() {
    let (mut game, address) = start(&[]).await;
    for _ in 0..2 {
        let mut ada = enter(address, "meadow", "Ada").await;
        assert_eq!(game.line().await, "game meadow begins");
        // It is a field without paint, but for what is hers.
        let whole = ada.bytes(WHOLE).await;
        assert!(whole[1..].iter().all(|slot| *slot <= 1));
        ada.client.close(1000, "").await;
        assert_eq!(game.line().await, "game meadow ends");
    }
}

#[actix_web::test]
async fn a_game_that_panics_begins_anew_with_all_its_players() {
    let (_game, address) = start(&["--mishaps"]).await;
    let mut ada = enter(address, "meadow", "Ada").await;
    assert_eq!(ada.words("you").await["mishaps"], true);
    let mut bob = enter(address, "meadow", "Bob").await;
    assert_eq!(bob.words("you").await["slot"], 2);
    while ada.tick().await.left > 1195 {}
    ada.client.send("panic, please").await;
    for player in [&mut ada, &mut bob] {
        player.words("anew").await;
        let tick = player.tick().await;
        assert!(tick.left >= 1190, "a new round: {}", tick.left);
        assert_eq!(tick.brushes.len(), 2);
    }
}

#[actix_web::test]
async fn what_a_page_never_says_is_refused() {
    let (_game, address) = start(&[]).await;
    for (message, code) in [
        (Message::binary(vec![1, 2]), 1007),
        (Message::binary(vec![]), 1007),
        (Message::binary(vec![0; 17]), 1009),
        (Message::text("panic, please"), 1003),
    ] {
        let mut player = enter(address, "meadow", "Eve").await;
        player.client.send(message).await;
        assert_eq!(player.closed().await.code().get(), code);
    }
    for query in [
        "",
        "?game=meadow",
        "?game=&name=Ada",
        "?game=a_b&name=Ada",
        "?game=a&name=+",
    ] {
        let asked = Request::upgrade(&format!("/ws{query}"));
        let answer = Raw::connect(address).await.ask(&asked).await;
        assert_eq!(answer.status, "HTTP/1.1 400 Bad Request", "{query}");
    }
}

async fn start(arguments: &[&str]) -> (Program, SocketAddr) {
    let mut game = Program::start("game", &[&["--port", "0"], arguments].concat());
    let address = game.address().await;
    (game, address)
}

async fn enter(address: SocketAddr, game: &str, name: &str) -> Player {
    let path = format!("/ws?game={game}&name={name}");
    Player {
        client: Client::connect(address, &path).await,
    }
}

struct Player {
    client: Client,
}

/// What a player is told of a tick.
#[derive(Debug)]
struct Tick {
    left: u16,
    /// Slot, x and y in cells.
    brushes: Vec<(u8, f32, f32)>,
    /// Slot and cells.
    strokes: Vec<(u8, Vec<u16>)>,
}

impl Player {
    /// Waits for words of this type.
    async fn words(&mut self, kind: &str) -> Value {
        let words = self.try_words(kind).await;
        words.unwrap_or_else(|| panic!("no {kind:?} before the end"))
    }

    async fn try_words(&mut self, kind: &str) -> Option<Value> {
        let waited = within(kind, async {
            loop {
                let event = self.client.event().await;
                if let Event::Closed(_) = event {
                    return None;
                }
                if let Event::Message(Message::Text(text)) = event {
                    let words: Value = serde_json::from_str(text.as_str()).unwrap();
                    if words["type"] == kind {
                        return Some(words);
                    }
                }
            }
        });
        waited.await
    }

    /// Waits to be told who plays.
    async fn players(&mut self) -> Vec<(u64, String)> {
        let words = self.words("players").await;
        let players = words["players"].as_array().unwrap().iter();
        let player = |it: &Value| {
            let name = it["name"].as_str().unwrap().to_owned();
            (it["slot"].as_u64().unwrap(), name)
        };
        let mut players: Vec<_> = players.map(player).collect();
        players.sort();
        players
    }

    /// Waits for bytes that begin with this one.
    async fn bytes(&mut self, kind: u8) -> Vec<u8> {
        let waited = within("bytes", async {
            loop {
                let event = self.client.event().await;
                assert!(!matches!(event, Event::Closed(_)), "{event:?}");
                if let Event::Message(Message::Binary(bytes)) = event
                    && bytes[0] == kind
                {
                    return bytes.to_vec();
                }
            }
        });
        waited.await
    }

    async fn tick(&mut self) -> Tick {
        let bytes = self.bytes(TICK).await;
        let mut rest = &bytes[1..];
        let left = number(&mut rest);
        let count = byte(&mut rest);
        let coordinate = |rest: &mut &[u8]| f32::from(number(rest)) / 256.0;
        let brush = |rest: &mut &[u8]| (byte(rest), coordinate(rest), coordinate(rest));
        let brushes = (0..count).map(|_| brush(&mut rest)).collect();
        let mut strokes = Vec::new();
        while !rest.is_empty() {
            let (slot, count) = (byte(&mut rest), number(&mut rest));
            strokes.push((slot, (0..count).map(|_| number(&mut rest)).collect()));
        }
        Tick {
            left,
            brushes,
            strokes,
        }
    }

    async fn closed(mut self) -> Outcome {
        let waited = within("the end", async {
            loop {
                if let Event::Closed(outcome) = self.client.event().await {
                    return *outcome;
                }
            }
        });
        waited.await
    }
}

fn byte(rest: &mut &[u8]) -> u8 {
    let (byte, others) = rest.split_first().unwrap();
    *rest = others;
    *byte
}

fn number(rest: &mut &[u8]) -> u16 {
    u16::from_be_bytes([byte(rest), byte(rest)])
}

const WHOLE: u8 = 0;
const TICK: u8 = 1;
