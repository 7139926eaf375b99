//! Unwinding: from where an exception was raised to the handler that takes it, leaving a traceback behind.

use minipy_compiler::CodeKind;
use minipy_compiler::op::Op;

use crate::heap::{Value, Word};
use crate::value::Builtin;
use crate::value::dict::Dict;
use crate::value::exception::{Exception, ExceptionPart, Traceback};
use crate::value::function::Cell;
use crate::value::generator::{Generator, GeneratorState};

use super::frame::{Cont, Frame, Role, Stage};
use super::resume::Next;
use super::thread::{Flow, Thread};

impl Thread {
    /// An exception is pending in the topmost frame: finds its handler. `Go` if there is one; `Stop` with nothing if the
    /// exception leaves the run and is still pending.
    #[cold]
    pub(super) fn unwind(&mut self) -> Next {
        self.link_context();
        let mut first = true;
        loop {
            let reraised = first && self.is_raised_again();
            first = false;
            if !reraised && !self.frame().unit().hidden {
                self.add_traceback();
            }
            let frame = *self.frame();
            if let Some(handler) = frame.unit().code.handler(frame.pc()) {
                let pending = self.cx().take_pending().map_or(Word::NONE, Value::word);
                self.set(frame.base as usize + handler.exc.0 as usize, pending);
                self.frame_mut().go_to(handler.target);
                return Next::Go;
            }
            self.frames.pop();
            if frame.role == Role::Generator {
                self.abandon_generator(&frame);
            }
            match frame.cont {
                Cont::Stop => return Next::Stop(Word::NONE_AT_ALL),
                Cont::Op(stage) => match self.op_takes_exception(stage) {
                    Some(Next::Raised) | None => {}
                    Some(next) => return next,
                },
                Cont::Store(_) | Cont::Discard => {}
            }
        }
    }

    /// Gives the op of the topmost frame the chance to take the exception of the frame it pushed.
    fn op_takes_exception(&mut self, stage: Stage) -> Option<Next> {
        match self.frame().op() {
            Op::ForIter { .. } | Op::ForNext { .. } => {
                self.take_stop_iteration()?;
                Some(self.complete(Word::NONE_AT_ALL))
            }
            Op::YieldFrom { .. } => {
                let value = self.take_stop_iteration()?;
                self.delegate_finished(value);
                Some(Next::Go)
            }
            Op::GetAttr { obj, site, .. } | Op::LoadMethod { obj, site, .. } if stage == Stage::Fallback => {
                let (object, name) = (self.reg(obj), self.frame().unit().site_name(site.0).word());
                match self.getattr_fallback(object, name, Cont::Op(Stage::Twin)) {
                    Flow::Raised => None,
                    flow => Some(self.settle(flow)),
                }
            }
            _ => None,
        }
    }

    /// Whether the topmost frame raises an exception that is already in its traceback.
    fn is_raised_again(&self) -> bool {
        match self.frame().op() {
            Op::Reraise { .. } => true,
            Op::RaiseAgain { .. } => {
                self.handled().is_some_and(|handled| handled.word() == self.cx().pending_word())
            }
            _ => false,
        }
    }

    /// The exception left a generator: it is finished, and a `StopIteration` becomes a `RuntimeError`.
    fn abandon_generator(&mut self, frame: &Frame) {
        let cx = self.cx();
        if let Some(generator) = self.live(frame.companion).get::<Generator>() {
            generator.drop_window(cx);
            generator.release(GeneratorState::Finished);
        }
        let Some(pending) = cx.take_pending() else { return };
        if !cx.class_of(pending).is_a(cx, Builtin::StopIteration) {
            cx.raise_value(pending);
            return;
        }
        cx.raise(Builtin::RuntimeError, "generator raised StopIteration");
        let Some(error) = cx.take_pending() else { return };
        if let Some(exception) = error.get::<Exception>() {
            exception.set_part(cx, ExceptionPart::Cause, Some(pending));
            exception.set_part(cx, ExceptionPart::Context, Some(pending));
            exception.set_suppress_context(true);
            if let Some(traceback) = pending.get::<Exception>().and_then(|e| e.part(ExceptionPart::Traceback))
                && let Some(entry) = traceback.get::<Traceback>()
            {
                let copy = Traceback::new(cx, (entry.unit(), entry.pc()), None, (None, None));
                exception.set_part(cx, ExceptionPart::Traceback, Some(Value::object(copy)));
            }
        }
        cx.raise_value(error);
    }

    /// The exception being handled becomes the context of the pending one, cycles broken as CPython does.
    fn link_context(&self) {
        let cx = self.cx();
        let Some(handled) = self.handled() else { return };
        let Some(pending) = cx.take_pending() else { return };
        cx.raise_value(pending);
        let Some(exception) = pending.get::<Exception>() else { return };
        if pending.is(handled) || matches!(self.frame().op(), Op::Reraise { .. } | Op::RaiseAgain { .. }) {
            return;
        }
        let mut link = handled;
        while let Some(next) = link.get::<Exception>().and_then(|link| link.part(ExceptionPart::Context)) {
            if next.is(pending) {
                if let Some(link) = link.get::<Exception>() {
                    link.set_part(cx, ExceptionPart::Context, None);
                }
                break;
            }
            link = next;
        }
        exception.set_part(cx, ExceptionPart::Context, Some(handled));
    }

    /// The `self` of the topmost frame, if its first parameter is called that.
    fn receiver(&self) -> Option<Value<'_>> {
        let frame = self.frame();
        let code = &frame.unit().code;
        let named = code.param_count() > 0 && code.locals.first().is_some_and(|name| &**name == "self");
        let value = (named && frame.height() > 0).then(|| self.value(frame.base as usize)).flatten()?;
        value.get::<Cell>().map_or(Some(value), Cell::get)
    }

    /// The names of the local variables of the topmost frame that are bound: what a wrong name could have meant.
    fn bound_names(&self) -> Vec<Value<'_>> {
        let frame = self.frame();
        let unit = frame.unit();
        let base = frame.base as usize;
        let is_bound = |cell: Value<'_>| cell.get::<Cell>().is_none_or(|cell| cell.get().is_some());
        if matches!(unit.code.kind, CodeKind::ClassBody | CodeKind::Namespace) {
            let namespace = self.value(base).and_then(|namespace| namespace.get::<Dict>());
            return namespace
                .map_or_else(Vec::new, |namespace| namespace.iter().map(|(name, _)| name).collect());
        }
        let locals = unit.local_names().enumerate().take(frame.height());
        let locals = locals.filter(|(place, _)| self.value(base + place).is_some_and(is_bound));
        let free = frame.function().closure().iter().enumerate().filter(|(_, cell)| is_bound(**cell));
        let free = free.map(|(place, _)| unit.free_name(place as u16));
        locals.map(|(_, name)| name).chain(free).collect()
    }

    /// Notes the topmost frame in the pending exception's traceback.
    fn add_traceback(&self) {
        let cx = self.cx();
        let Some(pending) = cx.take_pending() else { return };
        cx.raise_value(pending);
        if let Some(exception) = pending.get::<Exception>() {
            let frame = self.frame();
            let rest = exception.part(ExceptionPart::Traceback);
            let function = self.live(frame.function);
            let entry =
                Traceback::new(cx, (frame.unit(), frame.pc()), rest, (Some(function), self.receiver()));
            if rest.is_none()
                && cx.class_of(pending).is_a(cx, Builtin::NameError)
                && let Ok(names) = cx.tuple(&self.bound_names())
            {
                entry.set_names(cx, names);
            }
            exception.set_part(cx, ExceptionPart::Traceback, Some(Value::object(entry)));
        }
    }
}
