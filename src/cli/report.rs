//! What `minipy run` tells of a run, beside what the program prints: figures on standard error, a file with what happened.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;

use crate::runtime::figures::Figures;
use crate::runtime::process::Process;
use crate::runtime::real::RealHost;
use crate::trace::recorder::{CAPACITY, Recorder};
use crate::trace::timeline::{Timeline, Title};
use crate::trace::{page, perfetto, svg, table, threads};
use crate::vm::Vm;

use super::Complaint;

#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Reports")]
pub(super) struct ReportOptions {
    /// Tell at the end on standard error where the time of every thread went, as a table or as JSON
    ///
    /// For each thread: which share of its life it ran, wanted the GIL, waited for locks, slept or was in I/O; how often it
    /// lost the GIL to another thread because a switch interval was over, because it blocked, because it ended; how long it
    /// waited for the GIL. A program gets the same figures from `minipy.stats()`.
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "table")]
    stats: Option<StatsFormat>,

    /// Record who had the GIL, who waited and why, into a .html, .json or .svg file
    ///
    /// .html: a timeline that any browser opens, without a network. .json: the Chrome trace format, which Perfetto opens.
    /// .svg: a picture for a slide. Of a long run the last part is recorded.
    #[arg(long, value_name = "FILE", value_parser = trace_file)]
    trace: Option<PathBuf>,

    /// What happens when every thread waits for another: exit says who waits for whom and ends, wait is what Python does
    #[arg(long, value_name = "WHAT", default_value = "exit")]
    on_deadlock: OnDeadlock,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StatsFormat {
    Table,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum OnDeadlock {
    Exit,
    Wait,
}

/// Writes what a file is to contain.
type Form = fn(&Timeline, &mut BufWriter<File>) -> io::Result<()>;

/// The formats of a trace, by the end of the file's name.
const FORMATS: &[(&str, Form)] = &[
    ("html", |timeline, out| out.write_all(page::render(timeline).as_bytes())),
    ("json", |timeline, out| perfetto::write(timeline, out)),
    ("svg", |timeline, out| out.write_all(svg::render(timeline).as_bytes())),
];

fn format_of(file: &Path) -> Option<Form> {
    let ending = file.extension().and_then(OsStr::to_str)?;
    FORMATS.iter().find(|(name, _)| *name == ending).map(|(_, form)| *form)
}

fn trace_file(name: &str) -> Result<PathBuf, String> {
    let file = PathBuf::from(name);
    match format_of(&file) {
        Some(_) => Ok(file),
        None => Err("the name must end in .html, .json or .svg".to_owned()),
    }
}

/// The reports of one run.
#[derive(Clone)]
pub(super) struct Reports {
    options: ReportOptions,
    program: String,
    host: Arc<RealHost>,
    recorder: Option<Arc<Recorder>>,
}

impl ReportOptions {
    /// Whether a report says how many ops were executed.
    pub(super) fn counts_ops(&self) -> bool {
        self.stats.is_some()
    }

    /// Begins to record, if that was asked for.
    pub(super) fn start(&self, program: &str, host: &Arc<RealHost>) -> Reports {
        let recorder = self.trace.as_ref().map(|_| Recorder::new(CAPACITY));
        if let Some(recorder) = &recorder {
            host.observe(recorder.observer());
        }
        Reports { options: self.clone(), program: program.to_owned(), host: Arc::clone(host), recorder }
    }
}

impl Reports {
    /// From now on a deadlock is said, and Ctrl-\ tells what the threads are doing.
    pub(super) fn watch(&self, vm: &Arc<Vm>, process: &Process) {
        let (host, machine) = (Arc::clone(&self.host), Arc::downgrade(vm));
        process.on_quit(move || {
            let mut tell = || {
                if let Some(vm) = machine.upgrade() {
                    say(&threads::states(&vm.view_threads(), &host.accounts()));
                }
            };
            host.visit("SIGQUIT", &mut tell);
        });
        if self.options.on_deadlock == OnDeadlock::Wait {
            return;
        }
        let (reports, machine) = (self.clone(), Arc::downgrade(vm));
        self.host.on_deadlock(Box::new(move || {
            if let Some(vm) = machine.upgrade() {
                say(&threads::deadlock(&vm.view_threads(), &reports.host.accounts()));
                vm.flush_files();
            }
            if let Err(complaint) = reports.tell() {
                say(&complaint.to_string());
            }
            std::process::exit(1);
        }));
    }

    /// Tells what was asked for, of a run that is over.
    pub(super) fn tell(&self) -> Result<(), Complaint> {
        if self.options.stats.is_none() && self.recorder.is_none() {
            return Ok(());
        }
        let figures = self.host.figures();
        match self.options.stats {
            None => {}
            Some(StatsFormat::Table) => say(&format!("\n{}", table::render(&figures))),
            Some(StatsFormat::Json) => say(&format!("{}\n", figures.to_json())),
        }
        let Some((recorder, file)) = self.recorder.as_ref().zip(self.options.trace.as_ref()) else {
            return Ok(());
        };
        let timeline = recorder.timeline(self.title(&figures), figures.wall_ns);
        if let Some(lost) = timeline.lost() {
            say(&format!("minipy: '{}' has the last part of the run; {lost}\n", file.display()));
        }
        // The name was looked at when the command began.
        format_of(file).map_or(Ok(()), |form| super::write_file(file, |out| form(&timeline, out)))
    }

    fn title(&self, figures: &Figures) -> Title {
        Title {
            program: self.program.clone(),
            rules: table::rules(&figures.settings),
            has_gil: figures.settings.gil != "off",
        }
    }
}

/// Nobody is left to be told that standard error is closed.
fn say(text: &str) {
    let _: io::Result<()> = io::stderr().write_all(text.as_bytes());
}
