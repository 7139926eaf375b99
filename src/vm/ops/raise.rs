//! Raising and matching exceptions.

use minipy_compiler::op::Op;

use crate::heap::{Kind, Value, Word};
use crate::value::class::{Type, class_flag};
use crate::value::exception::{Exception, ExceptionPart};
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, repr};

use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

impl Thread {
    /// `Raise`, `RaiseFrom` and `RaiseAgain` at the program counter.
    pub(crate) fn raise_op(&mut self) -> Flow {
        match self.frame().op() {
            Op::Raise { exc } | Op::RaiseFrom { exc, .. } => {
                let exc = self.reg(exc);
                let cx = self.cx();
                let value = self.live(exc);
                if value.kind() == Some(Kind::Exception) {
                    return self.raise_instance(exc);
                }
                match value.get::<Type>() {
                    Some(class) if class.has(class_flag::EXCEPTION) => {
                        match self.call_with(exc, &[], Cont::Op(Stage::Candidate(0))) {
                            Flow::Done(instance) => self.raise_instance(instance),
                            flow => flow,
                        }
                    }
                    _ => {
                        cx.type_error("exceptions must derive from BaseException");
                        Flow::Raised
                    }
                }
            }
            _ => {
                let cx = self.cx();
                match self.handled() {
                    Some(handled) => {
                        cx.raise_value(handled);
                    }
                    None => {
                        cx.raise(Builtin::RuntimeError, "No active exception to reraise");
                    }
                }
                Flow::Raised
            }
        }
    }

    /// Raises the instance that `Raise` or `RaiseFrom` at the program counter has got.
    pub(crate) fn raise_instance(&mut self, instance: Word) -> Flow {
        if self.live(instance).kind() != Some(Kind::Exception) {
            self.not_an_exception(instance);
            return Flow::Raised;
        }
        if let Op::RaiseFrom { cause, .. } = self.frame().op() {
            let cause = self.reg(cause);
            let is_class =
                self.live(cause).get::<Type>().is_some_and(|class| class.has(class_flag::EXCEPTION));
            self.roots.push(instance);
            let cause = if is_class { self.call_sync(cause, &[]) } else { Ok(cause) };
            self.roots.pop();
            let Ok(cause) = cause else { return Flow::Raised };
            if set_cause(self.cx(), self.live(instance), self.live(cause)).is_err() {
                return Flow::Raised;
            }
        }
        self.cx().raise_value(self.live(instance));
        Flow::Raised
    }

    /// The class that is raised made something else.
    #[cold]
    fn not_an_exception(&self, made: Word) {
        let cx = self.cx();
        let class = match self.frame().op() {
            Op::Raise { exc } | Op::RaiseFrom { exc, .. } => self.live(self.reg(exc)),
            _ => Value::NONE,
        };
        let shown = |value| {
            let text = repr::repr(cx, value).ok().and_then(|text| text.get::<Str>());
            text.map(|text| text.lossy().into_owned()).unwrap_or_default()
        };
        let (class, made) = (shown(class), shown(Value::object(cx.class_of(self.live(made)))));
        cx.take_pending();
        cx.type_error(format_args!(
            "calling {class} should have returned an instance of BaseException, not {made}"
        ));
    }

    /// `MatchException` at the program counter.
    pub(crate) fn match_exception_op(&mut self) -> Flow {
        let Op::MatchException { exc, class, .. } = self.frame().op() else { return Flow::Raised };
        let cx = self.cx();
        let (exc, class) = (self.live(self.reg(exc)), self.live(self.reg(class)));
        match matches(cx, exc, class) {
            Ok(matched) => Flow::Done(Word::bool(matched)),
            Err(Raised) => Flow::Raised,
        }
    }

    /// `LoadExcInfo`: class, exception, traceback.
    pub(crate) fn exc_info(&self, exc: Word) -> [Word; 3] {
        let cx = self.cx();
        let value = self.live(exc);
        let traceback = value.get::<Exception>().and_then(|exc| exc.part(ExceptionPart::Traceback));
        [Value::object(cx.class_of(value)).word(), exc, traceback.unwrap_or(Value::NONE).word()]
    }
}

fn set_cause(cx: &Context, exception: Value<'_>, cause: Value<'_>) -> Result<(), Raised> {
    let Some(exception) = exception.get::<Exception>() else { return Ok(()) };
    if cause.is_none() {
        exception.set_part(cx, ExceptionPart::Cause, None);
    } else if cause.kind() == Some(Kind::Exception) {
        exception.set_part(cx, ExceptionPart::Cause, Some(cause));
    } else {
        return Err(cx.type_error("exception causes must derive from BaseException"));
    }
    exception.set_suppress_context(true);
    Ok(())
}

/// Whether an exception is an instance of the class, or of one in the tuple.
pub(crate) fn matches(cx: &Context, exc: Value<'_>, class: Value<'_>) -> Result<bool, Raised> {
    if let Some(tuple) = class.get::<Tuple>() {
        let mut found = false;
        for class in tuple.items() {
            if !class.get::<Type>().is_some_and(|class| class.has(class_flag::EXCEPTION)) {
                return Err(not_an_exception_class(cx));
            }
            found |= matches(cx, exc, *class)?;
        }
        return Ok(found);
    }
    match class.get::<Type>() {
        Some(class) if class.has(class_flag::EXCEPTION) => Ok(cx.class_of(exc).is_subclass(class)),
        _ => Err(not_an_exception_class(cx)),
    }
}

#[cold]
fn not_an_exception_class(cx: &Context) -> Raised {
    cx.type_error("catching classes that do not inherit from BaseException is not allowed")
}
