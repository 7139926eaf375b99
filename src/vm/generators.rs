//! Running generators: their window is copied onto the stack when they are resumed and back when they yield.

use minipy_compiler::op::Op;

use crate::heap::{Kind, Object, Slot, Value, Word, needs_barrier};
use crate::value::generator::{BLOCK, Generator, GeneratorState};

use super::frame::{Cont, Frame, Role, Stage};
use super::ops::EXHAUSTED;
use super::resume::Next;
use super::thread::{Flow, REGISTERS, SCRATCH, Thread};

impl Thread {
    /// Resumes a generator with a value; what it yields, or `StopIteration`, goes where `cont` says.
    #[inline(never)]
    pub(crate) fn resume_generator(&mut self, generator: Word, sent: Word, cont: Cont) -> Flow {
        // SAFETY: the caller has matched the kind, and the generator is rooted.
        let object = unsafe { &*generator.address().cast::<Generator>() };
        if object.height() > BLOCK || !self.frames.has_room() {
            return self.resume_wide(generator, sent, cont);
        }
        match self.enter_generator::<false>(generator, cont) {
            Ok(GeneratorState::Running) => self.resume_wide(generator, sent, cont),
            Ok(state) => self.begin(state, sent),
            Err(flow) => flow,
        }
    }

    /// The same for a generator that has more than one block of registers to go on with, or needs more room for frames.
    #[inline(never)]
    fn resume_wide(&mut self, generator: Word, sent: Word, cont: Cont) -> Flow {
        if !self.has_room(self.top(), 0) {
            return self.too_deep();
        }
        match self.enter_generator::<true>(generator, cont) {
            Ok(state) => self.begin(state, sent),
            Err(flow) => flow,
        }
    }

    /// The generator whose frame is on the stack again gets what is sent.
    #[inline(always)]
    fn begin(&mut self, state: GeneratorState, sent: Word) -> Flow {
        if state == GeneratorState::Suspended {
            self.send(sent);
        } else if sent != Word::NONE {
            return self.cannot_send();
        }
        Flow::Pushed
    }

    #[cold]
    #[inline(never)]
    fn cannot_send(&mut self) -> Flow {
        if let Some(frame) = self.frames.pop()
            && let Some(generator) = self.live(frame.companion).get::<Generator>()
        {
            generator.release(GeneratorState::Created);
        }
        self.cx().type_error("can't send non-None value to a just-started generator");
        Flow::Raised
    }

    /// Puts the generator's frame on the stack, where it stopped; there is room for it among the frames. One that is not `WIDE`
    /// has one block of registers to go on with; `Running` says that another thread has just changed that.
    #[inline(always)]
    fn enter_generator<const WIDE: bool>(
        &mut self,
        generator: Word,
        cont: Cont,
    ) -> Result<GeneratorState, Flow> {
        // SAFETY: the caller has matched the kind, and the generator is rooted.
        let object = unsafe { &*generator.address().cast::<Generator>() };
        let base = self.top();
        // It was loaded when the generator was made.
        let Some(unit) = object.function().lazy_unit().get() else { return Err(Flow::Raised) };
        if base + unit.register_count() >= REGISTERS - SCRATCH {
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
        if WIDE {
            for (index, block) in object.saved_blocks().iter().enumerate() {
                self.fill_block(base + index * BLOCK, block);
            }
        } else {
            if object.height() > BLOCK {
                object.release(state);
                return Ok(GeneratorState::Running);
            }
            self.fill_block(base, object.first_block());
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
            if !self.has_room(self.top(), 0) {
                return self.too_deep();
            }
            let state = match self.enter_generator::<true>(generator, cont) {
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
        while let Some(frame) = self.frames.last() {
            let generator = generator_of(frame);
            let height = frame.unit().height_at(frame.pc());
            if height > BLOCK
                || needs_barrier(generator.header())
                || generator.handled().word() != frame.handled
            {
                return self.yield_any(word);
            }
            // Nobody looks at what stands above the height.
            let words = self.block(frame.base as usize);
            self.cx().local().store_noted(generator.first_block(), words);
            if let Some(next) = self.hand_over(generator, height, word) {
                return next;
            }
        }
        Next::Stop(word)
    }

    /// The same, whatever is to be saved.
    #[inline(never)]
    fn yield_any(&mut self, word: Word) -> Next {
        while let Some(frame) = self.frames.last() {
            let generator = generator_of(frame);
            let height = frame.unit().height_at(frame.pc());
            if needs_barrier(generator.header()) || generator.handled().word() != frame.handled {
                self.note_change(generator, height);
            }
            for (index, block) in generator.blocks_of(height).iter().enumerate() {
                let words = self.block(frame.base as usize + index * BLOCK);
                self.cx().local().store_noted(block, words);
            }
            if let Some(next) = self.hand_over(generator, height, word) {
                return next;
            }
        }
        Next::Stop(word)
    }

    /// The topmost frame, whose registers are saved, is taken off the stack, and what it yields given to the one below: none if that
    /// yields it in turn.
    #[inline(always)]
    fn hand_over(&mut self, generator: &Generator, height: usize, word: Word) -> Option<Next> {
        let (pc, cont) = (self.frame().pc(), self.frame().cont);
        generator.set_pc(pc, height as u16);
        generator.release(GeneratorState::Suspended);
        self.frames.drop_last();
        if let Cont::Op(_) = cont {
            match self.frame().op() {
                Op::ForNext { dst, body, .. } => return Some(self.next_item(dst, body, word)),
                Op::ForIter { dst, .. } => return Some(self.store(dst, word)),
                Op::YieldFrom { .. } => return None,
                _ => {}
            }
        }
        Some(self.deliver(cont, word))
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

/// The generator whose frame this is.
#[inline(always)]
fn generator_of<'t>(frame: &Frame) -> &'t Generator {
    // SAFETY: only the frame of a generator yields; the frame keeps it alive.
    unsafe { &*frame.companion.address().cast::<Generator>() }
}
