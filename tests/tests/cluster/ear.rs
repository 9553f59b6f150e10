//! Clients that write down what they hear.

use std::{cell::RefCell, rc::Rc};

use actix_rt::task::JoinHandle;
use ws_core::{Event, Message, Outcome};
use ws_server::backplane::Position;
use ws_tests::{client::Client, wait::until};

/// A client that only listens.
#[derive(Debug)]
pub(crate) struct Ear {
    diary: Rc<RefCell<Diary>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Diary {
    heard: Vec<Message>,
    end: Option<Outcome>,
}

impl Ear {
    pub(crate) fn new(mut client: Client) -> Self {
        let diary = Rc::new(RefCell::new(Diary::default()));
        let writer = Rc::clone(&diary);
        let task = actix_rt::spawn(async move {
            loop {
                match client.event().await {
                    Event::Message(message) => writer.borrow_mut().heard.push(message),
                    Event::Closed(outcome) => {
                        writer.borrow_mut().end = Some(*outcome);
                        return;
                    }
                    _ => {}
                }
            }
        });
        Self { diary, task }
    }

    /// The messages so far.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.diary.borrow().heard.clone()
    }

    /// The texts so far, without what is said of members.
    pub(crate) fn texts(&self) -> Vec<String> {
        let diary = self.diary.borrow();
        let texts = diary.heard.iter().filter_map(|message| match message {
            Message::Text(text) => Some(text.as_str().to_owned()),
            _ => None,
        });
        texts.filter(|text| !text.starts_with(['+', '-'])).collect()
    }

    /// The texts with their positions, in a room that keeps a record; not what
    /// was reported.
    pub(crate) fn record(&self) -> Vec<(Position, String)> {
        let texts = self.texts().into_iter().map(|text| split(&text));
        texts.filter(|(_, text)| !is_report(text)).collect()
    }

    /// What was reported.
    pub(crate) fn reports(&self) -> Vec<(Position, String)> {
        let texts = self.texts().into_iter().map(|text| split(&text));
        texts.filter(|(_, text)| is_report(text)).collect()
    }

    pub(crate) fn end(&self) -> Option<Outcome> {
        self.diary.borrow().end.clone()
    }

    pub(crate) async fn until_texts(&self, count: usize) -> Vec<String> {
        until(format!("{count} texts"), || self.texts().len() >= count).await;
        self.texts()
    }

    pub(crate) async fn until_text(&self, text: &str) {
        until(format!("the text {text}"), || {
            self.texts().iter().any(|it| it == text)
        })
        .await;
    }

    pub(crate) async fn until_text_of_record(&self, text: &str) {
        until(format!("the text {text} of the record"), || {
            self.record().iter().any(|(_, it)| it == text)
        })
        .await;
    }

    pub(crate) async fn until_record(&self, count: usize) -> Vec<(Position, String)> {
        until(format!("{count} of the record"), || {
            self.record().len() >= count
        })
        .await;
        self.record()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes the position off a text.
pub(crate) fn split(text: &str) -> (Position, String) {
    let (position, text) = text.split_once('|').expect("it is stamped");
    (position.parse().expect("it is a position"), text.to_owned())
}

pub(crate) fn is_report(text: &str) -> bool {
    text.starts_with("report ")
}
