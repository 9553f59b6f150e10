//! Of the chats: the same conversation on all of them.

use actix::Actor;
use actix_rt::time::sleep;
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use ws_core::CloseCode;
use ws_server::Rooms;
use ws_tests::{
    client::Client,
    server::Server,
    wait::{LIMIT, within},
};

use crate::{
    after, before,
    pulse::SLOW,
    rewritten,
    serving::{serve, serve_beside},
};

#[actix_web::test]
async fn chat_as_it_was() {
    let lobby = before::chat::Lobby::default().start();
    converse(&serve_beside(SLOW, &lobby, before::chat::configure)).await;
}

#[actix_web::test]
async fn chat_on_our_connections() {
    let lobby = after::chat::Lobby::default().start();
    converse(&serve_beside(SLOW, &lobby, after::chat::configure)).await;
}

#[actix_web::test]
async fn chat_over_a_broker_as_it_was() {
    let server = serve(before::chat_broker::configure);
    converse(&server).await;
    shout(&server).await;
}

#[actix_web::test]
async fn chat_over_a_broker_on_our_connections() {
    let server = serve(after::chat_broker::configure);
    converse(&server).await;
    shout(&server).await;
}

#[actix_web::test]
async fn chat_that_was_written_for_actix_ws() {
    let rooms = Rooms::new();
    converse(&Server::start(move |app| {
        rewritten::chat::configure(app, &rooms)
    }))
    .await;
}

#[actix_web::test]
async fn chat_beside_tcp_as_it_was() {
    let lobby = before::chat::Lobby::default().start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    actix_rt::spawn(before::chat_tcp::listen(listener, lobby.clone()));
    let server = serve_beside(SLOW, &lobby, before::chat::configure);
    call(&server, TcpStream::connect(address).await.unwrap()).await;
}

#[actix_web::test]
async fn chat_beside_tcp_on_our_connections() {
    let lobby = after::chat::Lobby::default().start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    actix_rt::spawn(after::chat_tcp::listen(listener, lobby.clone()));
    let server = serve_beside(SLOW, &lobby, after::chat::configure);
    call(&server, TcpStream::connect(address).await.unwrap()).await;
}

/// Three people come, talk, change rooms and go.
async fn converse(server: &Server) {
    let mut ada = enter(server).await;
    assert_eq!(ask(&mut ada, "/who").await, "nobody");
    assert_eq!(ask(&mut ada, "/name Ada").await, "you are Ada");
    let mut ben = enter(server).await;
    assert_eq!(ask(&mut ben, "/who").await, "Ada, nobody");
    assert_eq!(ask(&mut ben, "  /name Ben  ").await, "you are Ben");

    ada.send("hello").await;
    ada.send("anybody?").await;
    assert_eq!(ben.text().await, "Ada: hello");
    assert_eq!(ben.text().await, "Ada: anybody?");
    // Who speaks is not told: the next that Ada hears is an answer.
    assert_eq!(ask(&mut ada, "/who").await, "Ada, Ben");

    assert_eq!(ask(&mut ben, "/join kitchen").await, "you are in kitchen");
    assert_eq!(ask(&mut ben, "/who").await, "Ben");
    assert_eq!(ask(&mut ada, "/who").await, "Ada");
    let mut carl = enter(server).await;
    assert_eq!(ask(&mut carl, "/join kitchen").await, "you are in kitchen");
    ada.send("not heard there").await;
    assert_eq!(ask(&mut ada, "/who").await, "Ada");
    carl.send("smells good").await;
    assert_eq!(ben.text().await, "nobody: smells good");

    carl.close(4000, "dinner").await;
    assert_eq!(carl.closed().await.code(), CloseCode::new(4000));
    until_alone(&mut ben, "Ben").await;
    // A connection that is lost is left as one that is closed.
    assert_eq!(ask(&mut ada, "/join kitchen").await, "you are in kitchen");
    ada.vanish();
    until_alone(&mut ben, "Ben").await;
}

/// The broker's own way: one speaks to all rooms at once.
async fn shout(server: &Server) {
    let (mut ada, mut ben) = (enter(server).await, enter(server).await);
    assert_eq!(ask(&mut ben, "/join garden").await, "you are in garden");
    assert_eq!(ask(&mut ada, "/join attic").await, "you are in attic");
    assert_eq!(ask(&mut ada, "!rain").await, "rain");
    assert_eq!(ben.text().await, "rain");
}

/// Somebody in a browser and somebody at a terminal talk.
async fn call(server: &Server, stream: TcpStream) {
    let mut ada = enter(server).await;
    assert_eq!(ask(&mut ada, "/name Ada").await, "you are Ada");
    let mut tom = BufReader::new(stream);
    type_in(&mut tom, "/name Tom\n/who\n").await;
    assert_eq!(line(&mut tom).await, "you are Tom\n");
    assert_eq!(line(&mut tom).await, "Ada, Tom\n");
    ada.send("hello, Tom").await;
    assert_eq!(line(&mut tom).await, "Ada: hello, Tom\n");
    type_in(&mut tom, "hello, Ada\n").await;
    assert_eq!(ada.text().await, "Tom: hello, Ada");
    drop(tom);
    until_alone(&mut ada, "Ada").await;
}

async fn type_in(terminal: &mut BufReader<TcpStream>, lines: &str) {
    let typed = terminal.write_all(lines.as_bytes()).await;
    typed.expect("the server takes what is typed");
}

async fn line(terminal: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    let read = within("a line", terminal.read_line(&mut line)).await;
    read.expect("the server answers");
    line
}

async fn enter(server: &Server) -> Client {
    Client::connect(server.address(), "/chat").await
}

async fn ask(client: &mut Client, line: &str) -> String {
    client.send(line.to_owned()).await;
    client.text().await
}

/// Waits until nobody else is in the room.
async fn until_alone(client: &mut Client, name: &str) {
    let alone = async {
        while ask(client, "/who").await != name {
            sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(LIMIT, alone)
        .await
        .expect("the others leave");
}
