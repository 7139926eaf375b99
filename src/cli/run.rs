//! `minipy run`: a program on real threads.

use std::num::NonZeroU32;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::runtime::policy::PolicyKind;
use crate::runtime::process::Process;
use crate::runtime::real::RealHost;
use crate::runtime::settings::{CheckpointMode, Settings, parse_checkpoints, parse_duration, parse_policy};
use crate::vm::traceback::INTERRUPTED;
use crate::vm::{Launch, NoEntry, Options, Vm};

use super::Complaint;
use super::program::{Program, Which};
use super::report::ReportOptions;

/// Run a program
///
/// Exit status: 0 if it ends well, 1 if an exception that nobody caught ends it or one of its threads, what it says
/// itself with `sys.exit`, 2 if the command is wrong or the file cannot be read.
#[derive(clap::Args, Debug)]
#[command(override_usage = "minipy run [OPTIONS] FILE [-- ARGS...]
       minipy run [OPTIONS] -c CODE [-- ARGS...]")]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,

    /// Run the program's function `worker` in N threads at once
    ///
    /// The top level runs once, on the main thread, with `__name__` the file's stem instead of `__main__`. Then N threads
    /// start on the function, each given its index if the function takes one parameter. When all have ended, `report()` is
    /// called if the program defines it.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroU32>,

    /// The function that --threads starts
    #[arg(long, value_name = "NAME", default_value = "worker", requires = "threads")]
    entry: String,

    /// The words that the program finds in `sys.argv` behind its name
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,

    #[command(flatten)]
    gil: GilOptions,

    #[command(flatten)]
    report: ReportOptions,

    /// Collect garbage at every checkpoint: slow, to find errors of minipy itself
    #[arg(long, help_heading = "Testing")]
    gc_stress: bool,
}

#[derive(clap::Args, Debug)]
#[command(next_help_heading = "The GIL")]
struct GilOptions {
    /// Switch threads as this version of Python does: 3.14t, 3.13, 3.9 or 2.7
    ///
    /// 3.14t: there is no GIL.
    /// 3.13: a thread can lose the GIL at backward jumps and calls only, after 5 ms: `counter += 1` loses nothing.
    /// 3.9: a thread can lose it inside an expression, after 5 ms.
    /// 2.7: a thread lets go after 100 ops and at once asks again. The options below change single settings.
    ///
    /// Without this option minipy switches as the textbooks have it: inside an expression, after 0.5 ms, which is 5 ms
    /// scaled to its speed.
    #[arg(long, value_name = "VERSION", value_parser = Settings::like)]
    like: Option<Settings>,

    /// Who gets the GIL, and when: new, old, io-first or off
    ///
    /// new: a thread that has waited for one switch interval asks for it, as in Python since 3.2. old: the holder lets go every
    /// --check-interval, and whoever is fastest has it, as in Python up to 3.1. io-first: as new, but a thread that comes back
    /// from a blocking call asks at once. off: there is no GIL.
    #[arg(long, value_name = "POLICY", value_parser = parse_policy)]
    gil: Option<PolicyKind>,

    /// How long a thread waits for the GIL before the holder must let go, such as 5ms or 500us
    ///
    /// A number without a unit is in seconds, as for `sys.setswitchinterval`, which changes the same setting.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    switch_interval: Option<Duration>,

    /// Where a thread can lose the GIL: op or loop
    ///
    /// op: at calls, at backward jumps and before everything that touches what another thread can see, as in Python up to
    /// 3.9. loop: at calls and backward jumps only, as in Python since 3.10.
    #[arg(long, value_name = "WHERE", value_parser = parse_checkpoints)]
    checkpoints: Option<CheckpointMode>,

    /// After how many ops a thread lets the GIL go, with --gil old [default: 100]
    #[arg(long, value_name = "OPS")]
    check_interval: Option<NonZeroU32>,
}

impl GilOptions {
    /// What they say together.
    fn settings(&self) -> Result<Settings, Complaint> {
        let like = self.like.unwrap_or_default();
        let policy = self.gil.unwrap_or(like.policy);
        let timed = policy.has_interval();
        for (option, given, has_effect) in [
            ("--switch-interval", self.switch_interval.is_some(), timed),
            ("--checkpoints", self.checkpoints.is_some(), timed),
            ("--check-interval", self.check_interval.is_some(), policy == PolicyKind::Old),
        ] {
            if given && !has_effect {
                return Err(Complaint::NoEffect { option, policy });
            }
        }
        Ok(Settings {
            policy,
            switch_interval: self.switch_interval.unwrap_or(like.switch_interval),
            checkpoints: self.checkpoints.unwrap_or(like.checkpoints),
            check_interval: self.check_interval.unwrap_or(like.check_interval),
        })
    }
}

impl Args {
    fn options(&self, program: &Program) -> Options {
        let argv = [&program.argument].into_iter().chain(&self.arguments).cloned().collect();
        let path = Some(program.folder.clone());
        let count_ops = self.report.counts_ops();
        Options { gc_stress: self.gc_stress, count_ops, argv, path, ..Options::default() }
    }
}

/// Runs the program.
pub(super) fn run(args: &Args) -> Result<ExitCode, Complaint> {
    let settings = args.gil.settings()?;
    let program = args.which.read()?;
    let code = program.compile()?;
    let process = Process::start().map_err(Complaint::System)?;
    let host = Arc::new(RealHost::new(settings, Arc::clone(&process)));
    let reports = args.report.start(&program.title(), &host);
    let module = if args.threads.is_some() { program.stem.as_str() } else { "__main__" };
    let (vm, mut thread) = Vm::boot(host.clone(), args.options(&program))
        .map_err(|text| Complaint::System(std::io::Error::other(text)))?;
    reports.watch(&vm, &process);
    let launch = Launch {
        module,
        file: &program.argument,
        threads: args.threads.map(|count| (count.get(), args.entry.as_str())),
    };
    let outcome = thread.run_program(&code, &launch);
    // Daemon threads may still be at work; the process ends under them.
    std::mem::forget((vm, thread));
    reports.tell()?;
    match outcome {
        Ok(INTERRUPTED) => process.end_by_interrupt(),
        Ok(status) => Ok(ExitCode::from(status as u8)),
        Err(NoEntry) => Err(Complaint::NoEntry { file: program.argument.clone(), entry: args.entry.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    fn settings(line: &str) -> String {
        let words = ["run", "x.mpy"].into_iter().chain(line.split_whitespace());
        match Command::try_parse_from(words) {
            Ok(command) => match command.args.gil.settings() {
                Ok(settings) => settings.to_string(),
                Err(complaint) => complaint.to_string(),
            },
            Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn the_default_is_the_textbook() {
        assert_eq!(settings(""), Settings::default().to_string());
    }

    #[test]
    fn single_options_override_a_likeness() {
        assert_eq!(settings("--like 3.13"), "gil new, checkpoints loop, switch interval 5ms");
        assert_eq!(settings("--like 3.13 --checkpoints op"), "gil new, checkpoints op, switch interval 5ms");
        assert_eq!(settings("--gil off --like 3.13"), "gil off");
        assert_eq!(settings("--gil old --check-interval 7"), "gil old, check interval 7");
        assert_eq!(settings("--like 2.7 --gil new"), "gil new, checkpoints op, switch interval 5ms");
        assert_eq!(settings("--gil io-first"), "gil io-first, checkpoints op, switch interval 500µs");
        assert_eq!(
            settings("--switch-interval 1ms --like 3.9"),
            "gil new, checkpoints op, switch interval 1ms"
        );
    }

    #[test]
    fn settings_without_effect_are_refused() {
        let refused = |option, policy| format!("minipy: `{option}` has no effect with `--gil {policy}`\n");
        assert_eq!(settings("--like 2.7 --switch-interval 5ms"), refused("--switch-interval", "old"));
        assert_eq!(settings("--gil old --checkpoints loop"), refused("--checkpoints", "old"));
        assert_eq!(settings("--gil off --switch-interval 5ms"), refused("--switch-interval", "off"));
        assert_eq!(settings("--check-interval 10"), refused("--check-interval", "new"));
    }

    #[test]
    fn wrong_settings_are_named() {
        let expected = "error: invalid value '2.6' for '--like <VERSION>': unknown python `2.6`; known: 3.14t, 3.13, 3.9, 2.7";
        assert_eq!(settings("--like 2.6"), expected);
        assert!(settings("--switch-interval 0").ends_with("the duration `0` must be strictly positive"));
        assert!(
            settings("--checkpoints never").ends_with("unknown checkpoint mode `never`; known: op, loop")
        );
    }
}
