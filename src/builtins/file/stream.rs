//! What stands behind a file object: buffers over a file of the system, bytes or text, as plain data.
//!
//! Every operation is a step that does not block: it is done, or says what blocking work is needed first. The heap is not
//! known here, nor the thread.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::value::text::codec::{self, CodecError, Encoding, Order};
use crate::value::text::wtf8;
use crate::vm::host::uninterrupted;

use super::mode::{Format, Mode, Newline};

/// How much is read at a time, and how much is gathered before it is written, in bytes.
pub(super) const CHUNK: usize = 8192;

/// How an operation went on.
pub(super) enum Step<T> {
    /// To its end.
    Done(T),
    /// Not yet: this is needed first.
    Need(Need),
}

/// Blocking work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Need {
    /// To read more.
    More,
    /// To read all there is.
    All,
    /// To write what has gathered.
    Flush,
}

/// Why an operation failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The system says so.
    Io(io::Error),
    /// The bytes, or the text, cannot be converted.
    Codec(CodecError, Vec<u8>),
    /// The file is closed.
    Closed,
}

type Attempt<T> = Result<Step<T>, Failure>;

/// Where bytes come from and go to.
pub(super) enum Source {
    /// A file of the system.
    File(File),
    /// The standard input: somebody else feeds it.
    Fed,
    /// It was closed.
    Closed,
}

/// A stream.
pub(super) struct Stream {
    source: Source,
    format: Option<Format>,
    /// Bytes that were read, and how many of them were used.
    input: Vec<u8>,
    used: usize,
    /// Text that was made of bytes, its newlines untouched, and how much of it was used.
    text: Vec<u8>,
    text_used: usize,
    /// The end was reached the last time that more was read.
    ended: bool,
    output: Vec<u8>,
    /// The mark at the beginning was read or written, or does not belong there.
    past_mark: bool,
}

impl Stream {
    /// A stream at the position of the file.
    pub(super) fn new(source: Source, mode: Mode, format: Option<Format>) -> Stream {
        let mut stream = Stream {
            source,
            format,
            input: Vec::new(),
            used: 0,
            text: Vec::new(),
            text_used: 0,
            ended: false,
            output: Vec::new(),
            past_mark: false,
        };
        if mode.appending
            && let Source::File(file) = &mut stream.source
        {
            // What cannot seek has no end to begin at.
            stream.past_mark = file.seek(SeekFrom::End(0)).is_ok_and(|end| end > 0);
        }
        stream
    }

    /// Whether it is text.
    pub(super) fn is_text(&self) -> bool {
        self.format.is_some()
    }

    /// The file of the system.
    pub(super) fn file(&self) -> Option<&File> {
        match &self.source {
            Source::File(file) => Some(file),
            Source::Fed | Source::Closed => None,
        }
    }

    // Blocking work.

    /// Does what an operation needs.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn serve(&mut self, need: Need) -> io::Result<()> {
        match need {
            Need::Flush => self.flush(),
            Need::More => self.read_chunk(),
            Need::All => {
                while !self.ended {
                    self.read_chunk()?;
                }
                Ok(())
            }
        }
    }

    fn read_chunk(&mut self) -> io::Result<()> {
        let Source::File(file) = &mut self.source else { return Ok(()) };
        self.input.drain(..self.used);
        self.used = 0;
        let before = self.input.len();
        let wanted = CHUNK.max(before);
        self.input.resize(before + wanted, 0);
        let count = uninterrupted(|| file.read(&mut self.input[before..]));
        self.input.truncate(before + count.as_ref().map_or(0, |count| *count));
        self.ended = count? == 0;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let output = std::mem::take(&mut self.output);
        match &mut self.source {
            Source::File(file) => file.write_all(&output),
            Source::Fed | Source::Closed => Ok(()),
        }
    }

    /// What the standard input has brought; nothing is its end.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.input.drain(..self.used);
        self.used = 0;
        self.input.extend_from_slice(bytes);
        self.ended = bytes.is_empty();
    }

    // Reading.

    /// Before reading, what was written goes out.
    fn turn_to_reading(&self) -> Result<bool, Failure> {
        if matches!(self.source, Source::Closed) { Err(Failure::Closed) } else { Ok(self.output.is_empty()) }
    }

    /// Up to `limit` bytes, or all.
    pub(super) fn read_bytes(&mut self, limit: Option<usize>) -> Attempt<Vec<u8>> {
        if !self.turn_to_reading()? {
            return Ok(Step::Need(Need::Flush));
        }
        let there = self.input.len() - self.used;
        match limit {
            Some(limit) if there >= limit => Ok(Step::Done(self.take_bytes(limit))),
            _ if self.ended => {
                self.ended = false;
                Ok(Step::Done(self.take_bytes(there)))
            }
            Some(_) => Ok(Step::Need(Need::More)),
            None => Ok(Step::Need(Need::All)),
        }
    }

    /// A line of bytes, at most `limit` of them.
    pub(super) fn read_bytes_line(&mut self, limit: Option<usize>) -> Attempt<Vec<u8>> {
        if !self.turn_to_reading()? {
            return Ok(Step::Need(Need::Flush));
        }
        let there = &self.input[self.used..];
        let end = memchr::memchr(b'\n', there).map(|at| at + 1);
        let (length, limit) = (there.len(), limit.unwrap_or(usize::MAX));
        match end {
            Some(end) => Ok(Step::Done(self.take_bytes(end.min(limit)))),
            None if length >= limit => Ok(Step::Done(self.take_bytes(limit))),
            None if self.ended => {
                self.ended = false;
                Ok(Step::Done(self.take_bytes(length)))
            }
            None => Ok(Step::Need(Need::More)),
        }
    }

    fn take_bytes(&mut self, count: usize) -> Vec<u8> {
        let taken = self.input[self.used..self.used + count].to_vec();
        self.used += count;
        taken
    }

    /// Up to `limit` characters, or all.
    pub(super) fn read_text(&mut self, limit: Option<usize>) -> Attempt<Vec<u8>> {
        if !self.turn_to_reading()? {
            return Ok(Step::Need(Need::Flush));
        }
        if limit.is_none() && !self.ended {
            return Ok(Step::Need(Need::All));
        }
        self.decode()?;
        let translates = self.newline() == Newline::Universal;
        let rest = &self.text[self.text_used..];
        let length = match limit {
            None => Some(rest.len()),
            Some(limit) => prefix(rest, limit, translates, self.ended),
        };
        match length {
            Some(length) => Ok(Step::Done(self.take_text(length))),
            None if self.ended => Ok(Step::Done(self.take_text(self.text.len() - self.text_used))),
            None => Ok(Step::Need(Need::More)),
        }
    }

    /// A line of text, at most `limit` characters of it.
    pub(super) fn read_text_line(&mut self, limit: Option<usize>) -> Attempt<Vec<u8>> {
        if !self.turn_to_reading()? {
            return Ok(Step::Need(Need::Flush));
        }
        self.decode()?;
        let newline = self.newline();
        let rest = &self.text[self.text_used..];
        let mut length = line_end(rest, newline, self.ended);
        if let Some(limit) = limit {
            let most = prefix(rest, limit, newline == Newline::Universal, true);
            length = match (length, most) {
                (Some(length), Some(most)) => Some(length.min(most)),
                (length, most) => length.or(most),
            };
        }
        match length {
            Some(length) => Ok(Step::Done(self.take_text(length))),
            None if self.ended => Ok(Step::Done(self.take_text(self.text.len() - self.text_used))),
            None => Ok(Step::Need(Need::More)),
        }
    }

    /// Every line that is left.
    pub(super) fn read_lines(&mut self) -> Attempt<Vec<Vec<u8>>> {
        if !self.turn_to_reading()? {
            return Ok(Step::Need(Need::Flush));
        }
        if !self.ended {
            return Ok(Step::Need(Need::All));
        }
        let mut lines = Vec::new();
        loop {
            // Taking the last line forgets the end, where another reader would ask again.
            self.ended = true;
            let line = if self.is_text() { self.read_text_line(None)? } else { self.read_bytes_line(None)? };
            match line {
                Step::Done(line) if line.is_empty() => break,
                Step::Done(line) => lines.push(line),
                Step::Need(need) => return Ok(Step::Need(need)),
            }
        }
        self.ended = false;
        Ok(Step::Done(lines))
    }

    fn newline(&self) -> Newline {
        self.format.as_ref().map_or(Newline::Line, |format| format.newline)
    }

    fn take_text(&mut self, length: usize) -> Vec<u8> {
        let raw = &self.text[self.text_used..self.text_used + length];
        let taken = if self.newline() == Newline::Universal { translated(raw) } else { raw.to_vec() };
        self.text_used += length;
        if self.text_used == self.text.len() {
            self.text.clear();
            self.text_used = 0;
            self.ended = false;
        } else if self.text_used > CHUNK && self.text_used * 2 > self.text.len() {
            self.text.drain(..self.text_used);
            self.text_used = 0;
        }
        taken
    }

    /// Makes text of the bytes, as far as they are whole characters.
    fn decode(&mut self) -> Result<(), Failure> {
        let Some(format) = &mut self.format else { return Ok(()) };
        let bytes = &self.input[self.used..];
        if !self.past_mark {
            let mark = match format.encoding {
                Encoding::Utf8Sig => 3,
                Encoding::Utf16(Order::Marked) => 2,
                Encoding::Utf32(Order::Marked) => 4,
                _ => 0,
            };
            if bytes.len() < mark && !self.ended {
                return Ok(());
            }
            let (encoding, skipped) = without_mark(format.encoding, bytes);
            if !bytes.is_empty() {
                format.encoding = encoding;
                self.past_mark = true;
                self.used += skipped;
            }
        }
        let bytes = &self.input[self.used..];
        let whole = if self.ended { bytes.len() } else { whole_characters(format.encoding, bytes) };
        if whole == 0 {
            return Ok(());
        }
        let decoded = codec::decode(&bytes[..whole], format.encoding, &format.errors);
        let object = if decoded.is_err() { bytes[..whole].to_vec() } else { Vec::new() };
        self.used += whole;
        match decoded {
            Ok(text) => {
                self.text.extend_from_slice(&text);
                Ok(())
            }
            Err(error) => Err(Failure::Codec(error, object)),
        }
    }

    // Writing.

    /// Bytes to be written, when enough has gathered.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Attempt<()> {
        if matches!(self.source, Source::Closed) {
            return Err(Failure::Closed);
        }
        if !self.output.is_empty() && self.output.len() + bytes.len() > CHUNK {
            return Ok(Step::Need(Need::Flush));
        }
        self.forget_input()?;
        self.output.extend_from_slice(bytes);
        Ok(Step::Done(()))
    }

    /// Text to be written.
    pub(super) fn write_text(&mut self, text: &[u8]) -> Attempt<()> {
        let Some(format) = &self.format else { return self.write(text) };
        let text = match format.newline.written() {
            Some(ending) => replaced(text, ending),
            None => text.to_vec(),
        };
        let encoding = if self.past_mark { plain(format.encoding) } else { format.encoding };
        let encoded = codec::encode(&text, encoding, &format.errors);
        let bytes = encoded.map_err(|error| Failure::Codec(error, text))?;
        let step = self.write(&bytes)?;
        if matches!(step, Step::Done(())) && !bytes.is_empty() {
            self.past_mark = true;
        }
        Ok(step)
    }

    /// Nothing is left to be written.
    pub(super) fn flushed(&mut self) -> Attempt<()> {
        if matches!(self.source, Source::Closed) {
            return Err(Failure::Closed);
        }
        Ok(if self.output.is_empty() { Step::Done(()) } else { Step::Need(Need::Flush) })
    }

    /// Closes it, when nothing is left to be written.
    pub(super) fn close(&mut self) -> Attempt<()> {
        if !self.output.is_empty() {
            return Ok(Step::Need(Need::Flush));
        }
        self.source = Source::Closed;
        Ok(Step::Done(()))
    }

    // Positions.

    /// Moves the file to where its user is, and forgets what was read ahead.
    fn forget_input(&mut self) -> Result<(), Failure> {
        let ahead = self.ahead();
        if ahead > 0
            && let Source::File(file) = &mut self.source
        {
            file.seek(SeekFrom::Current(-(ahead as i64))).map_err(Failure::Io)?;
        }
        self.input.clear();
        self.used = 0;
        self.text.clear();
        self.text_used = 0;
        self.ended = false;
        Ok(())
    }

    /// How many bytes were read ahead.
    fn ahead(&self) -> usize {
        let text = &self.text[self.text_used..];
        let encoded = match &self.format {
            Some(format) if !text.is_empty() => codec::encode(text, plain(format.encoding), "surrogatepass")
                .map_or(text.len(), |bytes| bytes.len()),
            _ => 0,
        };
        encoded + self.input.len() - self.used
    }

    /// Where its user is, in bytes.
    pub(super) fn tell(&mut self) -> Attempt<u64> {
        let ahead = self.ahead() as u64;
        let written = self.output.len() as u64;
        match &mut self.source {
            Source::File(file) => {
                let position = file.stream_position().map_err(Failure::Io)?;
                Ok(Step::Done((position + written).saturating_sub(ahead)))
            }
            Source::Fed => Err(Failure::Io(io::Error::from_raw_os_error(ILLEGAL_SEEK))),
            Source::Closed => Err(Failure::Closed),
        }
    }

    /// Moves, and says where to.
    pub(super) fn seek(&mut self, target: SeekFrom) -> Attempt<u64> {
        if !self.output.is_empty() {
            return Ok(Step::Need(Need::Flush));
        }
        self.forget_input()?;
        match &mut self.source {
            Source::File(file) => {
                let position = file.seek(target).map_err(Failure::Io)?;
                self.past_mark = position > 0;
                Ok(Step::Done(position))
            }
            Source::Fed => Err(Failure::Io(io::Error::from_raw_os_error(ILLEGAL_SEEK))),
            Source::Closed => Err(Failure::Closed),
        }
    }

    /// Cuts the file off, or fills it up with zeros.
    pub(super) fn truncate(&mut self, size: Option<u64>) -> Attempt<u64> {
        if !self.output.is_empty() {
            return Ok(Step::Need(Need::Flush));
        }
        let size = match (size, self.tell()?) {
            (Some(size), _) | (None, Step::Done(size)) => size,
            (None, Step::Need(need)) => return Ok(Step::Need(need)),
        };
        match &self.source {
            Source::File(file) => file.set_len(size).map(|()| Step::Done(size)).map_err(Failure::Io),
            Source::Fed | Source::Closed => Err(Failure::Closed),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // The file object is gone: there is nobody to tell.
        let _: io::Result<()> = self.flush();
    }
}

/// `ESPIPE`
const ILLEGAL_SEEK: i32 = 29;

/// The encoding of what follows the mark at the beginning.
fn plain(encoding: Encoding) -> Encoding {
    match encoding {
        Encoding::Utf8Sig => Encoding::Utf8,
        Encoding::Utf16(Order::Marked) => Encoding::Utf16(Order::Little),
        Encoding::Utf32(Order::Marked) => Encoding::Utf32(Order::Little),
        encoding => encoding,
    }
}

/// What the first bytes say about the encoding, and how many of them are its mark.
fn without_mark(encoding: Encoding, bytes: &[u8]) -> (Encoding, usize) {
    match (encoding, bytes) {
        (Encoding::Utf8Sig, [0xEF, 0xBB, 0xBF, ..]) => (Encoding::Utf8, 3),
        (Encoding::Utf32(Order::Marked), [0xFF, 0xFE, 0, 0, ..]) => (Encoding::Utf32(Order::Little), 4),
        (Encoding::Utf32(Order::Marked), [0, 0, 0xFE, 0xFF, ..]) => (Encoding::Utf32(Order::Big), 4),
        (Encoding::Utf16(Order::Marked), [0xFF, 0xFE, ..]) => (Encoding::Utf16(Order::Little), 2),
        (Encoding::Utf16(Order::Marked), [0xFE, 0xFF, ..]) => (Encoding::Utf16(Order::Big), 2),
        (encoding, _) => (plain(encoding), 0),
    }
}

/// How many bytes are whole characters, as far as their beginnings tell.
fn whole_characters(encoding: Encoding, bytes: &[u8]) -> usize {
    let length = bytes.len();
    match encoding {
        Encoding::Ascii | Encoding::Latin1 => length,
        Encoding::Utf8 | Encoding::Utf8Sig => {
            let tail = &bytes[length.saturating_sub(3)..];
            let lead = tail.iter().rposition(|byte| *byte & 0xC0 != 0x80);
            match lead.map(|lead| (tail.len() - lead, tail[lead])) {
                Some((there, 0xC0..=0xDF)) if there < 2 => length - there,
                Some((there, 0xE0..=0xEF)) if there < 3 => length - there,
                Some((there, 0xF0..=0xF7)) if there < 4 => length - there,
                _ => length,
            }
        }
        Encoding::Utf16(order) => {
            let even = length & !1;
            let high = match order {
                Order::Big => even.checked_sub(2),
                _ => even.checked_sub(1),
            };
            let is_first_half = high.is_some_and(|high| (0xD8..=0xDB).contains(&bytes[high]));
            if is_first_half { even - 2 } else { even }
        }
        Encoding::Utf32(_) => length & !3,
    }
}

/// How many bytes the first `limit` characters have; `None` if there may be more of them than are there.
fn prefix(text: &[u8], limit: usize, translates: bool, ended: bool) -> Option<usize> {
    let mut at = 0;
    for _ in 0..limit {
        let (code_point, after) = wtf8::next(text, at)?;
        at = after;
        if translates && code_point == u32::from(b'\r') {
            match text.get(at) {
                Some(b'\n') => at += 1,
                None if !ended => return None,
                _ => {}
            }
        }
    }
    Some(at)
}

/// Where the first line ends; `None` if that cannot be said yet.
fn line_end(text: &[u8], newline: Newline, ended: bool) -> Option<usize> {
    match newline {
        Newline::Line => memchr::memchr(b'\n', text).map(|at| at + 1),
        Newline::Return => memchr::memchr(b'\r', text).map(|at| at + 1),
        Newline::Both => memchr::memmem::find(text, b"\r\n").map(|at| at + 2),
        Newline::Universal | Newline::Untranslated => {
            let at = memchr::memchr2(b'\r', b'\n', text)?;
            match (text[at], text.get(at + 1)) {
                (b'\r', Some(b'\n')) => Some(at + 2),
                (b'\r', None) if !ended => None,
                _ => Some(at + 1),
            }
        }
    }
}

/// With every line ending as `\n`.
fn translated(text: &[u8]) -> Vec<u8> {
    if memchr::memchr(b'\r', text).is_none() {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut before = 0;
    for byte in text {
        match (before, *byte) {
            (b'\r', b'\n') => {}
            (_, b'\r') => out.push(b'\n'),
            (_, byte) => out.push(byte),
        }
        before = *byte;
    }
    out
}

/// With every `\n` as the ending.
fn replaced(text: &[u8], ending: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 16);
    for byte in text {
        if *byte == b'\n' { out.extend_from_slice(ending) } else { out.push(*byte) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(text: &[u8], encoding: Encoding, newline: Newline) -> Stream {
        let format = Format { encoding, errors: "strict".to_owned(), newline };
        let mode = Mode { reading: true, ..Mode::default() };
        let mut stream = Stream::new(Source::Fed, mode, Some(format));
        stream.feed(text);
        stream
    }

    /// Feeds byte by byte and reads lines.
    fn lines(text: &[u8], encoding: Encoding, newline: Newline) -> Vec<String> {
        let mut stream = fed(&[], encoding, newline);
        stream.ended = false;
        let mut bytes = text.iter();
        let mut found = Vec::new();
        loop {
            match stream.read_text_line(None) {
                Ok(Step::Done(line)) if line.is_empty() => return found,
                Ok(Step::Done(line)) => found.push(String::from_utf8_lossy(&line).into_owned()),
                Ok(Step::Need(_)) => stream.feed(bytes.next().map_or(&[][..], std::slice::from_ref)),
                Err(failure) => panic!("{failure:?}"),
            }
        }
    }

    #[test]
    fn newlines_are_as_the_argument_says() {
        let text = b"a\r\nb\rc\nd";
        let with = |newline| lines(text, Encoding::Utf8, newline);
        assert_eq!(with(Newline::Universal), ["a\n", "b\n", "c\n", "d"]);
        assert_eq!(with(Newline::Untranslated), ["a\r\n", "b\r", "c\n", "d"]);
        assert_eq!(with(Newline::Line), ["a\r\n", "b\rc\n", "d"]);
        assert_eq!(with(Newline::Return), ["a\r", "\nb\r", "c\nd"]);
        assert_eq!(with(Newline::Both), ["a\r\n", "b\rc\nd"]);
    }

    #[test]
    fn characters_are_never_cut() {
        let text = "é日🐍\nx";
        assert_eq!(lines(text.as_bytes(), Encoding::Utf8, Newline::Universal), ["é日🐍\n", "x"]);
        for encoding in [Encoding::Utf16(Order::Marked), Encoding::Utf32(Order::Marked), Encoding::Utf8Sig] {
            let bytes = codec::encode(text.as_bytes(), encoding, "strict").expect("has them all");
            assert_eq!(lines(&bytes, encoding, Newline::Universal), ["é日🐍\n", "x"], "{encoding:?}");
        }
    }

    #[test]
    fn reading_counts_characters() {
        let mut stream = fed("é\r\nab".as_bytes(), Encoding::Utf8, Newline::Universal);
        assert!(matches!(stream.read_text(Some(2)), Ok(Step::Done(text)) if text == "é\n".as_bytes()));
        assert!(matches!(stream.read_text(Some(3)), Ok(Step::Need(Need::More))));
        stream.feed(&[]);
        assert!(matches!(stream.read_text(Some(3)), Ok(Step::Done(text)) if text == b"ab"));
    }
}
