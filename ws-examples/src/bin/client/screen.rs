//! Where the conversation is shown.

use std::{
    cell::RefCell,
    io::{self, IsTerminal, Write},
    rc::Rc,
};

use crate::{harmless::harmless, tally::Tally};

pub(crate) mod window;

use self::window::Window;

/// A terminal with a line to type in and a status line, or plain output.
///
/// All that is shown passes here, and is made harmless.
#[derive(Clone)]
pub(crate) enum Screen {
    /// Messages go to the standard output, all else to the standard error.
    Plain {
        /// Somebody looks on, who wants to know who said what.
        marked: bool,
    },
    Window(Rc<RefCell<Window>>),
}

impl Screen {
    pub(crate) fn open(url: &str) -> io::Result<Self> {
        let marked = io::stdout().is_terminal();
        if marked && io::stdin().is_terminal() {
            return Ok(Self::Window(Rc::new(RefCell::new(Window::open(url)?))));
        }
        Ok(Self::Plain { marked })
    }

    pub(crate) const fn window(&self) -> Option<&Rc<RefCell<Window>>> {
        match self {
            Self::Window(window) => Some(window),
            Self::Plain { .. } => None,
        }
    }

    /// Shows a message of the peer.
    pub(crate) fn received(&self, message: &str) -> io::Result<()> {
        match self {
            Self::Plain { marked: false } => {
                let mut out = io::stdout().lock();
                writeln!(out, "{}", harmless(message))?;
                out.flush()
            }
            Self::Plain { marked: true } | Self::Window(_) => self.show("< ", message),
        }
    }

    /// Shows a message of this side.
    pub(crate) fn sent(&self, message: &str) -> io::Result<()> {
        match self {
            Self::Plain { marked: false } => Ok(()),
            Self::Plain { marked: true } | Self::Window(_) => self.show("> ", message),
        }
    }

    /// Says something about the connection.
    pub(crate) fn note(&self, note: &str) {
        // Who has closed this output wants to hear nothing.
        match self {
            Self::Plain { .. } => writeln!(io::stderr(), "{}", harmless(note)).ok(),
            Self::Window(_) => self.show("* ", note).ok(),
        };
    }

    /// Renews the status line, if there is one.
    pub(crate) fn status(&self, tally: &Tally, url: &str) {
        if let Self::Window(window) = self {
            let status = format!("{} · {url}", tally.status());
            window.borrow_mut().set_status(status).ok();
        }
    }

    pub(crate) fn close(&self) {
        if let Self::Window(window) = self {
            window.borrow_mut().close().ok();
        }
    }

    /// Shows text with a mark, which nothing in the text can pass for: further
    /// lines are indented.
    fn show(&self, mark: &str, text: &str) -> io::Result<()> {
        let text = harmless(text).replace('\n', "\n  ");
        match self {
            Self::Plain { .. } => writeln!(io::stdout(), "{mark}{text}"),
            Self::Window(window) => window.borrow_mut().print(mark, &text),
        }
    }
}
