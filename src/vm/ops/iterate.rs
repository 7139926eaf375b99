//! Iteration: `iter()`, `next()`, unpacking.

use minipy_compiler::op::{Count, Op, Reg};
use smallvec::SmallVec;

use crate::heap::{Kind, Object, Value, Word};
use crate::value::class::{Special, class_flag};
use crate::value::list::List;
use crate::value::record::Iter;
use crate::value::{Builtin, Context, Raised, drain, iterate};

use crate::vm::fast::list_at;
use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

/// As the result of a step: there is no further item.
pub(crate) const EXHAUSTED: Flow = Flow::Done(Word::NONE_AT_ALL);

impl Thread {
    /// `iter(object)`; the result goes where `cont` says.
    pub(crate) fn get_iter(&mut self, object: Word, cont: Cont) -> Flow {
        let cx = self.cx();
        let value = self.live(object);
        let class = cx.class_of(value);
        if !class.has(class_flag::CUSTOM_ITER) {
            if value.kind() == Some(Kind::Generator) {
                return Flow::Done(object);
            }
            match iterate::iter(cx, value) {
                Some(Ok(iterator)) => return Flow::Done(iterator.word()),
                Some(Err(Raised)) => return Flow::Raised,
                None => {}
            }
        }
        match class.special(cx, Special::ITER) {
            Some(method) if method.is_none() => self.not_iterable(object),
            Some(method) => {
                let method = method.word();
                match self.call_special(method, object, &[], cont) {
                    Flow::Done(iterator) => self.checked_iterator(iterator),
                    flow => flow,
                }
            }
            None if class.lookup_str(cx, "__getitem__").is_some() => {
                let iterator = Iter::new(cx, Builtin::SequenceIterator, Some(value), None, [0, 0, 1]);
                Flow::Done(Value::object(iterator).word())
            }
            None => self.not_iterable(object),
        }
    }

    /// What `__iter__` returned, if it is an iterator.
    pub(crate) fn checked_iterator(&self, iterator: Word) -> Flow {
        let cx = self.cx();
        let value = self.live(iterator);
        if is_iterator(cx, value) {
            return Flow::Done(iterator);
        }
        cx.type_error(format_args!("iter() returned non-iterator of type '{}'", cx.type_name(value)));
        Flow::Raised
    }

    #[cold]
    fn not_iterable(&self, object: Word) -> Flow {
        let cx = self.cx();
        let name = cx.type_name(self.live(object));
        let message = match self.frame().op() {
            Op::Unpack { .. } | Op::UnpackStar { .. } => format!("cannot unpack non-iterable {name} object"),
            _ => format!("'{name}' object is not iterable"),
        };
        cx.type_error(message);
        Flow::Raised
    }

    /// [`step`](Self::step) of the loop at the program counter, whose item goes to `dst` and whose body begins `body` ops further
    /// on. Where that takes pairs apart at once, and the iterator makes them, none is made.
    pub(crate) fn step_of_loop(&mut self, iterator: Word, dst: Reg, body: isize) -> Flow {
        // SAFETY: the verifier holds that both ways on lead to ops.
        if let Op::Unpack { src, base, count: Count(2) } = unsafe { *self.frame().ip.offset(body) }
            && src == dst
            && self.is_temporary(dst)
            && let Some(flow) = self.step_pair(iterator, dst, base, body)
        {
            return flow;
        }
        if self.live(iterator).kind() == Some(Kind::Iter) {
            // SAFETY: the kind was matched; the iterator is rooted.
            let it = unsafe { &*iterator.address().cast::<Iter>() };
            match iterate::next(self.cx(), it) {
                Ok(Some(item)) => return Flow::Done(item.word()),
                Ok(None) => return EXHAUSTED,
                Err(Raised) => {}
            }
            let flow = self.step_twin(iterator, Cont::Op(Stage::Twin));
            return self.without_stop(flow);
        }
        self.step_of_other(iterator)
    }

    /// [`step_of_loop`](Self::step_of_loop) over what is no native iterator.
    #[inline(never)]
    fn step_of_other(&mut self, iterator: Word) -> Flow {
        let flow = self.step(iterator, Cont::Op(Stage::Twin));
        self.without_stop(flow)
    }

    /// The end of the iteration, if a step raised `StopIteration`.
    fn without_stop(&self, flow: Flow) -> Flow {
        match flow {
            Flow::Raised if self.take_stop_iteration().is_some() => EXHAUSTED,
            flow => flow,
        }
    }

    /// Whether a register belongs to no variable: a loop's item in it is read once, by the op that takes it apart. Variables of a
    /// comprehension stand there as well, but nothing that begins the body of one takes a variable apart.
    fn is_temporary(&self, register: Reg) -> bool {
        usize::from(register.0) >= self.frame().unit().code.locals.len()
    }

    /// Puts the next pair into two registers, if the iterator makes pairs, and goes on behind the op that takes it apart.
    #[inline(never)]
    fn step_pair(&mut self, iterator: Word, item: Reg, to: Reg, body: isize) -> Option<Flow> {
        let it = self.live(iterator).get::<Iter>()?;
        match iterate::next_pair(self.cx(), it)? {
            Ok(Some((first, second))) => {
                let (first, second) = (first.word(), second.word());
                let window = self.frame().base as usize;
                // Ops that follow count the item's register among those that hold something.
                self.set(window + item.0 as usize, Word::NONE);
                self.set(window + to.0 as usize, first);
                self.set(window + to.0 as usize + 1, second);
                self.frame_mut().skip(body + 1);
                Some(Flow::Pushed)
            }
            Ok(None) => Some(EXHAUSTED),
            Err(Raised) => Some(self.step_twin(iterator, Cont::Op(Stage::Twin))),
        }
    }

    /// One step of an iterator: the item, [`EXHAUSTED`], or a frame whose result (or `StopIteration`) comes back where
    /// `cont` says.
    #[inline(always)]
    pub(crate) fn step(&mut self, iterator: Word, cont: Cont) -> Flow {
        let value = self.live(iterator);
        match value.kind() {
            Some(Kind::Iter) => self.step_native(iterator, cont),
            Some(Kind::Generator) => self.resume_generator(iterator, Word::NONE, cont),
            _ => self.step_object(iterator, cont),
        }
    }

    #[inline(always)]
    fn step_native(&mut self, iterator: Word, cont: Cont) -> Flow {
        // SAFETY: the caller has matched the kind; the iterator is rooted.
        let it = unsafe { &*iterator.address().cast::<Iter>() };
        let cx = self.cx();
        match iterate::next(cx, it) {
            Ok(Some(item)) => Flow::Done(item.word()),
            Ok(None) => EXHAUSTED,
            Err(Raised) => self.step_twin(iterator, cont),
        }
    }

    /// The step of a native iterator that raised, or that code of the language makes.
    #[cold]
    fn step_twin(&mut self, iterator: Word, cont: Cont) -> Flow {
        match self.live(iterator).get::<Iter>() {
            Some(it) if self.cx().take_needs_code() => match iterate::next_to_map(self.cx(), it) {
                Some(Ok(Some((function, item)))) => {
                    let (function, item) = (function.word(), item.word());
                    self.call_with(function, &[item], cont)
                }
                Some(Ok(None)) => EXHAUSTED,
                Some(Err(Raised)) => Flow::Raised,
                None => {
                    let (twin, first, second) = iterate::next_twin(self.cx(), it);
                    match (first.word(), second.map(Value::word)) {
                        (first, Some(second)) => self.call_prelude(twin, &[first, second], cont),
                        (only, None) => self.call_prelude(twin, &[only], cont),
                    }
                }
            },
            _ => Flow::Raised,
        }
    }

    fn step_object(&mut self, iterator: Word, cont: Cont) -> Flow {
        let cx = self.cx();
        let value = self.live(iterator);
        let Some(method) = cx.class_of(value).special(cx, Special::NEXT).map(Value::word) else {
            cx.type_error(format_args!("'{}' object is not an iterator", cx.type_name(value)));
            return Flow::Raised;
        };
        let flow = self.call_special(method, iterator, &[], cont);
        self.without_stop(flow)
    }

    /// If the pending exception is a `StopIteration`: takes it and gives its value.
    pub(crate) fn take_stop_iteration(&self) -> Option<Word> {
        let cx = self.cx();
        let pending = cx.take_pending()?;
        if cx.class_of(pending).is_a(cx, Builtin::StopIteration) {
            return Some(crate::value::exception_fields::stop_value(cx, pending).word());
        }
        cx.raise_value(pending);
        None
    }

    /// `Unpack` and `UnpackStar` at the program counter; `items` is a list that stands for the operand.
    pub(crate) fn unpack_op(&mut self, items: Option<Word>) -> Flow {
        let base = self.frame().base as usize;
        let (src, at, before, after) = match self.frame().op() {
            Op::Unpack { src, base, count } => (src, base, count.0 as usize, None),
            Op::UnpackStar { after, src, base, before } => {
                (src, base, before.0 as usize, Some(after.0 as usize))
            }
            _ => return Flow::Raised,
        };
        let operand = items.unwrap_or_else(|| self.get(base + src.0 as usize));
        let found = self.unpack_items(operand, base + at.0 as usize, before, after, items.is_some());
        match found {
            Ok(true) => Flow::Done(Word::NONE),
            Ok(false) => {
                let cx = self.cx();
                let value = self.live(operand);
                if !is_iterable(cx, value) {
                    return self.not_iterable(operand);
                }
                let limit = if after.is_some() { Word::NONE } else { Word::small(before as i64) };
                self.call_prelude("unpack_items", &[operand, limit], Cont::Op(Stage::Retry))
            }
            Err(Raised) => Flow::Raised,
        }
    }

    fn unpack_items(
        &mut self,
        operand: Word,
        place: usize,
        before: usize,
        after: Option<usize>,
        collected: bool,
    ) -> Result<bool, Raised> {
        if let (Some(list), None, false) = (list_at(operand), after, collected)
            && self.unpack_list(list, place, before)
        {
            return Ok(true);
        }
        let words: SmallVec<[Word; 8]> = {
            let cx = self.cx();
            let value = self.live(operand);
            if !collected && cx.class_of(value).has(class_flag::CUSTOM_ITER) {
                return Ok(false);
            }
            // An iterator that is native is walked no further than is needed to count.
            let items =
                if value.kind() == Some(Kind::Iter) { None } else { drain::collect_native(cx, value)? };
            let Some(items) = items else { return Ok(false) };
            check_count(cx, items.len(), before, after)?;
            let words = items.iter().map(|item| item.word());
            match after {
                None => words.collect(),
                Some(after) => {
                    let middle = List::new(cx, &items[before..items.len() - after])?;
                    let last = words.clone().skip(items.len() - after);
                    words.take(before).chain([Value::object(middle).word()]).chain(last).collect()
                }
            }
        };
        self.set_all(place, &words);
        Ok(true)
    }

    /// Puts the items that a list has at one moment into registers, if there are so many.
    #[inline(always)]
    fn unpack_list(&mut self, list: &List, place: usize, count: usize) -> bool {
        let _held = self.cx().lock(list);
        if list.len() != count {
            return false;
        }
        for index in 0..count {
            // A list that nobody changes has no hole among its items.
            let Some(item) = list.get(index).map(Value::word) else { return false };
            self.set(place + index, item);
        }
        true
    }

    fn set_all(&mut self, place: usize, words: &[Word]) {
        for (index, word) in words.iter().enumerate() {
            self.set(place + index, *word);
        }
    }

    /// The register an op names.
    pub(crate) fn reg(&self, reg: Reg) -> Word {
        self.get(self.frame().base as usize + reg.0 as usize)
    }
}

fn check_count(cx: &Context, count: usize, before: usize, after: Option<usize>) -> Result<(), Raised> {
    match after {
        Some(after) if count < before + after => Err(cx.value_error(format_args!(
            "not enough values to unpack (expected at least {}, got {count})",
            before + after
        ))),
        None if count < before => {
            Err(cx.value_error(format_args!("not enough values to unpack (expected {before}, got {count})")))
        }
        None if count > before => {
            Err(cx.value_error(format_args!("too many values to unpack (expected {before})")))
        }
        _ => Ok(()),
    }
}

/// Whether an object has `__next__`.
pub(crate) fn is_iterator(cx: &Context, value: Value<'_>) -> bool {
    match value.kind() {
        Some(Kind::Iter | Kind::Generator) => true,
        _ => cx.class_of(value).special(cx, Special::NEXT).is_some(),
    }
}

/// Whether `iter()` has a chance.
pub(crate) fn is_iterable(cx: &Context, value: Value<'_>) -> bool {
    let class = cx.class_of(value);
    value.kind() == Some(Kind::Generator)
        || class.special(cx, Special::ITER).is_some_and(|method| !method.is_none())
        || class.lookup_str(cx, "__getitem__").is_some()
        || (!class.has(class_flag::CUSTOM_ITER) && iterate::length_hint(value).is_some())
        || value.header().is_some_and(|header| header.kind() == Kind::Iter && Iter::is_kind(header.kind()))
}
