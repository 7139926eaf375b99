//! Which program a command is about, and its text.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use minipy_compiler::Code;
use minipy_grammar::Source;
use minipy_grammar::source::MAX_SOURCE_BYTES;

use super::Complaint;
use crate::vm::traceback::render_syntax_error;

/// The program's place on the command line.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// The program, or `-` for the standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The program itself, as text
    #[arg(short = 'c', value_name = "CODE", allow_hyphen_values = true)]
    code: Option<String>,
}

/// A program that has been read.
pub(super) struct Program {
    /// Its text, under the name that tracebacks print.
    pub(super) source: Arc<Source>,
    /// The first of `sys.argv`.
    pub(super) argument: String,
    /// The name of the module where it is not `__main__`.
    pub(super) stem: String,
    /// Where the modules it imports stand.
    pub(super) folder: PathBuf,
}

impl Which {
    /// Reads it.
    pub(super) fn read(&self) -> Result<Program, Complaint> {
        let here = PathBuf::new();
        match (&self.file, &self.code) {
            (_, Some(code)) => Program::new("<string>", code.clone().into_bytes(), "-c", "string", here),
            (Some(file), None) if file.as_os_str() == "-" => {
                let name = "<stdin>";
                Program::new(name, read_all(name, || Ok(io::stdin()))?, "-", "stdin", here)
            }
            (Some(file), None) => {
                let name = file.to_string_lossy();
                let bytes = read_all(&name, || File::open(file))?;
                let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                let folder = file.parent().map(Path::to_path_buf).unwrap_or(here);
                Program::new(&name, bytes, &name, &stem, folder)
            }
            // The parser of the command line asks for one of them.
            (None, None) => Program::new("<string>", Vec::new(), "", "string", here),
        }
    }
}

impl Program {
    fn new(
        name: &str,
        bytes: Vec<u8>,
        argument: &str,
        stem: &str,
        folder: PathBuf,
    ) -> Result<Program, Complaint> {
        if bytes.len() > MAX_SOURCE_BYTES {
            return Err(Complaint::TooLarge { name: name.to_owned() });
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let (at, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
            let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            Complaint::NotUtf8 { name: name.to_owned(), byte: bytes[at], line }
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Ok(Program {
            source: Source::new(name, text),
            argument: argument.to_owned(),
            stem: stem.to_owned(),
            folder,
        })
    }

    /// What a report calls it.
    pub(super) fn title(&self) -> String {
        let name = Path::new(self.source.name()).file_name();
        name.map_or_else(|| self.source.name().to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Compiles it.
    pub(super) fn compile(&self) -> Result<Arc<Code>, Complaint> {
        let code = minipy_grammar::parse(&self.source)
            .and_then(|module| minipy_compiler::compile(&self.source, &module))
            .map_err(|error| Complaint::Syntax(render_syntax_error(&self.source, &error)))?;
        Ok(Arc::new(code))
    }
}

/// All bytes of a file, or one more than any program has.
fn read_all<R: Read>(name: &str, open: impl FnOnce() -> io::Result<R>) -> Result<Vec<u8>, Complaint> {
    let mut bytes = Vec::new();
    open()
        .and_then(|file| file.take(MAX_SOURCE_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Complaint::File { name: name.to_owned(), error })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(bytes: &[u8]) -> Result<Program, Complaint> {
        Program::new("x.mpy", bytes.to_vec(), "x.mpy", "x", PathBuf::new())
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert!(program(b"\xef\xbb\xbfpass\n").is_ok_and(|program| program.source.text() == "pass\n"));
    }

    #[test]
    fn what_is_not_utf8_has_a_place() {
        let complaint = program(b"# one\n# two \xff\n").err().map(|complaint| complaint.to_string());
        let expected = "minipy: can't read file 'x.mpy': not UTF-8 (byte 0xff in line 2)\n";
        assert_eq!(complaint.as_deref(), Some(expected));
    }

    #[test]
    fn a_text_that_ends_in_the_middle_of_a_character_is_not_utf8() {
        assert!(matches!(program(b"x = '\xe6\x97"), Err(Complaint::NotUtf8 { byte: 0xe6, line: 1, .. })));
    }
}
