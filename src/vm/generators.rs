//! Running generators: their window is copied onto the stack when they are resumed and back when they yield.

use minipy_compiler::op::Op;

use crate::heap::{Kind, Object, Slot, Value, Word, needs_barrier};
use crate::value::generator::{BLOCK, Generator, GeneratorState};

use super::frame::{Cont, Frame, Role, Stage};
use super::ops::EXHAUSTED;
use super::resume::Next;
use super::thread::{Flow, Thread};

impl Thread {
    /// Resumes a generator with a value; what it yields, or `StopIteration`, goes where `cont` says.
    #[inline(never)]
    pub(crate) fn resume_generator(&mut self, generator: Word, sent: Word, cont: Cont) -> Flow {
        match self.enter_generator(generator, cont) {
            Ok(GeneratorState::Suspended) => {
                self.send(sent);
                Flow::Pushed
            }
            Ok(_) if sent != Word::NONE => {
                self.leave_unstarted();
                self.cx().type_error("can't send non-None value to a just-started generator");
                Flow::Raised
            }
            Ok(_) => Flow::Pushed,
            Err(flow) => flow,
        }
    }

    /// Puts the generator's frame on the stack, where it stopped.
    #[inline(always)]
    fn enter_generator(&mut self, generator: Word, cont: Cont) -> Result<GeneratorState, Flow> {
        // SAFETY: the caller has matched the kind, and the generator is rooted.
        let object = unsafe { &*generator.address().cast::<Generator>() };
        let base = self.top();
        let unit = object.function().unit(self.cx()).map_err(|_| Flow::Raised)?;
        if !self.has_room(base, unit.register_count()) {
            return Err(self.too_deep());
        }
        let state = object.claim(self.cx());
        match state {
            GeneratorState::Running => {
                self.cx().value_error("generator already executing");
                return Err(Flow::Raised);
            }
            GeneratorState::Finished => return Err(EXHAUSTED),
            GeneratorState::Created | GeneratorState::Suspended => {}
        }
        // Most have one block.
        if let [block, more @ ..] = object.saved_blocks() {
            self.fill_block(base, block);
            for (index, block) in more.iter().enumerate() {
                self.fill_block(base + (index + 1) * BLOCK, block);
            }
        }
        self.frames.push(Frame {
            // SAFETY: a generator stands at an op of its code.
            ip: unsafe { unit.ops().add(object.pc() as usize) },
            unit,
            function: Value::object(object.function()).word(),
            companion: generator,
            handled: object.handled().word(),
            base: base as u32,
            cont,
            role: Role::Generator,
        });
        Ok(state)
    }

    /// Fills registers from a block. What it is filled up with lands in registers that hold nothing yet.
    #[inline(always)]
    fn fill_block(&self, place: usize, block: &[Slot; BLOCK]) {
        let registers = self.register(place).cast::<[u64; BLOCK]>();
        // SAFETY: there is room for the window, and behind it for more than a block; nobody writes to the block but who has
        // claimed the generator.
        unsafe { registers.write(std::ptr::from_ref(block).cast::<[u64; BLOCK]>().read()) };
    }

    fn leave_unstarted(&mut self) {
        if let Some(frame) = self.frames.pop()
            && let Some(generator) = self.live(frame.companion).get::<Generator>()
        {
            generator.release(GeneratorState::Created);
        }
    }

    /// The `yield` at the program counter gets what was sent.
    fn send(&mut self, sent: Word) {
        let frame = self.frame();
        let base = frame.base as usize;
        match frame.op() {
            Op::Yield { dst, .. } => {
                self.set(base + dst.0 as usize, sent);
                self.frame_mut().skip(1);
            }
            Op::YieldFrom { dst, .. } => self.set(base + dst.0 as usize, sent),
            _ => {}
        }
    }

    /// Resumes a generator with an exception. What is pending is raised where it stopped, or thrown into what it delegates
    /// to.
    pub(crate) fn throw_into(&mut self, generator: Word, exception: Word, cont: Cont) -> Flow {
        let (mut generator, mut cont) = (generator, cont);
        loop {
            let state = match self.enter_generator(generator, cont) {
                Ok(state) => state,
                Err(EXHAUSTED) => break,
                Err(flow) => return flow,
            };
            let Op::YieldFrom { iter, .. } = self.frame().op() else { break };
            if state != GeneratorState::Suspended {
                break;
            }
            let target = self.reg(iter);
            let is_generator = self.live(target).kind() == Some(Kind::Generator);
            if is_generator && !self.is_exit(exception) {
                // The frame of the one that delegates lies below that of the other: no native recursion.
                (generator, cont) = (target, Cont::Op(Stage::Twin));
                continue;
            }
            let Some(flow) = self.delegate_throw(target, exception) else { break };
            return match flow {
                Flow::Done(word) => match self.complete(word) {
                    Next::Go => Flow::Pushed,
                    Next::Stop(word) => Flow::Done(word),
                    Next::Raised => Flow::Raised,
                },
                flow => flow,
            };
        }
        self.cx().raise_value(self.live(exception));
        Flow::Raised
    }

    fn is_exit(&self, exception: Word) -> bool {
        let cx = self.cx();
        cx.class_of(self.live(exception)).is_a(cx, crate::value::Builtin::GeneratorExit)
    }

    /// Throws into the iterator of a `yield from`, if it can take it; an exit closes it and goes on here.
    fn delegate_throw(&mut self, target: Word, exception: Word) -> Option<Flow> {
        let cont = Cont::Op(Stage::Twin);
        if self.is_exit(exception) {
            return Some(self.call_prelude("close_delegate", &[target, exception], cont));
        }
        let cx = self.cx();
        let method = cx.class_of(self.live(target)).lookup_str(cx, "throw").map(Value::word)?;
        Some(self.call_special(method, target, &[exception], cont))
    }

    /// `YieldFrom` at the program counter.
    pub(super) fn yield_from_op(&mut self) -> Flow {
        let Op::YieldFrom { dst, iter } = self.frame().op() else { return Flow::Raised };
        let (sent, iterator) = (self.reg(dst), self.reg(iter));
        let cont = Cont::Op(Stage::Twin);
        if self.live(iterator).kind() == Some(Kind::Generator) {
            return match self.resume_generator(iterator, sent, cont) {
                EXHAUSTED => self.delegate_finished(Word::NONE),
                flow => flow,
            };
        }
        if sent == Word::NONE {
            return match self.step(iterator, cont) {
                EXHAUSTED => self.delegate_finished(Word::NONE),
                flow => flow,
            };
        }
        let cx = self.cx();
        let name = cx.name("send").word();
        match super::ops::attr::find(cx, self.live(iterator), self.live(name)) {
            Ok(super::ops::attr::Found::Method(function, receiver)) => {
                let (function, receiver) = (function.word(), receiver.word());
                self.call_with(function, &[receiver, sent], cont)
            }
            _ => {
                super::ops::attr::missing(cx, self.live(iterator), self.live(name));
                Flow::Raised
            }
        }
    }

    /// What a `yield from` delegates to has ended with a value: the op is done.
    pub(super) fn delegate_finished(&mut self, value: Word) -> Flow {
        if let Op::YieldFrom { dst, .. } = self.frame().op() {
            let place = self.frame().base as usize + dst.0 as usize;
            self.set(place, value);
            self.frame_mut().skip(1);
        }
        Flow::Pushed
    }

    /// The topmost frame, a generator's, yields: to whoever resumed it, and through those that delegate to it.
    pub(super) fn yield_value(&mut self, word: Word) -> Next {
        loop {
            let Some(frame) = self.frames.last() else { return Next::Stop(word) };
            // SAFETY: only the frame of a generator yields; the frame kept it alive.
            let generator = unsafe { &*frame.companion.address().cast::<Generator>() };
            let cont = frame.cont;
            let (pc, first) = (frame.pc(), frame.base as usize);
            let height = frame.unit().height_at(pc);
            if needs_barrier(generator.header()) || generator.handled().word() != frame.handled {
                self.note_change(generator, height);
            }
            // Nobody looks at what stands above the height.
            if let [block, more @ ..] = generator.blocks_of(height) {
                self.cx().local().store_noted(block, self.block(first));
                for (index, block) in more.iter().enumerate() {
                    self.cx().local().store_noted(block, self.block(first + (index + 1) * BLOCK));
                }
            }
            generator.set_pc(pc, height as u16);
            generator.release(GeneratorState::Suspended);
            self.frames.drop_last();
            if let Cont::Op(_) = cont {
                match self.frame().op() {
                    Op::ForNext { dst, body, .. } => return self.next_item(dst, body, word),
                    Op::ForIter { dst, .. } => return self.store(dst, word),
                    Op::YieldFrom { .. } => continue,
                    _ => {}
                }
            }
            return self.deliver(cont, word);
        }
    }

    /// The topmost frame is about to be saved in its generator: what the collector is to know of that, and what it handles.
    #[cold]
    #[inline(never)]
    fn note_change(&self, generator: &Generator, height: usize) {
        let frame = self.frame();
        let places = generator.blocks().as_flattened();
        for (index, slot) in places.iter().enumerate().take(height) {
            self.cx().local().note(generator.header(), slot, self.get(frame.base as usize + index));
        }
        self.cx().store(generator, generator.handled(), self.word_as_value(frame.handled));
    }

    /// A block of registers.
    #[inline(always)]
    fn block(&self, place: usize) -> &[Word; BLOCK] {
        // SAFETY: behind the window is room for more than a block, and all registers are initialised.
        unsafe { &*self.register(place).cast() }
    }

    fn word_as_value(&self, word: Word) -> Option<Value<'_>> {
        if word.is_nothing() { None } else { Some(self.live(word)) }
    }

    /// A generator has returned.
    pub(super) fn finish_generator(&mut self, frame: Frame, value: Word) -> Next {
        if let Some(generator) = self.live(frame.companion).get::<Generator>() {
            generator.drop_window(self.cx());
            generator.release(GeneratorState::Finished);
        }
        match frame.cont {
            Cont::Op(_) => match self.frame().op() {
                Op::ForIter { .. } | Op::ForNext { .. } => return self.complete(Word::NONE_AT_ALL),
                Op::YieldFrom { .. } => {
                    self.delegate_finished(value);
                    return Next::Go;
                }
                _ => {}
            },
            Cont::Stop => {
                self.raise_stop_iteration(value);
                return Next::Stop(Word::NONE_AT_ALL);
            }
            _ => {}
        }
        self.raise_stop_iteration(value);
        Next::Raised
    }
}
