//! `client` on a terminal.

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};
use ws_tests::{binaries::example, wait::until};

use crate::support::server::{start, url};

#[actix_web::test]
async fn the_last_line_tells_how_the_connection_fares() {
    let server = start();
    let mut terminal = Terminal::start(&["--ping", "0.02", &url(&server, "/echo")]);
    terminal
        .shows("open · sent 0 (0 B), received 0 (0 B)")
        .await;
    terminal.types("hi\r");
    terminal.shows("sent 1 (2 B), received 1 (2 B)").await;
    terminal.shows("round trip ").await;
    assert_eq!(terminal.leaves("\x04").await, Some(0));
}

#[actix_web::test]
async fn what_is_typed_can_be_edited_and_recalled() {
    let server = start();
    let mut terminal = Terminal::start(&[&url(&server, "/echo")]);
    terminal.shows("open").await;
    terminal.types("helo\x1b[Dl\r");
    terminal.shows(&format!("{}hello\r\n", mark("< "))).await;
    terminal.types("\x1b[A\x7f!\r");
    terminal.shows(&format!("{}hell!\r\n", mark("< "))).await;
    assert_eq!(terminal.leaves("\x03").await, Some(0));
}

#[actix_web::test]
async fn a_peer_cannot_control_the_terminal() {
    let server = start();
    let evil = "\x1b]0;title\x07\x1b[31m\n* closed";
    let mut terminal = Terminal::start(&["-m", evil, &url(&server, "/echo")]);
    let harmless = "\\u{1b}]0;title\\u{7}\\u{1b}[31m\r\n  * closed\r\n";
    terminal.shows(&format!("{}{harmless}", mark("< "))).await;
    assert_eq!(terminal.leaves("\x04").await, Some(0));
    assert!(!terminal.text().contains("\x1b[31m"));
}

#[actix_web::test]
async fn a_retry_is_announced_and_can_be_given_up() {
    let server = start();
    let url = url(&server, "/status/503");
    let mut terminal = Terminal::start(&["--reconnect", &url]);
    terminal.shows("retrying in ").await;
    assert_eq!(terminal.leaves("\x03").await, Some(1));
}

/// A mark as it is shown: nothing of the peer is bold.
fn mark(mark: &str) -> String {
    format!("\x1b[1m{mark}\x1b[0m")
}

/// A terminal in which a client runs.
struct Terminal {
    client: Child,
    keys: File,
    /// The client's end.
    line: OwnedFd,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    fn start(arguments: &[&str]) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let controller = openpt(flags).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let line = rustix::fs::open(name, flags, Mode::empty()).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: 200,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&line, size).unwrap();
        let end = || Stdio::from(line.try_clone().unwrap());
        let client = Command::new(example("client"))
            .args(arguments)
            .env("TERM", "xterm")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        let keys = File::from(controller);
        let shown = Arc::default();
        let (mut screen, shows) = (keys.try_clone().unwrap(), Arc::clone(&shown));
        // It ends with the terminal's last user.
        thread::spawn(move || read(&mut screen, &shows));
        Self {
            client,
            keys,
            line,
            shown,
        }
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    /// Waits until it has shown this.
    async fn shows(&self, part: &str) {
        let what = format!("{part:?}");
        until(what, || self.text().contains(part)).await;
    }

    /// Presses a key, waits until the client has ended, and tells how. The
    /// terminal is then as usual.
    async fn leaves(&mut self, key: &str) -> Option<i32> {
        self.types(key);
        let mut status = None;
        until("the client to end", || {
            status = self.client.try_wait().unwrap();
            status.is_some()
        })
        .await;
        let modes = tcgetattr(&self.line).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ICANON | LocalModes::ECHO));
        status.unwrap().code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed.
        self.client.kill().ok();
        self.client.wait().ok();
    }
}

fn read(screen: &mut File, shown: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = screen.read(&mut buffer) {
        shown.lock().unwrap().extend(&buffer[..count]);
    }
}
