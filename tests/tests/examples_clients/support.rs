//! The client as a process, and servers for it.

pub(crate) mod server;
pub(crate) mod tls;

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
};
use ws_tests::{binaries::example, wait::within};

/// A client that is running, and is told what to send.
pub(crate) struct Talk {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    notes: Lines<BufReader<ChildStderr>>,
}

/// A client that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    /// What is left of its output.
    pub(crate) output: String,
    /// What is left of its reports.
    pub(crate) notes: String,
}

/// Runs a client with this input, to its end.
pub(crate) async fn client(arguments: &[&str], input: impl AsRef<[u8]>) -> Ended {
    let talk = Talk::start(arguments);
    let mut pipe = talk.input;
    let writing = async move {
        // A client that could not connect has ended without reading.
        pipe.write_all(input.as_ref()).await.ok();
    };
    let (ended, ()) = tokio::join!(ended(talk.child, talk.output, talk.notes), writing);
    ended
}

impl Talk {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(example("client"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            notes: BufReader::new(child.stderr.take().unwrap()).lines(),
            child,
        }
    }

    pub(crate) async fn say(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
    }

    /// Waits for the next line of its output.
    pub(crate) async fn line(&mut self) -> String {
        let line = within("a message", self.output.next_line()).await;
        line.unwrap().expect("the client goes on")
    }

    /// Waits for a report that has this in it.
    pub(crate) async fn note(&mut self, part: &str) -> String {
        loop {
            let line = within(part, self.notes.next_line()).await.unwrap();
            let line = line.unwrap_or_else(|| panic!("no report of {part:?} came"));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Interrupts it, as Ctrl-C does.
    pub(crate) async fn interrupt(&self) {
        let kill = format!("kill -INT {}", self.child.id().unwrap());
        let killed = Command::new("sh").args(["-c", &kill]).status();
        assert!(within("kill", killed).await.unwrap().success());
    }

    /// Closes its output, as `head` does.
    pub(crate) async fn ended_unheard(self) -> Option<i32> {
        let Self {
            mut child,
            output,
            mut notes,
            input,
        } = self;
        drop(output);
        let reading = async { while let Ok(Some(_)) = notes.next_line().await {} };
        within("the client to end", reading).await;
        drop(input);
        child.wait().await.unwrap().code()
    }

    /// Ends its input, and waits until it ends.
    pub(crate) async fn ended(self) -> Ended {
        drop(self.input);
        ended(self.child, self.output, self.notes).await
    }

    /// Waits until it ends, although its input does not.
    pub(crate) async fn ended_by_itself(self) -> Ended {
        let _input = self.input;
        ended(self.child, self.output, self.notes).await
    }
}

async fn ended(
    mut child: Child,
    output: Lines<BufReader<ChildStdout>>,
    notes: Lines<BufReader<ChildStderr>>,
) -> Ended {
    let (mut said, mut noted) = (String::new(), String::new());
    let (mut output, mut notes) = (output.into_inner(), notes.into_inner());
    let reading = async {
        tokio::try_join!(
            output.read_to_string(&mut said),
            notes.read_to_string(&mut noted)
        )
        .unwrap();
        child.wait().await.unwrap()
    };
    let status = within("the client to end", reading).await;
    Ended {
        code: status.code(),
        output: said,
        notes: noted,
    }
}

impl Ended {
    /// Its reports, if it ended with this code.
    pub(crate) fn notes(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:?}");
        &self.notes
    }

    /// Its output, if it ended well.
    pub(crate) fn output(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        &self.output
    }
}
