//! The figures of a run as a table for a person: a row a thread, and the totals.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};

use crate::runtime::figures::{Figures, SettingsFigures, ThreadFigures};

/// The columns: what stands above, and whether it is a number.
const COLUMNS: &[(&str, CellAlignment)] = &[
    ("thread", CellAlignment::Left),
    ("lifetime", CellAlignment::Right),
    ("running", CellAlignment::Right),
    ("wants\nGIL", CellAlignment::Right),
    ("waits\nfor lock", CellAlignment::Right),
    ("sleeps,\nI/O", CellAlignment::Right),
    ("switches:\ninterval", CellAlignment::Right),
    ("\nblocking", CellAlignment::Right),
    ("\nexit", CellAlignment::Right),
    ("GIL wait:\nmedian", CellAlignment::Right),
    ("\nlongest", CellAlignment::Right),
    ("ops\nexecuted", CellAlignment::Right),
];

/// The table, and below it the totals.
pub fn render(figures: &Figures) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(COLUMNS.iter().map(|(name, _)| *name));
    for (column, (_, alignment)) in table.column_iter_mut().zip(COLUMNS) {
        column.set_cell_alignment(*alignment);
    }
    for thread in &figures.threads {
        table.add_row(row(thread));
    }
    let mut text = format!("{table}\n");
    totals(&mut text, figures);
    text
}

fn row(thread: &ThreadFigures) -> Vec<String> {
    let shares = &thread.shares;
    let [running, wanting, locks, waiting] = percentages([
        shares.running_ns,
        shares.wanting_ns,
        shares.locks_ns,
        shares.sleeping_ns + shares.io_ns,
    ]);
    let waits = &thread.waits;
    vec![
        thread.name.clone(),
        duration(thread.lifetime_ns),
        running,
        wanting,
        locks,
        waiting,
        thread.switches.interval.to_string(),
        thread.switches.blocking.to_string(),
        thread.switches.exit.to_string(),
        duration(waits.median_ns),
        duration(waits.longest_ns),
        thread.ops.map_or_else(|| "-".to_owned(), |ops| ops.to_string()),
    ]
}

fn totals(text: &mut String, figures: &Figures) {
    let share = |part: u64| part as f64 * 100.0 / figures.wall_ns.max(1) as f64;
    let settings = &figures.settings;
    let mut line = |name: &str, value: String| {
        // A text takes whatever is written to it.
        let _: std::fmt::Result = writeln!(text, "{name:<13} {value}");
    };
    line("rules", rules(settings));
    line("wall time", duration(figures.wall_ns));
    line("CPU time", format!("{} ({:.0}%)", duration(figures.cpu_ns), share(figures.cpu_ns)));
    if settings.gil == "off" {
        let ran: u64 = figures.threads.iter().map(|thread| thread.shares.running_ns).sum();
        line("at once", format!("{:.2} threads ran, on average", share(ran) / 100.0));
    } else {
        line("GIL held", format!("{} ({:.1}%)", duration(figures.gil_held_ns), share(figures.gil_held_ns)));
        let contended = duration(figures.contended_ns);
        let part = share(figures.contended_ns);
        line("contention", format!("{contended} ({part:.1}%): held by one thread, wanted by another"));
    }
    let pauses = &figures.collections;
    let pauses = match pauses.count {
        0 => "none".to_owned(),
        count => format!(
            "{count}, pauses: {} in all, median {}, longest {}",
            duration(pauses.total_ns),
            duration(pauses.median_ns),
            duration(pauses.longest_ns)
        ),
    };
    line("collections", pauses);
    if let Some(others) = &figures.other_threads {
        line("more threads", format!("{} that ended are not shown", others.count));
    }
}

/// The rules of a run as the command line has them.
pub fn rules(settings: &SettingsFigures) -> String {
    let mut words = format!("--gil {}", settings.gil);
    if let Some(checkpoints) = settings.checkpoints {
        words += &format!(" --checkpoints {checkpoints}");
    }
    if let Some(interval) = settings.switch_interval_ns {
        words += &format!(" --switch-interval {}", duration(interval).replace(' ', ""));
    }
    if let Some(ops) = settings.check_interval {
        words += &format!(" --check-interval {ops}");
    }
    words
}

/// Parts of a whole in tenths of a percent, rounded so that they sum to 100.0%.
fn percentages<const N: usize>(parts: [u64; N]) -> [String; N] {
    const WHOLE: u128 = 1000;
    let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    if sum == 0 {
        return parts.map(|_| "-".to_owned());
    }
    let mut tenths = parts.map(|part| u128::from(part) * WHOLE / sum);
    let mut order: Vec<usize> = (0..N).collect();
    // What is missing goes to those that were cut most.
    order.sort_by_key(|place| std::cmp::Reverse(u128::from(parts[*place]) * WHOLE % sum));
    let missing = WHOLE - tenths.iter().sum::<u128>();
    for place in order.into_iter().take(missing as usize) {
        tenths[place] += 1;
    }
    tenths.map(|tenths| format!("{}.{}%", tenths / 10, tenths % 10))
}

/// A duration with three digits that matter and the unit that fits.
pub fn duration(nanos: u64) -> String {
    let (scale, unit) = match nanos {
        0 => return "0".to_owned(),
        1..1_000 => return format!("{nanos} ns"),
        1_000..999_500 => (1e3, "us"),
        999_500..999_500_000 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    let value = nanos as f64 / scale;
    let digits = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_sum_to_a_hundred() {
        assert_eq!(percentages([1, 1, 1]), ["33.4%", "33.3%", "33.3%"]);
        assert_eq!(percentages([0, 0]), ["-", "-"]);
        assert_eq!(percentages([u64::MAX, u64::MAX]), ["50.0%", "50.0%"]);
        for parts in [[7, 11, 13, 2], [1, 999_999, 3, 0], [5, 5, 5, 1]] {
            let sum: f64 = percentages(parts)
                .iter()
                .filter_map(|part| part.strip_suffix('%')?.parse::<f64>().ok())
                .sum();
            assert!((sum - 100.0).abs() < 1e-9, "{parts:?}: {sum}");
        }
    }

    #[test]
    fn durations_have_three_digits() {
        let texts =
            [0, 999, 1_000, 12_345, 999_499, 999_500, 500_000, 5_000_000, 1_234_000_000, 99_960_000_000];
        let texts = texts.map(duration);
        assert_eq!(
            texts,
            ["0", "999 ns", "1 us", "12.3 us", "999 us", "1 ms", "500 us", "5 ms", "1.23 s", "100 s"]
        );
    }
}
