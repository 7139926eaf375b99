//! What can be seen of a thread that stands still: where it is, what it waits for, and what the program calls that.
//!
//! A thread looks at itself, or at any other while the world is stopped. What a lock is called is found where the program
//! mentions it: in the variables of the function that waits for it. If that is code of the library, as in `queue.get()`, then what
//! is waited for is the object whose method it is, and the name is the one that the caller has for it.

use std::fmt;

use minipy_compiler::CodeKind;

use crate::heap::Value;
use crate::value::class::Type;
use crate::value::dict::{Dict, Entry};
use crate::value::function::Cell;
use crate::value::hash;
use crate::value::instance::Instance;
use crate::value::list::List;
use crate::value::lock::{Lock, ThreadHandle};
use crate::value::str::Str;
use crate::value::tuple::Tuple;

use super::event::Place;
use super::frame::Frame;
use super::machine::Vm;
use super::thread::Thread;
use super::traceback::{format_stack, line_of};

/// Of a list that holds a lock, so many elements are looked at.
const ELEMENTS: usize = 4096;

/// The methods of a thread object in which another thread waits for it.
const OF_THREADS: &[&str] = &["start", "join"];

/// What a thread waits for.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What kind of thing it is, such as `lock` or `Queue`.
    pub kind: String,
    /// What the program calls it, if a name was found.
    pub name: Option<String>,
    /// Of a thread, what is waited for: its `start` or its `end`. Nothing otherwise.
    pub moment: &'static str,
    /// The `id` of the object.
    pub identity: u32,
    /// Whoever has to act before the wait can end, by token, where that is known: the holder of a lock, or a thread whose end is
    /// waited for.
    pub depends_on: Option<u32>,
    /// Where the holder acquired the lock.
    pub acquired: Option<Place>,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Subject { kind, name, identity, moment, .. } = self;
        match (name, self.depends_on) {
            (Some(name), _) if !moment.is_empty() => write!(f, "{moment} of {name}"),
            (None, Some(token)) if !moment.is_empty() => write!(f, "{moment} of thread {token}"),
            (Some(name), _) => write!(f, "{kind} {name}"),
            (None, _) => write!(f, "{kind} #{identity}"),
        }
    }
}

/// A thread as others see it.
#[derive(Clone, Debug)]
pub struct ThreadView {
    /// Whom the host knows it by.
    pub token: u32,
    /// What it waits for, if it stands in a queue.
    pub waits_for: Option<Subject>,
    /// Where in the program it is.
    pub place: Option<Place>,
    /// The entries of its traceback.
    pub stack: Vec<String>,
}

impl Vm {
    /// All threads. The world is stopped.
    pub fn view_threads(&self) -> Vec<ThreadView> {
        let mut views = Vec::new();
        self.each_thread(|thread| {
            views.push(ThreadView {
                token: thread.token(),
                waits_for: thread.waits_for(),
                place: thread.place(),
                stack: format_stack(thread),
            });
        });
        views.sort_by_key(|view| view.token);
        views
    }
}

impl Thread {
    /// Where in the program it is, library code aside; nothing where it runs only that.
    pub fn place(&self) -> Option<Place> {
        let frame = self.frames.iter().rev().find(|frame| !frame.unit().is_library)?;
        let code = &frame.unit().code;
        Some(Place { code: code.clone(), line: line_of(code, frame.pc()) })
    }

    /// Remembers in a lock that was just acquired where in the program that was, if it was there.
    pub fn note_acquired(&self, lock: &Lock) {
        let own = self.frames.iter().rev().find(|frame| !frame.unit().is_library);
        let (unit, pc) = own.map_or((std::ptr::null(), 0), |frame| (frame.unit, frame.pc()));
        lock.note_place(unit, pc);
    }

    /// What it waits for, if it stands in a queue.
    pub fn waits_for(&self) -> Option<Subject> {
        let queue = self.wait.root();
        if queue.is_nothing() {
            return None;
        }
        let object = self.live(queue);
        let (subject, caller) = self.subject(object);
        let cx = self.cx();
        let dotted = cx.type_name(subject);
        let kind = dotted.rsplit_once('.').map_or(dotted, |(_, name)| name).to_string();
        let of_thread = is_thread(self, subject);
        let name = match caller {
            _ if of_thread => attribute(self, subject, "_name").and_then(text),
            Some(frame) => self.name_in(self.variables(frame), subject),
            None => self.name_in(self.globals_of_main(), subject),
        };
        let lock = object.get::<Lock>();
        let me = self.ident();
        // A condition's waiter is a lock that the waiting thread itself has taken: nobody holds it against it.
        let held = lock.map(Lock::holder).filter(|holder| *holder != 0);
        let held = held.filter(|holder| *holder != me || subject.is(object) || kind == "RLock");
        let ends = object.get::<ThreadHandle>().map(ThreadHandle::ident).filter(|ident| *ident != 0);
        Some(Subject {
            kind,
            name,
            moment: match (ends, of_thread) {
                (Some(_), _) => "end",
                (None, true) => "start",
                (None, false) => "",
            },
            identity: hash::identity_hash(cx, subject) as u32,
            depends_on: held.or(ends).map(|ident| ident - 1),
            acquired: held
                .and(lock)
                .and_then(Lock::place)
                .map(|(unit, pc)| Place { code: unit.code.clone(), line: line_of(&unit.code, pc) }),
        })
    }

    /// What the program waits for when a thread stands in the queue of `object`, and the frame of the program that does.
    fn subject<'t>(&'t self, object: Value<'t>) -> (Value<'t>, Option<&'t Frame>) {
        let mut subject = object;
        for frame in self.frames.iter().rev() {
            if !frame.unit().is_library {
                return (subject, Some(frame));
            }
            let code = &frame.unit().code;
            if code.locals.first().is_some_and(|name| &**name == "self") {
                let first = self.value(frame.base as usize);
                let of_thread = first.is_some_and(|first| is_thread(self, first));
                if of_thread && !OF_THREADS.contains(&&*code.name) {
                    // It is the thread that runs this, not one that is waited for.
                    return (subject, None);
                }
                subject = first
                    .and_then(|first| first.get::<Cell>().map_or(Some(first), Cell::get))
                    .unwrap_or(subject);
            }
        }
        (subject, None)
    }

    /// How these variables call a value: one of them, an attribute or an element of one.
    fn name_in<'t>(
        &self,
        variables: impl Iterator<Item = (Name<'t>, Value<'t>)> + Clone,
        wanted: Value<'_>,
    ) -> Option<String> {
        let direct = variables.clone().find(|(_, value)| value.is(wanted)).map(|(name, _)| name.to_string());
        direct.or_else(|| variables.into_iter().find_map(|(name, value)| self.part_of(name, value, wanted)))
    }

    fn part_of(&self, name: Name<'_>, whole: Value<'_>, wanted: Value<'_>) -> Option<String> {
        let cx = self.cx();
        if let Some(list) = whole.get::<List>() {
            let among = 0..list.len().min(ELEMENTS);
            let index =
                among.into_iter().find(|index| list.get(*index).is_some_and(|item| item.is(wanted)))?;
            return Some(format!("{name}[{index}]"));
        }
        if let Some(tuple) = whole.get::<Tuple>() {
            let index = tuple.items().iter().take(ELEMENTS).position(|item| item.is(wanted))?;
            return Some(format!("{name}[{index}]"));
        }
        if let Some(dict) = whole.get::<Dict>() {
            let (key, _) = dict.iter().take(ELEMENTS).find(|(_, value)| value.is(wanted))?;
            let key = crate::value::repr::repr(cx, key).ok().and_then(text)?;
            return Some(format!("{name}[{key}]"));
        }
        let attribute = whole.get::<Instance>()?.attribute_with(cx, wanted)?;
        Some(format!("{name}.{}", text(attribute)?))
    }

    /// The variables that a function sees: its own, those it closes over, the globals.
    fn variables<'t>(&'t self, frame: &'t Frame) -> impl Iterator<Item = (Name<'t>, Value<'t>)> + Clone {
        let (code, function) = (&frame.unit().code, frame.function());
        let (locals, closure) = match code.kind {
            CodeKind::Function => (&code.locals[..], function.closure()),
            _ => (&[][..], &[][..]),
        };
        let locals = locals.iter().enumerate().filter_map(|(place, name)| {
            let value = self.value(frame.base as usize + place)?;
            Some((Name::InCode(name), value.get::<Cell>().map_or(Some(value), Cell::get)?))
        });
        let closure = closure
            .iter()
            .zip(&code.free)
            .filter_map(|(cell, name)| Some((Name::InCode(name), cell.get::<Cell>().and_then(Cell::get)?)));
        locals.chain(closure).chain(names_in(function.globals()))
    }

    fn globals_of_main(&self) -> impl Iterator<Item = (Name<'_>, Value<'_>)> + Clone {
        let main = self.vm().modules().get_name(self.cx(), "__main__");
        main.and_then(super::ops::attr::module_dict).into_iter().flat_map(names_in)
    }
}

/// What a variable is called.
#[derive(Clone, Copy)]
enum Name<'t> {
    InCode(&'t str),
    InDict(&'t Str),
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::InCode(name) => f.write_str(name),
            Name::InDict(name) => f.write_str(&name.lossy()),
        }
    }
}

fn names_in(globals: &Dict) -> impl Iterator<Item = (Name<'_>, Value<'_>)> + Clone {
    let pairs = globals.entries().iter().filter_map(Entry::pair);
    pairs.filter_map(|(name, value)| Some((Name::InDict(name.get::<Str>()?), value)))
}

fn text(value: Value<'_>) -> Option<String> {
    value.get::<Str>().map(|text| text.lossy().into_owned())
}

fn attribute<'t>(thread: &'t Thread, object: Value<'t>, name: &str) -> Option<Value<'t>> {
    let cx = thread.cx();
    object.get::<Instance>()?.attribute(cx, cx.intern(name)).ok()?
}

/// Whether it is an object of `threading.Thread` or of a class made from it.
fn is_thread(thread: &Thread, object: Value<'_>) -> bool {
    let cx = thread.cx();
    let module = thread.vm().modules().get_name(cx, "threading").and_then(super::ops::attr::module_dict);
    let class = module.and_then(|module| module.get_name(cx, "Thread"));
    let Some(class) = class.and_then(|class| class.get::<Type>()) else { return false };
    cx.class_of(object).is_subclass(class)
}

/// Whether code of this source is part of the library: its sources are named in angle brackets, as are the two that a program
/// can come from without a file.
pub(super) fn is_library_source(name: &str) -> bool {
    name.starts_with('<') && !["<string>", "<stdin>"].contains(&name)
}
