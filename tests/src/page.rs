//! A page in a browser.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use fantoccini::{Client, Locator, elements::Element};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    raw::Raw,
    request::Request,
    wait::{LIMIT, within},
};

/// A page, whose elements are named by CSS selectors.
#[derive(Debug, Clone)]
pub struct Page {
    name: &'static str,
    session: Client,
    driver: SocketAddr,
    profile: PathBuf,
}

impl Page {
    pub(crate) const fn new(
        name: &'static str,
        session: Client,
        driver: SocketAddr,
        profile: PathBuf,
    ) -> Self {
        Self {
            name,
            session,
            driver,
            profile,
        }
    }

    /// Goes to an address.
    pub async fn go(&self, url: &str) {
        let gone = within(format!("{url} to load"), self.session.goto(url)).await;
        gone.expect("there is a page");
    }

    /// Writes into a field, as with a keyboard; `\u{e007}` is the Enter key.
    pub async fn write(&self, selector: &str, text: &str) {
        let written = within("keys to be pressed", async {
            self.element(selector).await.send_keys(text).await
        });
        written.await.expect("keys can be pressed");
    }

    /// Empties a field.
    pub async fn empty(&self, selector: &str) {
        let emptied = within("a field to be emptied", async {
            self.element(selector).await.clear().await
        });
        emptied.await.expect("the field can be emptied");
    }

    /// Clicks on something.
    pub async fn click(&self, selector: &str) {
        let clicked = within("a click", async {
            self.element(selector).await.click().await
        });
        clicked.await.expect("it can be clicked");
    }

    async fn element(&self, selector: &str) -> Element {
        match self.session.find(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(error) => panic!("page of {}: no {selector}: {error}", self.name),
        }
    }

    /// The texts of all elements that match, in order.
    pub async fn texts(&self, selector: &str) -> Vec<String> {
        let script =
            "return [...document.querySelectorAll(arguments[0])].map(it => it.textContent)";
        let Value::Array(texts) = self.run(script, json!(selector)).await else {
            return Vec::new();
        };
        let texts = texts.iter().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// Waits until exactly these texts are on the page.
    pub async fn until_texts(&self, selector: &str, expected: &[&str]) {
        self.until(selector, &format!("{expected:?}"), |texts| {
            texts == expected
        })
        .await;
    }

    /// Waits until one of the texts is this one.
    pub async fn until_text(&self, selector: &str, expected: &str) {
        self.until(selector, &format!("{expected:?}"), |texts| {
            texts.iter().any(|text| text == expected)
        })
        .await;
    }

    /// Waits until something matches.
    pub async fn until_there(&self, selector: &str) {
        self.until(selector, "something", |texts| !texts.is_empty())
            .await;
    }

    /// Waits until the texts of all elements that match are as they should be.
    pub async fn until(&self, selector: &str, what: &str, is_so: impl Fn(&[String]) -> bool) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let texts = self.texts(selector).await;
            if is_so(&texts) {
                return;
            }
            if Instant::now() > deadline {
                let script = "return document.body.innerText";
                let all = self.run(script, Value::Null).await;
                panic!(
                    "page of {}: waited for {what} in {selector}, found {texts:?} on\n{}",
                    self.name,
                    all.as_str().unwrap_or_default()
                );
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn run(&self, script: &str, argument: Value) -> Value {
        let done = within("a script", self.session.execute(script, vec![argument])).await;
        done.expect("the script runs")
    }

    /// The errors on the browser's console since this was last asked.
    pub async fn errors(&self) -> Vec<String> {
        let id = self.session.session_id().await;
        let id = id.ok().flatten().expect("the session is open");
        // No WebDriver command: fantoccini has none for it.
        let ask = Request::get(&format!("/session/{id}/se/log"))
            .method("POST")
            .body(r#"{"type":"browser"}"#);
        let response = Raw::connect(self.driver).await.ask(&ask).await;
        let answer: Value = serde_json::from_str(&response.body).expect("an answer in JSON");
        let Value::Array(entries) = &answer["value"] else {
            panic!("no log: {response:?}");
        };
        let errors = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        errors.map(|entry| entry["message"].to_string()).collect()
    }

    /// Saves what the page looks like.
    pub async fn save_screenshot(&self, file: &Path) {
        let image = within("a screenshot", self.session.screenshot()).await;
        let image = image.expect("the page can be seen");
        let folder = file.parent().unwrap_or(file);
        fs::create_dir_all(folder).expect("the target folder can be written to");
        fs::write(file, image).expect("the target folder can be written to");
    }

    /// Closes the browser, and throws its profile away.
    pub async fn close(self) {
        within("the browser to end", self.session.close())
            .await
            .ok();
        fs::remove_dir_all(self.profile).ok();
    }
}
