//! "Did you mean": the nearest of the names that could have been meant, by CPython's distance and limits.

use crate::heap::{Value, Word};
use crate::value::Builtin;
use crate::value::dict::Dict;
use crate::value::exception::{Exception, Traceback};
use crate::value::list::List;
use crate::value::str::Str;
use crate::vm::ops::attr::module_dict;
use crate::vm::thread::Thread;

use super::library::LIBRARY;

/// With more candidates than this, none is suggested.
const MAX_CANDIDATES: usize = 750;
/// Longer names, in bytes and without what both have in common at their ends, are not compared.
const MAX_NAME: usize = 40;
/// What an added, removed or replaced byte costs.
const MOVE_COST: usize = 2;
/// What a letter costs that differs in case only.
const CASE_COST: usize = 1;

/// What is to be added to the words of an exception; both are kept alive by the caller.
pub(super) fn hint(thread: &mut Thread, exception: Word, traceback: Option<Word>) -> String {
    let cx = thread.cx();
    let class = cx.class_of(thread.live(exception));
    let is = |builtin| class.is_a(cx, builtin);
    let (kind, attribute) = if is(Builtin::ImportError) {
        (Builtin::ImportError, "name_from")
    } else if is(Builtin::NameError) {
        (Builtin::NameError, "name")
    } else if is(Builtin::AttributeError) {
        (Builtin::AttributeError, "name")
    } else {
        return String::new();
    };
    let Some(wrong) = text_attribute(thread, exception, attribute) else { return String::new() };
    let suggestion = match kind {
        Builtin::ImportError => suggest_import(thread, exception, &wrong),
        Builtin::NameError => suggest_name(thread, traceback, &wrong),
        _ => suggest_attribute(thread, exception, traceback, &wrong),
    };
    let forgotten = kind == Builtin::NameError && LIBRARY.contains(&wrong.as_str());
    match (suggestion, forgotten) {
        (Some(name), false) => format!(". Did you mean: '{name}'?"),
        (Some(name), true) => format!(". Did you mean: '{name}'? Or did you forget to import '{wrong}'?"),
        (None, true) => format!(". Did you forget to import '{wrong}'?"),
        (None, false) => String::new(),
    }
}

fn text_attribute(thread: &Thread, exception: Word, name: &str) -> Option<String> {
    let exception = thread.live(exception).get::<Exception>()?;
    text(exception.attribute(thread.cx(), name)?)
}

fn suggest_import(thread: &mut Thread, exception: Word, wrong: &str) -> Option<String> {
    let name = text_attribute(thread, exception, "name")?;
    let module = thread.vm().modules().get_name(thread.cx(), &name)?.word();
    let names = visible(directory(thread, module)?, wrong);
    nearest(names.iter().map(String::as_str), wrong)
}

fn suggest_name(thread: &mut Thread, traceback: Option<Word>, wrong: &str) -> Option<String> {
    let (receiver, names) = {
        let entry = innermost(thread, traceback?)?;
        let mut names: Vec<String> = entry.names().iter().copied().filter_map(text).collect();
        let globals = entry.globals();
        for dict in globals.into_iter().chain([thread.vm().builtins()]) {
            names.extend(names_of(dict));
        }
        (entry.receiver().map(Value::word), names)
    };
    if let Some(receiver) = receiver
        && has_attribute(thread, receiver, wrong)
    {
        return Some(format!("self.{wrong}"));
    }
    nearest(names.iter().map(String::as_str), wrong)
}

fn suggest_attribute(
    thread: &mut Thread,
    exception: Word,
    traceback: Option<Word>,
    wrong: &str,
) -> Option<String> {
    let object = {
        let exception = thread.live(exception).get::<Exception>()?;
        exception.attribute(thread.cx(), "obj")?.word()
    };
    let mut names = directory(thread, object)?;
    if !is_receiver(thread, traceback, object) {
        names = visible(names, wrong);
    }
    nearest(names.iter().map(String::as_str), wrong)
}

/// Whether the object is the `self` of the innermost function.
fn is_receiver(thread: &Thread, traceback: Option<Word>, object: Word) -> bool {
    let entry = traceback.and_then(|traceback| innermost(thread, traceback));
    let receiver = entry.and_then(Traceback::receiver).map(Value::word);
    receiver == Some(object)
}

fn innermost(thread: &Thread, traceback: Word) -> Option<&Traceback> {
    let mut entry = thread.live(traceback).get::<Traceback>()?;
    while let Some(next) = entry.next() {
        entry = next;
    }
    Some(entry)
}

/// Without the names that begin with an underscore, unless the wrong one does.
fn visible(names: Vec<String>, wrong: &str) -> Vec<String> {
    if wrong.starts_with('_') {
        return names;
    }
    names.into_iter().filter(|name| !name.starts_with('_')).collect()
}

fn names_of(dict: &Dict) -> impl Iterator<Item = String> {
    dict.iter().filter_map(|(key, _)| text(key))
}

fn text(name: Value<'_>) -> Option<String> {
    name.get::<Str>()?.as_str().map(str::to_owned)
}

/// `dir(object)`
fn directory(thread: &mut Thread, object: Word) -> Option<Vec<String>> {
    if let Some(dict) = module_dict(thread.live(object)) {
        let mut names: Vec<String> = names_of(dict).collect();
        names.sort();
        return Some(names);
    }
    let names = call_builtin(thread, "dir", &[object])?;
    let names = thread.live(names).get::<List>()?.to_vec(thread.cx());
    Some(names.into_iter().filter_map(text).collect())
}

fn has_attribute(thread: &mut Thread, object: Word, name: &str) -> bool {
    let name = thread.cx().intern(name).word();
    call_builtin(thread, "hasattr", &[object, name]) == Some(Word::TRUE)
}

/// Calls a built-in function; an exception it raises is dropped.
fn call_builtin(thread: &mut Thread, name: &str, args: &[Word]) -> Option<Word> {
    let function = thread.vm().builtins().get_name(thread.cx(), name)?.word();
    match thread.call_sync(function, args) {
        Ok(word) => Some(word),
        Err(_) => {
            thread.cx().take_pending();
            None
        }
    }
}

/// The candidate that is nearest to the wrong name, if one is near; of several the first.
pub(in crate::vm) fn nearest<'n>(
    candidates: impl ExactSizeIterator<Item = &'n str>,
    wrong: &str,
) -> Option<String> {
    if candidates.len() >= MAX_CANDIDATES {
        return None;
    }
    let mut best: Option<(&str, usize)> = None;
    for candidate in candidates.filter(|candidate| *candidate != wrong) {
        // No more than a third of the letters may differ.
        let limit = (wrong.len() + candidate.len() + 3) * MOVE_COST / 6;
        let limit = match best {
            Some((_, 0)) => return best.map(|(name, _)| name.to_owned()),
            Some((_, distance)) => limit.min(distance - 1),
            None => limit,
        };
        if let Some(distance) = distance(wrong.as_bytes(), candidate.as_bytes(), limit) {
            best = Some((candidate, distance));
        }
    }
    best.map(|(name, _)| name.to_owned())
}

/// The Levenshtein distance, if it is no more than `limit`.
fn distance(a: &[u8], b: &[u8], limit: usize) -> Option<usize> {
    let common = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[common..], &b[common..]);
    let common = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - common], &b[..b.len() - common]);
    let within = |distance| (distance <= limit).then_some(distance);
    if a.is_empty() || b.is_empty() {
        return within((a.len() + b.len()) * MOVE_COST);
    }
    if a.len() > MAX_NAME || b.len() > MAX_NAME {
        return None;
    }
    let (a, b) = if b.len() < a.len() { (b, a) } else { (a, b) };
    within((b.len() - a.len()) * MOVE_COST)?;
    let mut row: Vec<usize> = (1..=a.len()).map(|count| count * MOVE_COST).collect();
    let mut result = 0;
    for (index, byte) in b.iter().enumerate() {
        let mut before = index * MOVE_COST;
        result = before;
        let mut least = usize::MAX;
        for (place, other) in row.iter_mut().zip(a) {
            let substitute = before + substitution(*byte, *other);
            before = *place;
            result = substitute.min(result.min(before) + MOVE_COST);
            *place = result;
            least = least.min(result);
        }
        within(least)?;
    }
    within(result)
}

fn substitution(a: u8, b: u8) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE_COST
    } else {
        MOVE_COST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_cpython() {
        // From CPython's test of its own function.
        let cases = [
            ("", "", 0),
            ("", "a", 2),
            ("a", "A", 1),
            ("Apple", "Aple", 2),
            ("Banana", "B@n@n@", 6),
            ("Cherry", "Cherry!", 2),
            ("---0---", "------", 2),
            ("abc", "y", 6),
            ("aa", "bb", 4),
            ("aaaaa", "AAAAA", 5),
            ("wxyz", "wXyZ", 2),
            ("wxyz", "wXyZ123", 8),
            ("Python", "Java", 12),
            ("Java", "C#", 8),
            ("AbstractFoobarManager", "abstract_foobar_manager", 7),
            ("CPython", "PyPy", 10),
            ("CPython", "pypy", 11),
            ("AttributeError", "AttributeErrop", 2),
            ("AttributeError", "AttributeErrorTests", 10),
            ("ABA", "AAB", 4),
        ];
        for (a, b, expected) in cases {
            assert_eq!(distance(a.as_bytes(), b.as_bytes(), 4044), Some(expected), "{a} {b}");
            assert_eq!(distance(b.as_bytes(), a.as_bytes(), 4044), Some(expected), "{b} {a}");
            if expected > 0 {
                assert_eq!(distance(a.as_bytes(), b.as_bytes(), expected - 1), None, "{a} {b}");
            }
        }
    }

    #[test]
    fn the_nearest_name_is_suggested_within_the_limits() {
        let names = ["withdraw", "deposit", "with_draw"];
        assert_eq!(nearest(names.into_iter(), "withdrow").as_deref(), Some("withdraw"));
        assert_eq!(nearest(names.into_iter(), "deposit"), None);
        assert_eq!(nearest(["a"; MAX_CANDIDATES].into_iter(), "A"), None);
        let long = "x".repeat(MAX_NAME + 1);
        assert_eq!(nearest([format!("y{}", long).as_str()].into_iter(), &format!("{long}z")), None);
    }
}
