//! The command `minipy`.

use std::process::ExitCode;

fn main() -> ExitCode {
    minipy::cli::main()
}
