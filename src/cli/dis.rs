//! `minipy dis`: the instructions of a program, and at which of them a thread can lose the GIL.

use std::process::ExitCode;

use minipy_compiler::disassemble;

use super::Complaint;
use super::program::Which;

/// Show the instructions that a program is compiled to
///
/// Under each line of the program stand its instructions, each with its effect. A thread can lose the GIL before one that
/// is `shared`, at one that is `sync`, and at one that is `by type` unless its operands are numbers; never at one that is
/// `local`. With `--checkpoints loop` it can lose it at backward jumps and at calls only.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
}

/// Prints the instructions.
pub(super) fn run(args: &Args) -> Result<ExitCode, Complaint> {
    let code = args.which.read()?.compile()?;
    super::print(&disassemble(&code))
}
