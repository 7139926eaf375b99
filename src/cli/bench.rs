//! `minipy bench`: the same work in one thread and in several, under each policy, against what the machine can give.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::runtime::calibrate;
use crate::runtime::policy::PolicyKind;
use crate::runtime::settings::parse_policy;
use crate::trace::comparison::{Comparison, Limit, Row, Spread};
use crate::trace::plot::{Axis, Curve, Plot, Style};

use super::Complaint;
use super::child;

/// Compare how fast programs are in one thread and in several, with and without the GIL
///
/// Each program defines `worker`, which is run in N threads at once and, for comparison, N times one after the other; only that
/// is timed. All runs are processes of their own, and take turns, so that whatever disturbs the machine disturbs all of them.
/// Before each run with threads as many native threads are timed, which is the limit of what the machine can give just then.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The programs
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// In how many threads
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,2,4")]
    threads: Vec<NonZeroU32>,

    /// Under which policies
    #[arg(long, value_name = "POLICY", value_delimiter = ',', value_parser = parse_policy, default_values_t = PolicyKind::ALL.to_vec())]
    gil: Vec<PolicyKind>,

    /// How often
    #[arg(long, value_name = "N", default_value = "5")]
    runs: NonZeroU32,

    /// The function that the threads run
    #[arg(long, value_name = "NAME", default_value = "worker")]
    entry: String,

    /// Other Pythons to compare with, such as python3
    #[arg(long, value_name = "PYTHON", value_delimiter = ',')]
    vs: Vec<PathBuf>,

    /// Print JSON instead of a table
    #[arg(long, conflicts_with = "csv")]
    json: bool,

    /// Print CSV instead of a table
    #[arg(long)]
    csv: bool,

    /// Draw speed-up against threads into this file
    #[arg(long, value_name = "FILE.svg", value_parser = super::picture)]
    plot: Option<PathBuf>,
}

/// What runs a program.
#[derive(Clone, Debug)]
enum Subject {
    Minipy(PolicyKind),
    Python(PathBuf, String),
}

/// One thing that is measured again and again.
struct Series {
    program: usize,
    subject: usize,
    threads: u32,
    is_sequential: bool,
    walls: Vec<f64>,
    users: Vec<f64>,
    systems: Vec<f64>,
    /// How long as many native threads took just before.
    spins: Vec<f64>,
}

/// What the driver writes before the number of seconds.
const MARK: &str = "minipy-bench: ";

const DRIVER: &str = include_str!("bench/driver.py");

/// Measures and prints.
pub(super) fn run(args: &Args) -> Result<ExitCode, Complaint> {
    super::must_be_there(&args.files)?;
    let subjects = args.subjects()?;
    let mut counts: Vec<u32> = args.threads.iter().map(|count| count.get()).chain([1]).collect();
    counts.sort_unstable();
    counts.dedup();
    let mut series = Vec::new();
    for program in 0..args.files.len() {
        for subject in 0..subjects.len() {
            for &threads in &counts {
                for is_sequential in [false, true] {
                    let (walls, users, systems, spins) = Default::default();
                    series.push(Series {
                        program,
                        subject,
                        threads,
                        is_sequential,
                        walls,
                        users,
                        systems,
                        spins,
                    });
                }
            }
        }
    }
    let runs = args.runs.get();
    let bar = progress(u64::from(runs) * series.len() as u64);
    for _ in 0..runs {
        for one in &mut series {
            let subject = &subjects[one.subject];
            bar.set_message(format!("{}, {}, {}", args.title(one.program), subject.name(), one.threads));
            if !one.is_sequential {
                one.spins.push(calibrate::spin(one.threads).map_err(Complaint::System)?.as_secs_f64());
            }
            one.measure(subject, args)?;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let comparison = evaluate(args, &subjects, &counts, &series);
    if let Some(file) = &args.plot {
        super::write_report(file, &plot(&comparison).svg())?;
    }
    super::print(&match (args.json, args.csv) {
        (true, _) => comparison.json(),
        (_, true) => comparison.csv(),
        _ => comparison.table(),
    })
}

impl Args {
    fn subjects(&self) -> Result<Vec<Subject>, Complaint> {
        let mut subjects: Vec<_> = self.gil.iter().map(|policy| Subject::Minipy(*policy)).collect();
        for python in &self.vs {
            let code = "import sys; sys.stderr.write('Python %d.%d.%d' % sys.version_info[:3])";
            let version = child::finish(Command::new(python).args(["-c", code]))?.err;
            subjects.push(Subject::Python(python.clone(), version));
        }
        Ok(subjects)
    }

    fn title(&self, program: usize) -> String {
        let file = &self.files[program];
        file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
    }
}

impl Subject {
    fn name(&self) -> String {
        match self {
            Subject::Minipy(policy) => format!("--gil {policy}"),
            Subject::Python(_, version) => version.clone(),
        }
    }

    fn command(&self) -> Result<Command, Complaint> {
        Ok(match self {
            Subject::Minipy(policy) => {
                let mut command = child::minipy()?;
                command.args(["run", "--gil", policy.name(), "-c", DRIVER, "--"]);
                command
            }
            Subject::Python(python, _) => {
                let mut command = Command::new(python);
                command.args(["-c", DRIVER]);
                command
            }
        })
    }
}

impl Series {
    fn measure(&mut self, subject: &Subject, args: &Args) -> Result<(), Complaint> {
        let mode = if self.is_sequential { "sequential" } else { "concurrent" };
        let mut command = subject.command()?;
        command.arg(&args.files[self.program]).args([&args.entry, &self.threads.to_string(), mode]);
        let finished = child::finish(&mut command)?;
        let seconds = finished.err.lines().rev().find_map(|line| line.strip_prefix(MARK)?.parse().ok());
        let Some(seconds) = seconds else {
            return Err(Complaint::Child {
                command: subject.name(),
                problem: "it did not come to its end".to_owned(),
            });
        };
        self.walls.push(seconds);
        self.users.push(finished.user.as_secs_f64());
        self.systems.push(finished.system.as_secs_f64());
        Ok(())
    }
}

fn progress(steps: u64) -> ProgressBar {
    let bar = ProgressBar::new(steps);
    // The template is a constant and has no mistake.
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} ({eta} left)") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Each run is set beside the runs of its round, and of these quotients the one in the middle counts: on a machine that others use
/// as well, the runs of a round have more in common than those of a series.
fn evaluate(args: &Args, subjects: &[Subject], counts: &[u32], series: &[Series]) -> Comparison {
    let beside = |one: &Series, threads: u32, is_sequential: bool| {
        let same = |other: &&Series| {
            (other.program, other.subject, other.threads, other.is_sequential)
                == (one.program, one.subject, threads, is_sequential)
        };
        series.iter().find(same)
    };
    let row = |one: &Series| {
        let of_one = |times: fn(&Series) -> &[f64]| {
            let alone = beside(one, 1, false).map_or(&[][..], times);
            let threads = f64::from(one.threads);
            // No more is possible: what seems to be more is what disturbed the run of the one.
            let quotients = quotients(alone, times(one)).into_iter();
            quotients.map(|quotient| threads * quotient.min(1.0)).collect::<Vec<_>>()
        };
        let (over_one_thread, machine) = (of_one(|one| &one.walls), of_one(|one| &one.spins));
        let sequential = beside(one, one.threads, true).map_or(&[][..], |other| &other.walls);
        Row {
            program: args.title(one.program),
            under: subjects[one.subject].name(),
            threads: one.threads,
            wall: Spread::of(one.walls.clone()),
            user: Spread::of(one.users.clone()),
            system: Spread::of(one.systems.clone()),
            over_sequential: middle(quotients(sequential, &one.walls)),
            share: middle(quotients(&over_one_thread, &machine)),
            over_one_thread: middle(over_one_thread),
            machine: middle(machine),
        }
    };
    let rows: Vec<Row> = series.iter().filter(|one| !one.is_sequential).map(row).collect();
    let limit = |threads: u32| {
        let given = rows.iter().filter(|row| row.threads == threads).map(|row| row.machine);
        Limit { threads, speed_up: middle(given.collect()) }
    };
    Comparison {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        limits: counts.iter().filter(|threads| **threads > 1).map(|threads| limit(*threads)).collect(),
        rows,
    }
}

/// Of the figures of each round.
fn quotients(above: &[f64], below: &[f64]) -> Vec<f64> {
    above.iter().zip(below).map(|(above, below)| above / below).collect()
}

fn middle(values: Vec<f64>) -> f64 {
    Spread::of(values).median
}

/// A curve a program and policy, the machine's own dotted.
fn plot(comparison: &Comparison) -> Plot {
    let mut curves: Vec<Curve> = Vec::new();
    let programs: Vec<_> = comparison.rows.iter().map(|row| row.program.as_str()).collect();
    let is_one = programs.iter().all(|program| *program == programs[0]);
    for row in &comparison.rows {
        let name = if is_one { row.under.clone() } else { format!("{}, {}", row.program, row.under) };
        let point = (f64::from(row.threads), row.over_one_thread);
        match curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => curve.points.push(point),
            None => curves.push(Curve { name, points: vec![point], style: Style::Marked }),
        }
    }
    let limits = comparison.limits.iter().map(|limit| (f64::from(limit.threads), limit.speed_up));
    let points = [(1.0, 1.0)].into_iter().chain(limits).collect();
    curves.push(Curve { name: "native threads".to_owned(), points, style: Style::Dotted });
    let mut ticks: Vec<f64> = comparison.rows.iter().map(|row| f64::from(row.threads)).collect();
    ticks.dedup();
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    Plot {
        title: if is_one {
            programs.first().copied().unwrap_or_default().to_owned()
        } else {
            "speed-up".to_owned()
        },
        x: Axis {
            label: "threads".to_owned(),
            ticks: ticks.into_iter().map(|tick| (tick, format!("{tick}"))).collect(),
            ..Axis::default()
        },
        y: Axis { label: "times the work of one thread".to_owned(), from_zero: true, ..Axis::default() },
        curves,
        marks: Vec::new(),
    }
}
