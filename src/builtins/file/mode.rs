//! What the arguments of `open` say, with CPython's words for what they must not say.

use crate::value::text::codec::Encoding;

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Mode {
    pub(super) reading: bool,
    pub(super) writing: bool,
    pub(super) appending: bool,
    pub(super) creating: bool,
    pub(super) updating: bool,
    pub(super) binary: bool,
}

impl Mode {
    /// Reads the text of a mode.
    ///
    /// # Errors
    /// The words of a `ValueError`.
    pub(super) fn parse(text: &str) -> Result<Mode, String> {
        let mut mode = Mode::default();
        let mut text_mode = false;
        let mut seen = String::new();
        for letter in text.chars() {
            let flag = match letter {
                'r' => &mut mode.reading,
                'w' => &mut mode.writing,
                'a' => &mut mode.appending,
                'x' => &mut mode.creating,
                '+' => &mut mode.updating,
                'b' => &mut mode.binary,
                't' => &mut text_mode,
                _ => return Err(format!("invalid mode: '{text}'")),
            };
            if seen.contains(letter) {
                return Err(format!("invalid mode: '{text}'"));
            }
            *flag = true;
            seen.push(letter);
        }
        if text_mode && mode.binary {
            return Err("can't have text and binary mode at once".to_owned());
        }
        let kinds = [mode.reading, mode.writing, mode.appending, mode.creating];
        match kinds.iter().filter(|kind| **kind).count() {
            1 => Ok(mode),
            0 => {
                Err("Must have exactly one of create/read/write/append mode and at most one plus".to_owned())
            }
            _ => Err("must have exactly one of create/read/write/append mode".to_owned()),
        }
    }

    /// Whether it may be read.
    pub(super) fn readable(self) -> bool {
        self.reading || self.updating
    }

    /// Whether it may be written.
    pub(super) fn writable(self) -> bool {
        !self.reading || self.updating
    }

    /// What `mode` says of the raw file: `rb`, `rb+`, `wb`, `ab`, …
    pub(super) fn raw_name(self) -> &'static str {
        match (self.creating, self.appending, self.writing, self.updating) {
            (true, .., false) => "xb",
            (true, .., true) => "xb+",
            (_, true, _, false) => "ab",
            (_, true, _, true) => "ab+",
            (.., true) => "rb+",
            (.., true, false) => "wb",
            _ => "rb",
        }
    }

    /// Opens the file.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn open(self, path: &std::path::Path) -> std::io::Result<std::fs::File> {
        let mut options = std::fs::OpenOptions::new();
        options.read(self.readable());
        if self.appending {
            options.append(true).create(true);
        } else {
            options
                .write(self.writable())
                .create(self.writing)
                .truncate(self.writing)
                .create_new(self.creating);
        }
        let file = options.open(path)?;
        if file.metadata()?.is_dir() {
            return Err(std::io::ErrorKind::IsADirectory.into());
        }
        Ok(file)
    }
}

/// What ends a line of text, and what becomes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Newline {
    /// Any of the three, read as `\n`; written as it is.
    Universal,
    /// Any of the three, read and written as it is.
    Untranslated,
    /// `\n`
    Line,
    /// `\r`, which `\n` is written as.
    Return,
    /// `\r\n`, which `\n` is written as.
    Both,
}

impl Newline {
    /// Reads the argument.
    pub(super) fn parse(text: Option<&str>) -> Option<Newline> {
        Some(match text {
            None => Newline::Universal,
            Some("") => Newline::Untranslated,
            Some("\n") => Newline::Line,
            Some("\r") => Newline::Return,
            Some("\r\n") => Newline::Both,
            Some(_) => return None,
        })
    }

    /// What `\n` is written as, if something else.
    pub(super) fn written(self) -> Option<&'static [u8]> {
        match self {
            Newline::Return => Some(b"\r"),
            Newline::Both => Some(b"\r\n"),
            _ => None,
        }
    }
}

/// How text is made of bytes.
#[derive(Clone, Debug)]
pub(super) struct Format {
    pub(super) encoding: Encoding,
    pub(super) errors: String,
    pub(super) newline: Newline,
}
