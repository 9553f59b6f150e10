//! The terminal: a conversation, below it a line to type in and a status line.

use std::{
    io::{self, Stdout, Write, stdout},
    mem,
};

use crossterm::{
    cursor::{MoveTo, MoveToColumn, MoveUp},
    event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
    queue,
    style::{Attribute, Print, SetAttribute},
    terminal::{self, Clear, ClearType, disable_raw_mode, enable_raw_mode},
};
use tui_input::{Input, backend::crossterm::EventHandler};
use unicode_width::UnicodeWidthChar;

/// The cursor is always in the line to type in, one above the last.
pub(crate) struct Window {
    out: Stdout,
    input: Input,
    status: String,
    history: Vec<String>,
    /// Which line of the history is shown; its length for none.
    recalled: usize,
    open: bool,
}

/// What somebody at the keyboard wants.
pub(crate) enum Wish {
    Send(String),
    Leave,
}

impl Window {
    pub(crate) fn open(status: &str) -> io::Result<Self> {
        enable_raw_mode()?;
        let mut window = Self {
            out: stdout(),
            input: Input::default(),
            status: status.to_owned(),
            history: Vec::new(),
            recalled: 0,
            open: true,
        };
        window.draw()?;
        Ok(window)
    }

    /// Adds lines to the conversation, behind a mark. The mark is bold, which
    /// nothing else is: a long line breaks wherever the peer wants it to.
    pub(crate) fn print(&mut self, mark: &str, lines: &str) -> io::Result<()> {
        self.wipe()?;
        queue!(
            self.out,
            SetAttribute(Attribute::Bold),
            Print(mark),
            SetAttribute(Attribute::Reset),
            // A raw terminal takes a line end for a step down.
            Print(lines.replace('\n', "\r\n")),
            Print("\r\n"),
        )?;
        self.draw()
    }

    pub(crate) fn set_status(&mut self, status: String) -> io::Result<()> {
        self.status = status;
        self.draw()
    }

    /// Takes a key, and tells what it is pressed for if more than typing.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only keys are of interest")]
    pub(crate) fn handle(&mut self, event: &Event) -> io::Result<Option<Wish>> {
        let wish = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.press(*key, event)?,
            _ => None,
        };
        self.draw()?;
        Ok(wish)
    }

    pub(crate) fn close(&mut self) -> io::Result<()> {
        if !mem::take(&mut self.open) {
            return Ok(());
        }
        self.wipe()?;
        self.out.flush()?;
        disable_raw_mode()
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other keys edit the line")]
    fn press(&mut self, key: KeyEvent, event: &Event) -> io::Result<Option<Wish>> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control {
            match key.code {
                KeyCode::Char('c') => return Ok(Some(Wish::Leave)),
                KeyCode::Char('d') if self.input.value().is_empty() => {
                    return Ok(Some(Wish::Leave));
                }
                KeyCode::Char('l') => {
                    queue!(self.out, Clear(ClearType::All), MoveTo(0, 0))?;
                    return Ok(None);
                }
                _ => {}
            }
        }
        match key.code {
            KeyCode::Enter => {
                let line = self.input.value_and_reset();
                if line.is_empty() {
                    return Ok(None);
                }
                if self.history.last() != Some(&line) {
                    self.history.push(line.clone());
                }
                self.recalled = self.history.len();
                return Ok(Some(Wish::Send(line)));
            }
            KeyCode::Up => self.recall(self.recalled.saturating_sub(1)),
            KeyCode::Down => self.recall(self.recalled.saturating_add(1)),
            _ => {
                self.input.handle_event(event);
            }
        }
        Ok(None)
    }

    fn recall(&mut self, index: usize) {
        self.recalled = index.min(self.history.len());
        let line = self.history.get(self.recalled).cloned();
        self.input = Input::from(line.unwrap_or_default());
    }

    fn wipe(&mut self) -> io::Result<()> {
        queue!(self.out, MoveToColumn(0), Clear(ClearType::FromCursorDown))
    }

    /// Writes the two last lines anew. Neither may break, or the cursor would
    /// not find back.
    fn draw(&mut self) -> io::Result<()> {
        if !self.open {
            return Ok(());
        }
        let (columns, _) = terminal::size()?;
        let columns = usize::from(columns).saturating_sub(1);
        let room = columns.saturating_sub(PROMPT.len());
        let scroll = self.input.visual_scroll(room);
        let cursor = PROMPT.len() + self.input.visual_cursor().saturating_sub(scroll);
        let line = crop(self.input.value(), scroll, room);
        let status = crop(&self.status, 0, columns);
        self.wipe()?;
        queue!(
            self.out,
            Print(crop(PROMPT, 0, columns)),
            Print(line),
            Print("\r\n"),
            SetAttribute(Attribute::Reverse),
            Print(status),
            SetAttribute(Attribute::Reset),
            MoveUp(1),
            MoveToColumn(u16::try_from(cursor).unwrap_or(u16::MAX)),
        )?;
        self.out.flush()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // Nobody is left to hear that the terminal stays as it is.
        self.close().ok();
    }
}

/// What of a line is in sight: so many columns, beyond those to the left.
/// Characters that are no columns wide are left out, as they may do anything.
fn crop(line: &str, left: usize, columns: usize) -> String {
    let mut at = 0;
    let mut cropped = String::new();
    for character in line.chars() {
        let Some(width @ 1..) = character.width() else {
            continue;
        };
        if at >= left && at + width <= left + columns {
            cropped.push(character);
        }
        at += width;
    }
    cropped
}

const PROMPT: &str = "> ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cropped_by_columns() {
        assert_eq!(crop("abcdef", 0, 4), "abcd");
        assert_eq!(crop("abcdef", 2, 3), "cde");
        assert_eq!(crop("日本語", 2, 3), "本");
        assert_eq!(crop("a\x1bb\rc", 0, 9), "abc");
        assert_eq!(crop("abc", 0, 0), "");
    }
}
