//! A real browser, driven from outside.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
};

use fantoccini::{ClientBuilder, error::NewSessionError};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::{binaries::target_directory, page::Page, wait::within};

/// Chromedriver, which starts a Chromium for each page.
#[derive(Debug)]
pub struct Chromedriver {
    child: Child,
    address: SocketAddr,
    /// Kept open, as it goes on printing.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Chromedriver {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver is installed: apt-get install chromium chromium-driver");
        let output = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines();
        let port = loop {
            let line = within("chromedriver to listen", lines.next_line()).await;
            let line = line.expect("it prints text").expect("it says where");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').parse().expect("a port");
            }
        };
        Self {
            child,
            address: (Ipv4Addr::LOCALHOST, port).into(),
            _lines: lines,
        }
    }

    /// Opens a browser of its own, with a fresh profile: a background window
    /// of a shared one would have its timers throttled.
    ///
    /// # Errors
    ///
    /// If the browser does not start.
    pub async fn open(&self, name: &'static str) -> Result<Page, NewSessionError> {
        static PROFILES: AtomicUsize = AtomicUsize::new(0);
        let number = PROFILES.fetch_add(1, Ordering::Relaxed);
        let profile = format!("tests-browser/profile-{}-{number}", std::process::id());
        let profile = target_directory().join(profile);
        fs::create_dir_all(&profile).expect("the target folder can be written to");
        let capabilities = json!({
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                // A page without an address would be kept from servers of this
                // machine, and these would have nobody to refuse.
                "--disable-features=LocalNetworkAccessChecks",
                "--window-size=1000,720",
                format!("--user-data-dir={}", profile.display()),
            ]},
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("it is an object");
        };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let address = format!("http://{}", self.address);
        let session = within("a browser to start", builder.connect(&address)).await?;
        Ok(Page::new(name, session, self.address, profile))
    }

    /// Stops it. The pages have to be closed before: their browsers would live
    /// on.
    pub async fn stop(mut self) {
        within("chromedriver to end", self.child.kill()).await.ok();
    }
}

/// Opens a browser for each name, and closes them whatever happens in between.
///
/// Where `WS_TESTS_BROWSER` is not 1, nothing is done at all.
pub async fn in_browsers<const COUNT: usize, F: Future<Output = ()> + 'static>(
    names: [&'static str; COUNT],
    act: impl FnOnce([Page; COUNT]) -> F,
) {
    if env::var_os("WS_TESTS_BROWSER").is_none_or(|value| value != "1") {
        eprintln!("left out: it needs Chromium, and WS_TESTS_BROWSER=1 asks for it");
        return;
    }
    let driver = Chromedriver::start().await;
    let mut pages = Vec::new();
    let mut failed = None;
    for name in names {
        match driver.open(name).await {
            Ok(page) => pages.push(page),
            Err(error) => failed = Some(error.to_string()),
        }
    }
    // In a task, so that its panic does not leave browsers behind.
    if let Ok(pages) = <[Page; COUNT]>::try_from(pages.clone()) {
        let acted = actix_rt::spawn(act(pages)).await;
        failed = acted.err().map(|error| error.to_string());
    }
    for page in pages {
        page.close().await;
    }
    driver.stop().await;
    if let Some(error) = failed {
        panic!("{error}");
    }
}
