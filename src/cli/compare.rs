//! `minipy compare`: two runs on one page and one scale.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::runtime::policy::PolicyKind;
use crate::runtime::settings::parse_policy;
use crate::trace::page;

use super::Complaint;
use super::child;

/// Record a program under two policies and show both runs on one page, on one scale
///
/// Instead of a program, several pages that `minipy run --trace` has made can be given: then these are shown together.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The program, or pages that were recorded
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// The page that is made
    #[arg(short, long, value_name = "OUT.html", default_value = "compare.html")]
    output: PathBuf,

    /// Under which policies the program is run
    #[arg(long, value_name = "POLICY", value_delimiter = ',', value_parser = parse_policy, default_value = "new,off")]
    gil: Vec<PolicyKind>,

    /// Run the program's function `worker` in N threads
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
}

/// Records and writes the page.
pub(super) fn run(args: &Args) -> Result<ExitCode, Complaint> {
    let is_page = |file: &PathBuf| file.extension().and_then(OsStr::to_str) == Some("html");
    super::must_be_there(&args.files)?;
    let mut pages = Vec::new();
    for file in &args.files {
        if is_page(file) {
            pages.push(read(file)?);
            continue;
        }
        for policy in &args.gil {
            pages.push(record(args, file, *policy)?);
        }
    }
    let names: Vec<_> =
        args.files.iter().filter_map(|file| file.file_name()).map(OsStr::to_string_lossy).collect();
    let title = names.join(", ");
    let Some(page) = page::stack(&title, &pages) else {
        return Err(Complaint::NoRecording { files: title });
    };
    super::write_report(&args.output, &page)?;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> Result<String, Complaint> {
    std::fs::read_to_string(file)
        .map_err(|error| Complaint::File { name: file.to_string_lossy().into_owned(), error })
}

/// The page of one run, recorded beside the page that is made.
fn record(args: &Args, file: &Path, policy: PolicyKind) -> Result<String, Complaint> {
    let trace = args.output.with_extension(format!("{policy}.html"));
    let mut command = child::minipy()?;
    command.args(["run", "--gil", policy.name(), "--trace"]).arg(&trace);
    if let Some(threads) = args.threads {
        command.args(["--threads", &threads.to_string()]);
    }
    child::finish(command.arg(file))?;
    let page = read(&trace)?;
    std::fs::remove_file(&trace)
        .map_err(|error| Complaint::Report { file: trace.to_string_lossy().into_owned(), error })?;
    Ok(page)
}
