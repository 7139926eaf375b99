//! How fast programs are in so many threads under each policy: the figures, and as a table, as JSON, as CSV.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// A machine is said to show parallelism if two native threads are this much faster than one.
const SHOWS_PARALLELISM: f64 = 1.3;

/// The results of a benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// How many cores the machine says it has.
    pub cores: usize,
    /// How much faster native threads were than one, in the same minutes.
    pub limits: Vec<Limit>,
    /// What was measured.
    pub rows: Vec<Row>,
}

/// What native threads reach on a machine.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Limit {
    /// So many threads.
    pub threads: u32,
    /// Are so many times as fast as one.
    pub speed_up: f64,
}

/// One program in so many threads under one policy.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The program.
    pub program: String,
    /// What ran it: `--gil new`, or a Python.
    pub under: String,
    /// In how many threads.
    pub threads: u32,
    /// How long the threads took, in seconds.
    pub wall: Spread,
    /// Processor time of the process in the program, in seconds.
    pub user: Spread,
    /// Processor time of the process in the system, in seconds.
    pub system: Spread,
    /// How much more is done in the same time than by one thread.
    pub over_one_thread: f64,
    /// How much faster than the same work one after the other.
    pub over_sequential: f64,
    /// How much more native threads do than one of them.
    pub machine: f64,
    /// Of what native threads reach, this is reached: `over_one_thread` by `machine`, both measured at the same time.
    pub share: f64,
}

/// Several measurements of one thing.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Spread {
    /// The one in the middle.
    pub median: f64,
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

impl Spread {
    /// Of these measurements.
    pub fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match values.len() {
            0 => return Spread::default(),
            count if count.is_multiple_of(2) => (values[middle - 1] + values[middle]) / 2.0,
            _ => values[middle],
        };
        Spread { median, low: values[0], high: values[values.len() - 1] }
    }
}

const COLUMNS: [(&str, CellAlignment); 10] = [
    ("program", CellAlignment::Left),
    ("under", CellAlignment::Left),
    ("threads", CellAlignment::Right),
    ("wall s", CellAlignment::Right),
    ("from - to", CellAlignment::Right),
    ("user s", CellAlignment::Right),
    ("system s", CellAlignment::Right),
    ("times one\nthread", CellAlignment::Right),
    ("times\nsequential", CellAlignment::Right),
    ("share of\nnative", CellAlignment::Right),
];

impl Comparison {
    /// For a person.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(COLUMNS.map(|(name, _)| name));
        for (column, (_, alignment)) in table.column_iter_mut().zip(COLUMNS) {
            column.set_cell_alignment(alignment);
        }
        for row in &self.rows {
            table.add_row(row.cells());
        }
        let mut text = format!("{table}\n\n");
        for limit in &self.limits {
            // A text takes whatever is written to it.
            let _: std::fmt::Result = writeln!(text, "{}", self.verdict(limit));
        }
        text
    }

    /// What the machine gives to so many threads, and what was reached of it.
    fn verdict(&self, limit: &Limit) -> String {
        let Limit { threads, speed_up } = *limit;
        if speed_up < SHOWS_PARALLELISM {
            return format!(
                "{threads} threads: this machine cannot show that: {threads} native threads are {speed_up:.2} times as fast as one"
            );
        }
        let best = self.rows.iter().filter(|row| row.threads == threads);
        let best = best.max_by(|a, b| a.over_sequential.total_cmp(&b.over_sequential));
        let reached = best.map_or_else(String::new, |row| {
            format!(", {} reached {:.2} ({})", row.under, row.over_sequential, row.program)
        });
        format!("{threads} threads: this machine gives {threads} native threads {speed_up:.2} times{reached}")
    }

    /// For other programs.
    pub fn json(&self) -> String {
        // Plain data with text for keys always has a form in JSON.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// For a spreadsheet.
    pub fn csv(&self) -> String {
        let mut text = String::from(
            "program,under,threads,wall_median,wall_low,wall_high,user,system,over_one_thread,over_sequential,machine,share\n",
        );
        for row in &self.rows {
            let quoted = |text: &str| {
                if text.contains([',', '"', '\n']) {
                    format!("\"{}\"", text.replace('"', "\"\""))
                } else {
                    text.to_owned()
                }
            };
            let numbers = [
                row.wall.median,
                row.wall.low,
                row.wall.high,
                row.user.median,
                row.system.median,
                row.over_one_thread,
                row.over_sequential,
                row.machine,
                row.share,
            ];
            let numbers: Vec<_> = numbers.iter().map(|number| format!("{number:.6}")).collect();
            let (program, under) = (quoted(&row.program), quoted(&row.under));
            let _: std::fmt::Result =
                writeln!(text, "{program},{under},{},{}", row.threads, numbers.join(","));
        }
        text
    }
}

impl Row {
    fn cells(&self) -> [String; COLUMNS.len()] {
        [
            self.program.clone(),
            self.under.clone(),
            self.threads.to_string(),
            format!("{:.3}", self.wall.median),
            format!("{:.3} - {:.3}", self.wall.low, self.wall.high),
            format!("{:.3}", self.user.median),
            format!("{:.3}", self.system.median),
            format!("{:.2}", self.over_one_thread),
            format!("{:.2}", self.over_sequential),
            format!("{:.2}", self.share),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(under: &str, threads: u32, over_sequential: f64) -> Row {
        let spread = Spread::of(vec![0.5, 0.25, 1.0]);
        Row {
            program: "a,\"b\".mpy".into(),
            under: under.into(),
            threads,
            wall: spread,
            user: spread,
            system: spread,
            over_one_thread: 1.5,
            over_sequential,
            machine: 1.9,
            share: 0.8,
        }
    }

    #[test]
    fn the_middle_of_measurements() {
        let spread = |values: &[f64]| {
            let Spread { median, low, high } = Spread::of(values.to_vec());
            [median, low, high]
        };
        assert_eq!(spread(&[3.0, 1.0, 2.0]), [2.0, 1.0, 3.0]);
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]), [2.5, 1.0, 4.0]);
        assert_eq!(spread(&[]), [0.0; 3]);
    }

    #[test]
    fn what_was_reached_is_set_against_the_machine() {
        let limits = vec![Limit { threads: 2, speed_up: 1.87 }, Limit { threads: 4, speed_up: 1.1 }];
        let rows = vec![row("--gil new", 2, 0.97), row("--gil off", 2, 1.85), row("--gil off", 4, 1.0)];
        let comparison = Comparison { cores: 2, limits, rows };
        let table = comparison.table();
        assert!(table.contains(
            "2 threads: this machine gives 2 native threads 1.87 times, --gil off reached 1.85 (a,\"b\".mpy)\n"
        ));
        assert!(table.contains("4 threads: this machine cannot show that"));
        let csv = comparison.csv();
        assert_eq!(csv.lines().count(), 4);
        assert!(
            csv.lines()
                .nth(1)
                .is_some_and(|line| line.starts_with("\"a,\"\"b\"\".mpy\",--gil new,2,0.500000,0.25"))
        );
        assert!(serde_json::from_str::<serde_json::Value>(&comparison.json()).is_ok());
    }
}
