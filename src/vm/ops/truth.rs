//! Truth: of native values at once, of others through `__bool__` and `__len__`.

use crate::heap::{Kind, Value, Word};
use crate::value::class::{Special, class_flag};
use crate::value::{Builtin, Context, number, sequence};

use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

/// The truth of a value, unless its class defines it in the language.
#[inline]
pub(crate) fn native_truth(cx: &Context, value: Value<'_>) -> Option<bool> {
    if let Some(truth) = value.as_bool() {
        return Some(truth);
    }
    if value.is_none() {
        return Some(false);
    }
    if value.kind() == Some(Kind::Instance) && cx.class_of(value).has(class_flag::CUSTOM_BOOL) {
        return None;
    }
    if let Some(truth) = number::truth(value) {
        return Some(truth);
    }
    Some(sequence::len(value.plain()).is_none_or(|len| len > 0))
}

impl Thread {
    /// Asks for the truth of a value: `Done(True)`, `Done(False)`, or a frame whose result comes back at a stage of truth.
    pub(crate) fn truth(&mut self, word: Word) -> Flow {
        let cx = self.cx();
        let value = self.live(word);
        if let Some(truth) = native_truth(cx, value) {
            return Flow::Done(Word::bool(truth));
        }
        for (special, stage) in [(Special::BOOL, Stage::Truth), (Special::LEN, Stage::Length)] {
            let Some(method) = cx.class_of(value).special(cx, special).map(Value::word) else { continue };
            return match self.call_special(method, word, &[], Cont::Op(stage)) {
                Flow::Done(result) => self.truth_answer(stage, result),
                flow => flow,
            };
        }
        Flow::Done(Word::TRUE)
    }

    /// The truth from what `__bool__` or `__len__` returned.
    pub(crate) fn truth_answer(&self, stage: Stage, result: Word) -> Flow {
        let cx = self.cx();
        let value = self.live(result);
        if stage == Stage::Truth {
            return match value.as_bool() {
                Some(truth) => Flow::Done(Word::bool(truth)),
                None => {
                    cx.type_error(format_args!(
                        "__bool__ should return bool, returned {}",
                        cx.type_name(value)
                    ));
                    Flow::Raised
                }
            };
        }
        match crate::value::int::fixed_of(value) {
            Some(length) if length >= 0 => Flow::Done(Word::bool(length > 0)),
            Some(_) => {
                cx.raise(Builtin::ValueError, "__len__() should return >= 0");
                Flow::Raised
            }
            None => {
                cx.type_error(format_args!(
                    "'{}' object cannot be interpreted as an integer",
                    cx.type_name(value)
                ));
                Flow::Raised
            }
        }
    }
}
