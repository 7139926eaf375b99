//! Displays, strings and functions: the ops that put objects together.

use minipy_compiler::op::{Convert, FunctionParts, Op};

use crate::heap::{Kind, Value, Word};
use crate::value::class::class_flag;
use crate::value::dict::Dict;
use crate::value::function::{Function, FunctionPart};
use crate::value::list::List;
use crate::value::set::Set;
use crate::value::str::Str;
use crate::value::{Raised, drain, format, repr};

use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

impl Thread {
    /// `Format` and `FormatSpec` at the program counter.
    pub(crate) fn format_op(&mut self) -> Flow {
        let (convert, src, spec) = match self.frame().op() {
            Op::Format { convert, src, .. } => (convert, src, None),
            Op::FormatSpec { convert, src, spec, .. } => (convert, src, Some(spec)),
            _ => return Flow::Raised,
        };
        let (operand, spec) = (self.reg(src), spec.map(|spec| self.reg(spec)));
        let cx = self.cx();
        let value = self.live(operand);
        let converted = match convert {
            Convert::None => Ok(value),
            Convert::Str => repr::str_of(cx, value),
            Convert::Repr => repr::repr(cx, value),
            Convert::Ascii => repr::ascii(cx, value),
        };
        let formatted = converted.and_then(|value| match spec {
            None if value.kind() == Some(Kind::Str) => Ok(value),
            None => format::format(cx, value, b""),
            Some(spec) => {
                let spec = self.live(spec).get::<Str>().map_or(&[][..], Str::as_bytes);
                format::format(cx, value, spec)
            }
        });
        match formatted {
            Ok(text) => Flow::Done(text.word()),
            Err(Raised) if cx.take_needs_code() => {
                let convert = Word::small(convert as i64);
                let spec = spec.unwrap_or_else(|| cx.intern("").word());
                self.call_prelude("format_converted", &[operand, convert, spec], Cont::Op(Stage::Twin))
            }
            Err(Raised) => Flow::Raised,
        }
    }

    /// `BuildString` at the program counter.
    pub(crate) fn build_string_op(&mut self) -> Flow {
        let Op::BuildString { base, count, .. } = self.frame().op() else { return Flow::Raised };
        let place = self.frame().base as usize + base.0 as usize;
        let parts = self.values(place, count.0 as usize);
        let strings = || parts.iter().filter_map(|part| part.get::<Str>());
        let sizes = |(len, chars), part: &Str| (len + part.byte_len(), chars + part.char_count());
        let (len, chars) = strings().fold((0, 0), sizes);
        // Two halves of a surrogate pair that meet stay two code points, as in CPython.
        let made = Str::from_parts(self.cx(), len, chars, strings().map(Str::as_bytes));
        Flow::of(made.map(Value::object))
    }

    /// `BuildSet` and `BuildDict` at the program counter.
    pub(crate) fn build_hashed_op(&mut self) -> Flow {
        let (base, count, is_dict) = match self.frame().op() {
            Op::BuildSet { base, count, .. } => (base, count, false),
            Op::BuildDict { base, count, .. } => (base, count, true),
            _ => return Flow::Raised,
        };
        let place = self.frame().base as usize + base.0 as usize;
        let count = count.0 as usize * if is_dict { 2 } else { 1 };
        let cx = self.cx();
        let items = self.values(place, count);
        let made = if is_dict {
            Dict::with_capacity(cx, count / 2).and_then(|dict| {
                items
                    .chunks(2)
                    .try_for_each(|pair| dict.set(cx, pair[0], pair[1]))
                    .map(|()| Value::object(dict))
            })
        } else {
            let set = Set::new_set(cx);
            items.iter().try_for_each(|item| set.add(cx, *item).map(drop)).map(|()| Value::object(set))
        };
        match made {
            Ok(value) => Flow::Done(value.word()),
            Err(Raised) if cx.take_needs_code() => match cx.tuple(items).map(Value::word) {
                Ok(items) => {
                    let twin = if is_dict { "build_dict" } else { "build_set" };
                    self.call_prelude(twin, &[items], Cont::Op(Stage::Twin))
                }
                Err(Raised) => Flow::Raised,
            },
            Err(Raised) => Flow::Raised,
        }
    }

    /// The ops that add to a display that only this frame knows. `items` stands for the operand where it was collected.
    pub(crate) fn extend_op(&mut self, items: Option<Word>) -> Flow {
        match self.frame().op() {
            Op::ListExtend { list, items: from } => {
                self.list_extend(self.reg(list), items.unwrap_or(self.reg(from)))
            }
            Op::SetUpdate { set, items } => {
                let (set, items) = (self.reg(set), self.reg(items));
                self.call_prelude("display_set_update", &[set, items], Cont::Discard)
            }
            Op::DictUpdate { dict, items } => {
                let (dict, items) = (self.reg(dict), self.reg(items));
                self.call_prelude("display_dict_update", &[dict, items], Cont::Discard)
            }
            Op::DictMerge { dict, items, func } => {
                let (dict, items, func) = (self.reg(dict), self.reg(items), self.reg(func));
                self.dict_merge(dict, items, func)
            }
            Op::StarTuple { src, func, .. } => {
                let (src, func) = (self.reg(src), self.reg(func));
                self.star_tuple(src, func)
            }
            _ => Flow::Raised,
        }
    }

    /// Adds an item to the set of a display or a comprehension.
    pub(crate) fn set_add(&mut self, set: Word, value: Word) -> Flow {
        let cx = self.cx();
        match self.live(set).get::<Set>().map(|target| target.add(cx, self.live(value))) {
            Some(Err(Raised)) if cx.take_needs_code() => {
                self.call_prelude("set_add", &[set, value], Cont::Discard)
            }
            Some(Err(Raised)) | None => Flow::Raised,
            Some(Ok(_)) => Flow::Done(Word::NONE),
        }
    }

    fn list_extend(&mut self, list: Word, items: Word) -> Flow {
        let cx = self.cx();
        let value = self.live(items);
        if !cx.class_of(value).has(class_flag::CUSTOM_ITER) {
            match drain::collect_native(cx, value) {
                Ok(Some(items)) => {
                    let Some(target) = self.live(list).get::<List>() else { return Flow::Raised };
                    return match target.extend(cx, &items) {
                        Ok(()) => Flow::Done(Word::NONE),
                        Err(Raised) => Flow::Raised,
                    };
                }
                Ok(None) => {}
                Err(Raised) if cx.take_needs_code() => {}
                Err(Raised) => return Flow::Raised,
            }
        }
        if !super::iterate::is_iterable(cx, value) {
            cx.type_error(format_args!("Value after * must be an iterable, not {}", cx.type_name(value)));
            return Flow::Raised;
        }
        self.call_prelude("collect", &[items], Cont::Op(Stage::Retry))
    }

    fn star_tuple(&mut self, src: Word, func: Word) -> Flow {
        let cx = self.cx();
        let value = self.live(src);
        if cx.class_of(value).is(crate::value::Builtin::Tuple) {
            return Flow::Done(src);
        }
        if !super::iterate::is_iterable(cx, value) {
            let name = callee_name(cx, self.live(func));
            cx.type_error(format_args!(
                "{name} argument after * must be an iterable, not {}",
                cx.type_name(value)
            ));
            return Flow::Raised;
        }
        self.call_prelude("collect_tuple", &[src], Cont::Op(Stage::Twin))
    }

    fn dict_merge(&mut self, dict: Word, items: Word, func: Word) -> Flow {
        let cx = self.cx();
        let (target, source) = (self.live(dict), self.live(items));
        let name = || callee_name(cx, self.live(func));
        let (Some(target), Some(from)) = (target.get::<Dict>(), source.get::<Dict>()) else {
            if cx.class_of(source).lookup_str(cx, "keys").is_none() {
                cx.type_error(format_args!(
                    "{} argument after ** must be a mapping, not {}",
                    name(),
                    cx.type_name(source)
                ));
                return Flow::Raised;
            }
            return self.call_prelude("merge_mapping", &[dict, items, func], Cont::Discard);
        };
        for (key, value) in from.items(cx) {
            let Some(text) = key.get::<Str>() else {
                cx.type_error("keywords must be strings");
                return Flow::Raised;
            };
            match target.get(cx, key) {
                Ok(None) => {}
                Ok(Some(_)) => {
                    cx.type_error(format_args!(
                        "{} got multiple values for keyword argument '{}'",
                        name(),
                        text.lossy()
                    ));
                    return Flow::Raised;
                }
                Err(Raised) => return Flow::Raised,
            }
            if target.set(cx, key, value).is_err() {
                return Flow::Raised;
            }
        }
        Flow::Done(Word::NONE)
    }

    /// `MakeFunction` at the program counter.
    pub(crate) fn make_function_op(&mut self) -> Flow {
        let Op::MakeFunction { parts, base, code, .. } = self.frame().op() else { return Flow::Raised };
        let frame = self.frame();
        let child = &frame.unit().children[code.0 as usize];
        let function = Function::new(self.cx(), child, frame.function().globals());
        let mut place = frame.base as usize + base.0 as usize;
        for (bit, part) in [
            (FunctionParts::DEFAULTS, FunctionPart::Defaults),
            (FunctionParts::KW_DEFAULTS, FunctionPart::KwDefaults),
            (FunctionParts::ANNOTATIONS, FunctionPart::Annotations),
            (FunctionParts::CLOSURE, FunctionPart::Closure),
        ] {
            if parts.0 & bit != 0 {
                function.set_part(self.cx(), part, self.value(place));
                place += 1;
            }
        }
        Flow::Done(Value::object(function).word())
    }
}

/// How messages about a call's arguments name the callee.
pub(crate) fn callee_name(cx: &crate::value::Context, callee: Value<'_>) -> String {
    let name = crate::value::function::callable_name(cx, callee);
    format!("{name}()")
}
