//! What can be seen of a thread that stands still: where it is, what it waits for, and what the program calls that.
//!
//! A thread looks at itself, or at any other while the world is stopped. What a lock is called is found where the program
//! mentions it: in the variables of the function that waits for it. If that is code of the library, as in `queue.get()`, then what
//! is waited for is the object whose method it is, and the name is the one that the caller has for it.

use std::fmt;

use minipy_compiler::CodeKind;

use crate::heap::Value;
use crate::value::class::Type;
use crate::value::dict::Dict;
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
        let name = match caller {
            _ if is_thread(self, subject) => attribute(self, subject, "_name").and_then(text),
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
            moment: match (ends, is_thread(self, subject)) {
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
    fn name_in(&self, variables: Vec<(String, Value<'_>)>, wanted: Value<'_>) -> Option<String> {
        let direct = variables.iter().find(|(_, value)| value.is(wanted)).map(|(name, _)| name.clone());
        direct.or_else(|| variables.iter().find_map(|(name, value)| self.part_of(name, *value, wanted)))
    }

    fn part_of(&self, name: &str, whole: Value<'_>, wanted: Value<'_>) -> Option<String> {
        let cx = self.cx();
        let index = |items: &[Value<'_>]| {
            items
                .iter()
                .take(ELEMENTS)
                .position(|item| item.is(wanted))
                .map(|index| format!("{name}[{index}]"))
        };
        if let Some(list) = whole.get::<List>() {
            return index(&list.to_vec(cx));
        }
        if let Some(tuple) = whole.get::<Tuple>() {
            return index(tuple.items());
        }
        if let Some(dict) = whole.get::<Dict>() {
            let (key, _) = dict.iter().take(ELEMENTS).find(|(_, value)| value.is(wanted))?;
            let key = crate::value::repr::repr(cx, key).ok().and_then(text)?;
            return Some(format!("{name}[{key}]"));
        }
        let attributes = whole.get::<Instance>()?.copy_attributes(cx).ok()?;
        let (attribute, _) = attributes.iter().find(|(_, value)| value.is(wanted))?;
        Some(format!("{name}.{}", text(attribute)?))
    }

    /// The variables that a function sees: its own, those it closes over, the globals.
    fn variables<'t>(&'t self, frame: &'t Frame) -> Vec<(String, Value<'t>)> {
        let unit = frame.unit();
        let mut variables = Vec::new();
        if unit.code.kind == CodeKind::Function {
            for (place, name) in unit.code.locals.iter().enumerate() {
                let value = self.value(frame.base as usize + place);
                let value = value.and_then(|value| value.get::<Cell>().map_or(Some(value), Cell::get));
                variables.extend(value.map(|value| (name.to_string(), value)));
            }
            let closure = frame.function().closure().iter().zip(&unit.code.free);
            for (cell, name) in closure {
                let value = cell.get::<Cell>().and_then(Cell::get);
                variables.extend(value.map(|value| (name.to_string(), value)));
            }
        }
        variables.extend(names_in(frame.function().globals()));
        variables
    }

    fn globals_of_main(&self) -> Vec<(String, Value<'_>)> {
        let main = self.vm().modules().get_name(self.cx(), "__main__");
        main.and_then(super::ops::attr::module_dict)
            .map_or_else(Vec::new, |globals| names_in(globals).collect())
    }
}

fn names_in(globals: &Dict) -> impl Iterator<Item = (String, Value<'_>)> {
    globals.iter().filter_map(|(name, value)| Some((text(name)?, value)))
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
