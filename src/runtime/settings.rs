//! How a run is set up: the GIL policy, the switch interval, where the checkpoints are; and the sets of these that make
//! a run behave like a certain Python. It must not know the command line: it takes words and answers with data.

use std::error::Error;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use super::policy::{Nanos, PolicyKind};

pub use crate::vm::trap::CheckpointMode;

/// The switch interval of CPython.
pub const CPYTHON_SWITCH_INTERVAL: Duration = Duration::from_millis(5);

/// The default switch interval: CPython's, scaled to the speed of this VM, so that one turn is about as many
/// instructions as in the Python the textbooks ran.
pub const DEFAULT_SWITCH_INTERVAL: Duration = Duration::from_micros(500);

/// The shortest switch interval that has an effect, as in CPython; shorter ones count as this.
pub const SHORTEST_SWITCH_INTERVAL: Duration = Duration::from_micros(1);

/// After how many ops a thread lets the GIL go under `old`: `sys.getcheckinterval()` of Python 2.7.
pub const CHECK_INTERVAL: NonZeroU32 = NonZeroU32::new(100).unwrap();

/// What a run does about the GIL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who gets the GIL, and when.
    pub policy: PolicyKind,
    /// How long a waiter waits before it asks the holder to let go.
    pub switch_interval: Duration,
    /// Where the holder looks for such a request.
    pub checkpoints: CheckpointMode,
    /// After how many ops a thread lets the GIL go, under `old`.
    pub check_interval: NonZeroU32,
}

impl Default for Settings {
    /// The textbook: `new`, `op`, 0.5 ms.
    fn default() -> Settings {
        Settings {
            policy: PolicyKind::New,
            switch_interval: DEFAULT_SWITCH_INTERVAL,
            checkpoints: CheckpointMode::Op,
            check_interval: CHECK_INTERVAL,
        }
    }
}

impl fmt::Display for Settings {
    /// Those that have an effect.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { policy, switch_interval, checkpoints, check_interval } = self;
        write!(f, "gil {policy}")?;
        match policy {
            PolicyKind::New | PolicyKind::IoFirst => {
                write!(f, ", checkpoints {checkpoints}, switch interval {switch_interval:?}")
            }
            PolicyKind::Old => write!(f, ", check interval {check_interval}"),
            PolicyKind::Off => Ok(()),
        }
    }
}

/// The Pythons that can be imitated. Rows: what follows `--like`, its policy, its checkpoints.
const LIKE: &[(&str, PolicyKind, CheckpointMode)] = &[
    ("3.14t", PolicyKind::Off, CheckpointMode::Loop),
    ("3.13", PolicyKind::New, CheckpointMode::Loop),
    ("3.9", PolicyKind::New, CheckpointMode::Op),
    ("2.7", PolicyKind::Old, CheckpointMode::Op),
];

impl Settings {
    /// The settings under which a program behaves as it does in CPython `version`.
    pub fn like(version: &str) -> Result<Settings, SettingsError> {
        match LIKE.iter().find(|(name, ..)| *name == version) {
            Some(&(_, policy, checkpoints)) => {
                let switch_interval = CPYTHON_SWITCH_INTERVAL;
                Ok(Settings { policy, switch_interval, checkpoints, ..Settings::default() })
            }
            None => Err(SettingsError::Unknown {
                what: "python",
                given: version.to_owned(),
                known: LIKE.iter().map(|(name, ..)| *name).collect(),
            }),
        }
    }

    /// The switch interval as the policies count it.
    pub fn switch_interval_nanos(&self) -> Nanos {
        interval_nanos(self.switch_interval)
    }
}

/// A switch interval as the policies count it: not under the shortest, and the longest there is in place of overflow.
pub fn interval_nanos(interval: Duration) -> Nanos {
    Nanos::try_from(interval.max(SHORTEST_SWITCH_INTERVAL).as_nanos()).unwrap_or(Nanos::MAX)
}

/// The policy that `--gil name` asks for.
pub fn parse_policy(name: &str) -> Result<PolicyKind, SettingsError> {
    name.parse().map_err(|()| SettingsError::Unknown {
        what: "gil policy",
        given: name.to_owned(),
        known: PolicyKind::ALL.iter().map(|kind| kind.name()).collect(),
    })
}

/// The mode that `--checkpoints name` asks for.
pub fn parse_checkpoints(name: &str) -> Result<CheckpointMode, SettingsError> {
    name.parse().map_err(|()| SettingsError::Unknown {
        what: "checkpoint mode",
        given: name.to_owned(),
        known: CheckpointMode::ALL.iter().map(|mode| mode.name()).collect(),
    })
}

/// The units a duration may have, in seconds. A longer suffix stands before one that ends it.
const UNITS: &[(&str, f64)] = &[("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6), ("ns", 1e-9), ("s", 1.0)];

/// A duration above zero: `5ms`, `500us`, `0.005s`, or `0.005`, which is in seconds.
pub fn parse_duration(text: &str) -> Result<Duration, SettingsError> {
    let bad = |problem| SettingsError::Duration { given: text.to_owned(), problem };
    let trimmed = text.trim();
    let unit = UNITS.iter().find_map(|(suffix, scale)| Some((trimmed.strip_suffix(suffix)?, *scale)));
    let (number, scale) = unit.unwrap_or((trimmed, 1.0));
    let number = number.trim_end();
    // `f64` reads words such as `inf` as well.
    let digits = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    if !number.chars().all(digits) {
        return Err(bad(DurationProblem::Unreadable));
    }
    let number: f64 = number.parse().map_err(|_| bad(DurationProblem::Unreadable))?;
    if number <= 0.0 {
        return Err(bad(DurationProblem::NotPositive));
    }
    let duration = Duration::try_from_secs_f64(number * scale).map_err(|_| bad(DurationProblem::TooLong))?;
    if duration.is_zero() { Err(bad(DurationProblem::NotPositive)) } else { Ok(duration) }
}

/// A setting that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsError {
    /// A name that is not in the list.
    Unknown {
        /// What the name is of.
        what: &'static str,
        /// The name.
        given: String,
        /// The list.
        known: Vec<&'static str>,
    },
    /// Not a duration.
    Duration {
        /// The text.
        given: String,
        /// What is wrong with it.
        problem: DurationProblem,
    },
}

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationProblem {
    /// It is no number with a unit.
    Unreadable,
    /// It is zero, negative, or under a nanosecond.
    NotPositive,
    /// No clock gets there.
    TooLong,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettingsError::Unknown { what, given, known } => {
                write!(f, "unknown {what} `{given}`; known: {}", known.join(", "))
            }
            SettingsError::Duration { given, problem } => match problem {
                DurationProblem::Unreadable => {
                    write!(
                        f,
                        "`{given}` is not a duration; write `5ms`, `500us`, `0.005s` or `0.005` (seconds)"
                    )
                }
                DurationProblem::NotPositive => write!(f, "the duration `{given}` must be strictly positive"),
                DurationProblem::TooLong => write!(f, "the duration `{given}` is too long"),
            },
        }
    }
}

impl Error for SettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_textbook() {
        assert_eq!(Settings::default().to_string(), "gil new, checkpoints op, switch interval 500µs");
        assert_eq!(Settings::default().switch_interval_nanos(), 500_000);
    }

    #[test]
    fn likenesses() {
        let like = |version| Settings::like(version).map(|settings| settings.to_string());
        assert_eq!(like("3.13").as_deref(), Ok("gil new, checkpoints loop, switch interval 5ms"));
        assert_eq!(like("3.14t").as_deref(), Ok("gil off"));
        assert_eq!(like("3.9").as_deref(), Ok("gil new, checkpoints op, switch interval 5ms"));
        assert_eq!(like("2.7").as_deref(), Ok("gil old, check interval 100"));
        let error = like("2.6").map_err(|error| error.to_string());
        assert_eq!(error, Err("unknown python `2.6`; known: 3.14t, 3.13, 3.9, 2.7".to_owned()));
    }

    #[test]
    fn names() {
        for &kind in PolicyKind::ALL {
            assert_eq!(parse_policy(kind.name()), Ok(kind));
        }
        assert_eq!(parse_checkpoints("loop"), Ok(CheckpointMode::Loop));
        let error = parse_policy("newest").map_err(|error| error.to_string());
        assert_eq!(error, Err("unknown gil policy `newest`; known: new, old, io-first, off".to_owned()));
        let error = parse_checkpoints("").map_err(|error| error.to_string());
        assert_eq!(error, Err("unknown checkpoint mode ``; known: op, loop".to_owned()));
    }

    #[test]
    fn durations() {
        for text in ["5ms", "5000us", "5000µs", "0.005s", "0.005", "5e-3", "5000000ns", " 5 ms "] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(5)), "{text}");
        }
        assert_eq!(parse_duration("1"), Ok(Duration::from_secs(1)));
        assert_eq!(parse_duration(".5us"), Ok(Duration::from_nanos(500)));
    }

    #[test]
    fn durations_that_are_none() {
        let problem = |text: &str| match parse_duration(text) {
            Err(SettingsError::Duration { problem, .. }) => Some(problem),
            _ => None,
        };
        for text in ["", "ms", "5 minutes", "inf", "nan", "1.2.3", "5m", "0x5", "s5", "--5"] {
            assert_eq!(problem(text), Some(DurationProblem::Unreadable), "{text}");
        }
        for text in ["0", "-5ms", "0.0s", "-0", "0.0001ns"] {
            assert_eq!(problem(text), Some(DurationProblem::NotPositive), "{text}");
        }
        for text in ["1e300", "1e999s"] {
            assert_eq!(problem(text), Some(DurationProblem::TooLong), "{text}");
        }
        assert_eq!(
            parse_duration("5m").map_err(|error| error.to_string()),
            Err("`5m` is not a duration; write `5ms`, `500us`, `0.005s` or `0.005` (seconds)".to_owned())
        );
    }

    #[test]
    fn intervals_have_bounds() {
        assert_eq!(interval_nanos(Duration::from_nanos(3)), 1_000);
        assert_eq!(interval_nanos(Duration::MAX), Nanos::MAX);
    }
}
