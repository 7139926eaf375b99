//! Calls whose results are remembered (`functools.lru_cache`). A wrapper is an instance of a class of the library with the
//! slots named here. Where its function is one of the language, no frame stands between it and the caller.
//!
//! What a key's hash or comparison needs code for, and what is called that is no function of the language, is left to the
//! method `_by_code` of the wrapper's class.

use smallvec::SmallVec;

use crate::heap::{Kind, Value, Word};
use crate::value::dict::Dict;
use crate::value::hash::hash;
use crate::value::instance::Instance;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res, int, shape_of};

use super::call::Arguments;
use super::frame::{Cont, Frame, Role};
use super::resume::Next;
use super::thread::{Flow, Thread};

/// A slot of a wrapper, in the order of the `__slots__` of its class.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// What is called.
    Function,
    /// A dict of the results.
    Results,
    /// How many there may be, or None.
    Most,
    /// Whether the classes of the arguments tell calls apart.
    Typed,
    /// What stands between arguments by position and by name in a key.
    Mark,
    /// How many calls found their result.
    Hits,
    /// How many did not.
    Misses,
}

/// What a wrapper has in a slot.
fn part<'t>(wrapper: &'t Instance, part: Part) -> Value<'t> {
    wrapper.declared_slot(part as u16).and_then(|slot| slot.get()).unwrap_or(Value::NONE)
}

/// Counts one more hit or miss.
pub(crate) fn count(cx: &Context, wrapper: &Instance, part: Part) {
    let _held = cx.lock(wrapper);
    if let Some(slot) = wrapper.declared_slot(part as u16) {
        let before = slot.get().and_then(Value::as_small).unwrap_or(0);
        cx.store(wrapper, slot, Some(cx.int(before + 1)));
    }
}

/// The results of a wrapper.
pub(crate) fn results<'t>(cx: &'t Context, wrapper: &'t Instance) -> Result<&'t Dict, Raised> {
    let results = part(wrapper, Part::Results).get::<Dict>();
    results.ok_or_else(|| cx.type_error("the wrapper has no results"))
}

/// How many results a wrapper keeps.
pub(crate) fn most(wrapper: &Instance) -> usize {
    let most = part(wrapper, Part::Most);
    if most.is_none() { usize::MAX } else { int::i64_of(most).map_or(usize::MAX, |most| most as usize) }
}

/// Calls the wrapper that is the first argument with the others.
pub(crate) fn call(th: &mut Thread, args: Arguments, cont: Cont) -> Flow {
    if args.count == 0 {
        th.cx().type_error("unbound method needs an argument");
        return Flow::Raised;
    }
    let wrapper = th.get(args.base);
    match look_up(th, args) {
        Ok(Looked::Found(word)) => Flow::Done(word),
        Ok(Looked::Missing { function, note }) => call_remembered(th, function, note, args, cont),
        Ok(Looked::ByCode { key }) => call_by_code(th, wrapper, key, args, cont),
        Err(Raised) => Flow::Raised,
    }
}

/// How a call goes on.
enum Looked {
    /// With its result.
    Found(Word),
    /// With the function; the note says who remembers the result for which key. There is none where nobody does.
    Missing { function: Word, note: Word },
    /// In the language.
    ByCode { key: Word },
}

fn look_up(th: &Thread, args: Arguments) -> Result<Looked, Raised> {
    let cx = th.cx();
    let Some(wrapper) = th.live(th.get(args.base)).get::<Instance>() else {
        return Err(cx.type_error("descriptor requires a '_lru_cache_wrapper' object"));
    };
    let most = part(wrapper, Part::Most);
    let keeps = most.as_small() != Some(0);
    let key = if keeps { key_of(th, wrapper, args)? } else { Value::NONE };
    let found = if keeps { find(cx, wrapper, key, most.is_none()) } else { Ok(None) };
    let function = part(wrapper, Part::Function);
    match found {
        Ok(Some(result)) => {
            count(cx, wrapper, Part::Hits);
            Ok(Looked::Found(result.word()))
        }
        Ok(None) if function.kind() == Some(Kind::Function) => {
            count(cx, wrapper, Part::Misses);
            let note = match keeps {
                true => cx.tuple(&[Value::object(wrapper), key])?.word(),
                false => Word::NONE_AT_ALL,
            };
            Ok(Looked::Missing { function: function.word(), note })
        }
        Ok(None) => Ok(Looked::ByCode { key: key.word() }),
        Err(Raised) if cx.take_needs_code() => Ok(Looked::ByCode { key: key.word() }),
        Err(Raised) => Err(Raised),
    }
}

fn find<'t>(
    cx: &'t Context,
    wrapper: &'t Instance,
    key: Value<'t>,
    is_endless: bool,
) -> Result<Option<Value<'t>>, Raised> {
    let (results, hash) = (results(cx, wrapper)?, hash(cx, key)?);
    if is_endless { results.get_hashed(cx, key, hash) } else { results.get_to_end(cx, key, hash) }
}

/// What calls with equal arguments have in common. As in CPython, one argument that is an int or a str stands for itself.
fn key_of<'t>(th: &'t Thread, wrapper: &'t Instance, args: Arguments) -> Res<'t> {
    let cx = th.cx();
    let given = th.values(args.base + 1, args.count - 1);
    let is_typed = part(wrapper, Part::Typed).is(Value::TRUE);
    if args.names.is_nothing() && !is_typed {
        return match given {
            [only] if matches!(shape_of(*only), INT | STR) => Ok(*only),
            _ => cx.tuple(given),
        };
    }
    let names = th.live(args.names).get::<Tuple>().map_or(&[][..], Tuple::items);
    let (positional, by_name) = given.split_at(given.len() - names.len());
    let mut key: SmallVec<[_; 12]> = positional.iter().copied().collect();
    if !names.is_empty() {
        key.push(part(wrapper, Part::Mark));
        key.extend(names.iter().zip(by_name).flat_map(|(name, value)| [*name, *value]));
    }
    if is_typed {
        key.extend(given.iter().map(|value| Value::object(cx.class_of(*value))));
    }
    cx.tuple(&key)
}

const INT: u32 = Builtin::Int.shape();
const STR: u32 = Builtin::Str.shape();

/// Calls a function of the language, and has its result remembered.
fn call_remembered(th: &mut Thread, function: Word, note: Word, args: Arguments, cont: Cont) -> Flow {
    let behind = Arguments { base: args.base + 1, count: args.count - 1, ..args };
    let flow = th.call_function(function, behind, cont);
    if note.is_nothing() {
        return flow;
    }
    match flow {
        Flow::Pushed => {
            let frame = th.frame_mut();
            frame.role = Role::Remembered;
            frame.companion = note;
            Flow::Pushed
        }
        // A generator.
        Flow::Done(word) => match remember(th.cx(), note, word) {
            Ok(()) => Flow::Done(word),
            Err(Raised) => th.remember_by_code(note, word, cont),
        },
        flow => flow,
    }
}

/// Has the wrapper in the note remember a result for the key in it.
fn remember(cx: &Context, note: Word, result: Word) -> Result<(), Raised> {
    // SAFETY: a note is held by its frame, or was made just now; and a result is alive.
    let (note, result) = unsafe { (note.value(), result.value()) };
    let Some([wrapper, key]) = note.and_then(|note| note.get::<Tuple>()).map(Tuple::items) else {
        return Ok(());
    };
    let (Some(wrapper), Some(result)) = (wrapper.get::<Instance>(), result) else { return Ok(()) };
    let (results, hash) = (results(cx, wrapper)?, hash(cx, *key)?);
    match most(wrapper) {
        usize::MAX => results.set_hashed(cx, &cx.lock(results), *key, hash, result),
        most => results.keep(cx, *key, hash, result, most),
    }
}

fn call_by_code(th: &mut Thread, wrapper: Word, key: Word, args: Arguments, cont: Cont) -> Flow {
    let made = {
        let cx = th.cx();
        let names = th.live(args.names).get::<Tuple>().map_or(&[][..], Tuple::items);
        let (positional, by_name) =
            th.values(args.base + 1, args.count - 1).split_at(args.count - 1 - names.len());
        let keywords = Dict::new(cx);
        let set = names.iter().zip(by_name).try_for_each(|(name, value)| keywords.set(cx, *name, *value));
        set.and_then(|()| Ok([cx.tuple(positional)?.word(), Value::object(keywords).word()]))
    };
    match made {
        Ok([positional, by_name]) => {
            th.call_wrapper_method("_by_code", wrapper, &[key, positional, by_name], cont)
        }
        Err(Raised) => Flow::Raised,
    }
}

impl Thread {
    /// The function of a wrapper has returned: the result is remembered, and delivered.
    pub(super) fn finish_remembered(&mut self, frame: Frame, word: Word) -> Next {
        let flow = match remember(self.cx(), frame.companion, word) {
            Ok(()) => return self.deliver(frame.cont, word),
            Err(Raised) => self.remember_by_code(frame.companion, word, frame.cont),
        };
        match flow {
            Flow::Pushed => Next::Go,
            _ if frame.cont == Cont::Stop => Next::Stop(Word::NONE_AT_ALL),
            _ => Next::Raised,
        }
    }

    /// Goes on with what [`remember`] could not do.
    #[cold]
    fn remember_by_code(&mut self, note: Word, result: Word, cont: Cont) -> Flow {
        if !self.cx().take_needs_code() {
            return Flow::Raised;
        }
        let Some([wrapper, key]) = self.live(note).get::<Tuple>().map(Tuple::items) else {
            return Flow::Raised;
        };
        let (wrapper, key) = (wrapper.word(), key.word());
        self.call_wrapper_method("_keep", wrapper, &[key, result], cont)
    }

    #[cold]
    fn call_wrapper_method(&mut self, name: &'static str, wrapper: Word, args: &[Word], cont: Cont) -> Flow {
        let cx = self.cx();
        let method = cx.class_of(self.live(wrapper)).lookup_str(cx, name);
        let Some(method) = method.map(Value::word) else {
            cx.type_error(format_args!("the wrapper has no method '{name}'"));
            return Flow::Raised;
        };
        let args: SmallVec<[Word; 4]> = std::iter::once(wrapper).chain(args.iter().copied()).collect();
        self.call_with(method, &args, cont)
    }
}
