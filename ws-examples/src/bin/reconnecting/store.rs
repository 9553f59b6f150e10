//! A file of numbered lines.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Seek, Write},
    path::Path,
};

/// Messages by number, one a line: 1, 2, 3 and so on.
pub(crate) struct Store {
    file: File,
    /// How long the file is, in bytes.
    length: u64,
    last: u64,
}

impl Store {
    /// Opens a file, and finds out what is stored in it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let file = options.open(path)?;
        let mut reader = BufReader::new(&file);
        let (mut last, mut length) = (0, 0);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 && line.ends_with('\n') {
            last = number(&line)?;
            length += line.len() as u64;
            line.clear();
        }
        // Who was killed while writing may have left half a line, which nobody
        // was told of.
        if reader.stream_position()? > length {
            file.set_len(length)?;
        }
        Ok(Self { file, length, last })
    }

    /// The number of the last message.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    /// Appends a message, unless it is stored already, and gives its number.
    ///
    /// It is then the operating system's, and survives this process. To survive
    /// a power failure, too, `File::sync_data` would follow.
    pub(crate) fn keep(&mut self, line: &str) -> io::Result<u64> {
        let number = number(line)?;
        if number > self.last + 1 {
            let expected = self.last + 1;
            let text = format!("{number} came, and {expected} is next");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        if line.contains('\n') {
            let text = format!("message {number} has more than one line");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        if number > self.last {
            if let Err(error) = self.file.write_all(format!("{line}\n").as_bytes()) {
                // Half a line, where the disk is full, is not to be followed by another.
                self.file.set_len(self.length)?;
                return Err(error);
            }
            self.length += line.len() as u64 + 1;
            self.last = number;
        }
        Ok(number)
    }
}

/// The number that a line begins with.
fn number(line: &str) -> io::Result<u64> {
    let first = line.split_whitespace().next().unwrap_or_default();
    first.parse().map_err(|_| {
        let text = format!("{line:?} does not begin with a number");
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}
