//! The command: what its words mean, what its exit status says. One file for each subcommand.
//!
//! The only place that prints for a person. Exit statuses: 0 for success, 1 for a program that is wrong or that an exception
//! ended, 2 for a command that is wrong or a file that cannot be read, otherwise what the program says.

mod run;
mod dis;
mod bench;
mod latency;
mod compare;

mod child;
mod program;
mod report;

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::runtime::policy::PolicyKind;
use crate::runtime::streams::BROKEN_PIPE_STATUS;

/// How much of a file is written at once, in bytes.
const FILE_BUFFER: usize = 1 << 16;

/// A laboratory for Python's Global Interpreter Lock
#[derive(Parser, Debug)]
#[command(name = "minipy", version, max_term_width = 100, after_help = EXAMPLES)]
#[command(long_about = "A laboratory for Python's Global Interpreter Lock

Runs programs in a small, fast Python with real threads under a GIL whose rules you choose. Every program is also valid \
Python 3 and prints what CPython 3.13 prints, except where threads race: there, the rules decide.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  minipy run hello.mpy                        run a program
  minipy run counter.mpy --threads 4          run its function `worker` in 4 threads at once
  minipy run counter.mpy --like 3.13          the same program, switched as in Python 3.13
  minipy run counter.mpy --stats              tell at the end where the time of every thread went
  minipy run -c 'print(6 * 7)'                run a line of code
  minipy run counter.mpy --trace out.html     record who had the GIL, who waited, and why
  minipy dis counter.mpy                      show where a thread can be interrupted
  minipy compare counter.mpy -o out.html      one program with the GIL and without, on one page
  minipy bench counter.mpy                    how fast it is in 1, 2 and 4 threads under each policy
  minipy latency convoy.mpy                   how late threads wake up beside one that computes

`minipy help COMMAND` explains a command.";

#[derive(Subcommand, Debug)]
enum Command {
    /// Run a program
    Run(run::Args),
    /// Show the instructions that a program is compiled to
    Dis(dis::Args),
    /// Compare how fast programs are in one thread and in several, with and without the GIL
    Bench(bench::Args),
    /// Show how late threads wake up that block
    Latency(latency::Args),
    /// Show two runs on one page
    Compare(compare::Args),
}

/// Does what the words on the command line say.
pub fn main() -> ExitCode {
    // A command that is wrong ends here, with status 2.
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Dis(args) => dis::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Latency(args) => latency::run(&args),
        Command::Compare(args) => compare::run(&args),
    };
    match result {
        Ok(status) => status,
        Err(complaint) => {
            // Where nobody hears the complaint, the exit status still says it.
            let _: io::Result<()> = io::stderr().write_all(complaint.to_string().as_bytes());
            ExitCode::from(complaint.status())
        }
    }
}

/// Writes a report into a file.
fn write_report(file: &Path, text: &str) -> Result<(), Complaint> {
    write_file(file, |out| out.write_all(text.as_bytes()))
}

/// Writes a file piece by piece.
fn write_file(
    file: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), Complaint> {
    let written = File::create(file).and_then(|made| {
        let mut out = BufWriter::with_capacity(FILE_BUFFER, made);
        write(&mut out)?;
        out.flush()
    });
    written.map_err(|error| Complaint::Report { file: file.to_string_lossy().into_owned(), error })
}

/// Programs that are to be run as processes of their own must be there before the first is.
fn must_be_there(files: &[PathBuf]) -> Result<(), Complaint> {
    for file in files {
        File::open(file)
            .map_err(|error| Complaint::File { name: file.to_string_lossy().into_owned(), error })?;
    }
    Ok(())
}

/// A picture's name, as an argument.
fn picture(name: &str) -> Result<PathBuf, String> {
    let file = PathBuf::from(name);
    match file.extension() {
        Some(ending) if ending == "svg" => Ok(file),
        _ => Err("the name must end in .svg".to_owned()),
    }
}

/// Prints to the standard output.
fn print(text: &str) -> Result<ExitCode, Complaint> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::from(BROKEN_PIPE_STATUS as u8)),
        Err(error) => Err(Complaint::Output(error)),
    }
}

/// Why the command does not do what it is asked.
#[derive(Debug)]
enum Complaint {
    /// A file cannot be opened or read.
    File { name: String, error: io::Error },
    /// A file is not text.
    NotUtf8 { name: String, byte: u8, line: usize },
    /// A file is larger than any program.
    TooLarge { name: String },
    /// The program is not one: what Python prints then.
    Syntax(String),
    /// The standard output cannot be written.
    Output(io::Error),
    /// The system refuses what running needs.
    System(io::Error),
    /// An option that the policy makes nothing of.
    NoEffect { option: &'static str, policy: PolicyKind },
    /// A report cannot be written.
    Report { file: String, error: io::Error },
    /// A process that was started to measure it failed.
    Child { command: String, problem: String },
    /// A page is none that was recorded.
    NoRecording { files: String },
    /// The program has no function for its threads.
    NoEntry { file: String, entry: String },
}

impl Complaint {
    fn status(&self) -> u8 {
        match self {
            Complaint::Syntax(_)
            | Complaint::Output(_)
            | Complaint::System(_)
            | Complaint::Report { .. }
            | Complaint::Child { .. } => 1,
            Complaint::File { .. }
            | Complaint::NotUtf8 { .. }
            | Complaint::TooLarge { .. }
            | Complaint::NoEffect { .. }
            | Complaint::NoRecording { .. }
            | Complaint::NoEntry { .. } => 2,
        }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Complaint::File { name, error } => {
                writeln!(f, "minipy: can't open file '{name}': {}", system_words(error))
            }
            Complaint::NotUtf8 { name, byte, line } => {
                writeln!(f, "minipy: can't read file '{name}': not UTF-8 (byte 0x{byte:02x} in line {line})")
            }
            Complaint::TooLarge { name } => writeln!(f, "minipy: can't read file '{name}': too large"),
            Complaint::Syntax(report) => f.write_str(report),
            Complaint::Output(error) => writeln!(f, "minipy: can't write: {}", system_words(error)),
            Complaint::NoEntry { file, entry } => writeln!(
                f,
                "minipy: '{file}' defines no function `{entry}` for the threads to run; name another with --entry"
            ),
            Complaint::NoEffect { option, policy } => {
                writeln!(f, "minipy: `{option}` has no effect with `--gil {policy}`")
            }
            Complaint::Report { file, error } => {
                writeln!(f, "minipy: can't write file '{file}': {}", system_words(error))
            }
            Complaint::Child { command, problem } => writeln!(f, "minipy: {command}: {problem}"),
            Complaint::NoRecording { files } => {
                writeln!(
                    f,
                    "minipy: can't compare '{files}': not all are pages that `minipy run --trace` made"
                )
            }
            Complaint::System(error) => writeln!(f, "minipy: can't start: {}", system_words(error)),
        }
    }
}

/// An error in the system's words, without its number.
fn system_words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn complaints_are_one_line() {
        let error = io::Error::from_raw_os_error(2);
        let complaint = Complaint::File { name: "x.mpy".into(), error };
        assert_eq!(complaint.to_string(), "minipy: can't open file 'x.mpy': No such file or directory\n");
        assert_eq!(complaint.status(), 2);
    }
}
