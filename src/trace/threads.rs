//! What the threads are doing at a moment, in words: what Ctrl-\ asks for, and what is said of a deadlock.

use std::fmt::Write;

use crate::runtime::accounts::{Snapshot, State, shown_name};
use crate::vm::inspect::{Subject, ThreadView};

/// Every thread's state and traceback.
pub fn states(views: &[ThreadView], accounts: &Snapshot) -> String {
    let mut report = Report { views, accounts, text: "minipy: what the threads are doing\n".to_owned() };
    for view in views {
        let state = report.state(view);
        report.line(format_args!("\n{}: {state}", report.name(view.token)));
        report.stack(view);
    }
    report.text + "\nminipy: the program goes on\n"
}

/// Who waits for whom, as a circle where it is one, and every thread's traceback.
pub fn deadlock(views: &[ThreadView], accounts: &Snapshot) -> String {
    let mut report = Report { views, accounts, text: "minipy: deadlock: ".to_owned() };
    let circles = circles(views);
    report.text += if circles.is_empty() {
        "every thread waits, and none is left that could wake another\n"
    } else {
        "threads wait for each other in a circle\n"
    };
    for circle in &circles {
        report.line(format_args!(""));
        for view in circle {
            report.edge(view);
        }
        let first = report.name(circle[0].token);
        report.line(format_args!("  and {first} is where this list began"));
    }
    let in_circle = |view: &ThreadView| circles.iter().flatten().any(|member| member.token == view.token);
    if views.iter().any(|view| !in_circle(view)) {
        report.line(format_args!(""));
    }
    for view in views.iter().filter(|view| !in_circle(view)) {
        report.edge(view);
    }
    for view in views {
        report.line(format_args!("\n{}:", report.name(view.token)));
        report.stack(view);
    }
    report.text
}

/// The circles among the threads and what they depend on, each from its lowest number on.
fn circles(views: &[ThreadView]) -> Vec<Vec<&ThreadView>> {
    let next = |view: &ThreadView| {
        let token = view.waits_for.as_ref()?.depends_on?;
        views.iter().find(|other| other.token == token)
    };
    let mut circles = Vec::new();
    for start in views {
        let mut circle = vec![start];
        let mut current = start;
        // No circle is longer than there are threads.
        while circle.len() <= views.len() {
            match next(current) {
                Some(end) if end.token == start.token => {
                    circles.push(circle);
                    break;
                }
                // One that is found from a lower number was found before.
                Some(further) if further.token > start.token => {
                    circle.push(further);
                    current = further;
                }
                Some(_) | None => break,
            }
        }
    }
    circles
}

struct Report<'a> {
    views: &'a [ThreadView],
    accounts: &'a Snapshot,
    text: String,
}

impl Report<'_> {
    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // A text takes whatever is written to it.
        let _: std::fmt::Result = writeln!(self.text, "{text}");
    }

    fn name(&self, token: u32) -> String {
        let account = self.accounts.threads.iter().find(|account| account.thread.0 == token);
        shown_name(token, account.and_then(|account| account.name.as_deref()))
    }

    fn state(&self, view: &ThreadView) -> String {
        let account = self.accounts.threads.iter().find(|account| account.thread.0 == view.token);
        match account.and_then(|account| account.state) {
            Some(State::Running) => "runs".to_owned(),
            Some(State::Wanting) => "runs when it has the GIL".to_owned(),
            Some(State::Sleeping) => "sleeps".to_owned(),
            Some(State::Io) => "is in a blocking call".to_owned(),
            Some(State::Lock(_)) => self.wait(view),
            None => "ends".to_owned(),
        }
    }

    fn wait(&self, view: &ThreadView) -> String {
        let Some(subject) = &view.waits_for else { return "waits".to_owned() };
        if let (None, "end", Some(thread)) = (&subject.name, subject.moment, subject.depends_on) {
            return format!("waits for end of {}", self.name(thread));
        }
        format!("waits for {subject}{}", self.holder(view, subject))
    }

    fn holder(&self, view: &ThreadView, subject: &Subject) -> String {
        let Some(holder) = subject.depends_on.filter(|_| subject.moment.is_empty()) else {
            return String::new();
        };
        let name = if holder == view.token { "itself".to_owned() } else { self.name(holder) };
        let ended = if self.views.iter().any(|view| view.token == holder) { "" } else { ", which has ended" };
        let since = subject.acquired.as_ref();
        let since = since.map(|place| format!(" since {}:{}", place.code.source.name(), place.line));
        format!(", held by {name}{}{ended}", since.unwrap_or_default())
    }

    fn edge(&mut self, view: &ThreadView) {
        let place = match &view.place {
            Some(place) => format!(" ({}:{})", place.code.source.name(), place.line),
            None => String::new(),
        };
        self.line(format_args!("  {}{place} {}", self.name(view.token), self.wait(view)));
    }

    fn stack(&mut self, view: &ThreadView) {
        for entry in &view.stack {
            self.text.push_str(entry);
        }
    }
}
