//! Where scenarios run.

use actix::{Actor, Context, Handler, System};
use tokio::{task::LocalSet, time::sleep};
use ws_actors::test;

use crate::support::{Do, Puppet, handlers, seconds, server, tell};

#[tokio::test(start_paused = true)]
async fn a_peer_runs_on_a_runtime_of_the_tests_own() {
    let scenario = async {
        let mut client = server().connect();
        client.send_text("hi");
        client.expect_text("hi").await;
        client.expect_ping().await;
        assert_eq!(client.elapsed(), seconds(20));
        client.close().await;
    };
    LocalSet::new().run_until(scenario).await;
}

/// An actor of actix's own kind.
struct Other;

impl Actor for Other {
    type Context = Context<Self>;
}

#[derive(actix::Message)]
#[rtype(result = "u32")]
struct Question;

impl Handler<Question> for Other {
    type Result = u32;

    fn handle(&mut self, _: Question, _: &mut Context<Self>) -> u32 {
        42
    }
}

#[test]
fn other_actors_run_beside_it() {
    test::run(async {
        assert!(System::try_current().is_some());
        let other = Other.start();
        assert_eq!(other.send(Question).await, Ok(42));
        actix::spawn(sleep(seconds(3600))).await.unwrap();
    });
}

#[test]
fn other_actors_write_to_the_actor() {
    test::run(async {
        let mut client = server().connect();
        let address = client.address();
        let letter = |text: &'static str| Do::new(move |ctx| ctx.text(text).unwrap());
        address.send(letter("one")).await.unwrap();
        client.expect_text("one").await;
        client.close().await;
        assert!(address.send(letter("two")).await.is_err());
    });
}

#[test]
fn peers_meet_in_one_scenario() {
    test::run(async {
        let mut first = server().connect();
        let mut second = test::client(Puppet::default(), handlers()).connect();
        tell(&second, |ctx| ctx.text("from the second").unwrap());
        let text = second.expect_message().await;
        first.send_message(text);
        first.expect_text("from the second").await;
        first.close().await;
        second.expect_nothing(seconds(60)).await;
    });
}

#[test]
fn scenarios_run_one_after_the_other_and_give_what_they_find() {
    let first = test::run(async {
        test::advance(seconds(5)).await;
        1
    });
    let second = test::run(async { first + 1 });
    assert_eq!(second, 2);
}
