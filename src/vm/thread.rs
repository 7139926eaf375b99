//! A thread of the language: registers, frames, and nothing that only an operating system could copy.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use minipy_compiler::op::{Count, Reg};

use crate::heap::{Marker, Value, Word};
use crate::value::recursion::CALLS;
use crate::value::{Builtin, Context, Raised};

use super::count::OpCount;
use super::event::Note;
use super::frame::{Cont, Frame, Frames};
use super::host::{Reply, Request, Wake};
use super::machine::Vm;
use super::trap::{Trap, TrapBits};
use super::wait::Wait;

/// How many registers a thread reserves; memory is touched as the stack grows.
pub const REGISTERS: usize = 1 << 23;
/// Registers behind a frame's window that native calls may use for arguments.
pub const SCRATCH: usize = 512;

/// How a native function or an operation ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// With this result.
    Done(Word),
    /// With the context's pending exception.
    Raised,
    /// With a frame on the stack whose result will be that of the call.
    Pushed,
    /// Not yet: the thread's request is to be served, and then the function is called again.
    Park,
}

impl Flow {
    /// From the result of native code.
    #[inline(always)]
    pub fn of(result: Result<Value<'_>, Raised>) -> Flow {
        match result {
            Ok(value) => Flow::Done(value.word()),
            Err(Raised) => Flow::Raised,
        }
    }
}

/// A call of a threaded native function: where its bound arguments stand, and what becomes of the result.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The first argument's register, counted from the bottom of the stack.
    pub base: usize,
    /// How many places the signature has.
    pub count: usize,
    /// What the running frame does with the result of a frame that the function pushes.
    pub cont: Cont,
}

/// A thread of the language.
pub struct Thread {
    context: Context,
    vm: Arc<Vm>,
    registers: *mut Word,
    pub(crate) frames: Frames,
    trap: Arc<Trap>,
    token: u32,
    /// What it asks its host for.
    pub(crate) request: Option<Request>,
    /// How the wait that it asked for ended: set when the function that asked is called again.
    pub(crate) wake: Option<Wake>,
    /// What the work that it asked for has found.
    pub(crate) reply: Option<Reply>,
    /// What it waits for, and until when.
    pub(super) wait: Wait,
    /// A dict of what `threading.local` objects hold for it, or nothing.
    pub(super) locals: Word,
    /// Values that native code holds while it runs code of the language.
    pub(crate) roots: Vec<Word>,
    /// Objects whose `repr` is being made, against endless recursion.
    pub(crate) repr_stack: Vec<Word>,
    nesting: u32,
    collections_seen: usize,
    pub(super) count: OpCount,
}

const STACK: Layout = match Layout::array::<Word>(REGISTERS) {
    Ok(layout) => layout,
    Err(_) => panic!("the stack's layout is valid"),
};

impl Thread {
    /// A thread without frames.
    pub fn new(vm: Arc<Vm>, token: u32, trap: Arc<Trap>) -> Box<Thread> {
        // SAFETY: the layout has a size.
        let registers = unsafe { alloc_zeroed(STACK) }.cast::<Word>();
        if registers.is_null() {
            handle_alloc_error(STACK);
        }
        let (bell, host, ear) = (trap.clone(), vm.host.clone(), trap.clone());
        let context = Context::new(
            vm.world.clone(),
            Box::new(move || bell.set(TrapBits::COLLECT, Default::default())),
            Box::new(move || ear.pending().contains(TrapBits::INTERRUPT) && host.take_interrupt(token, &ear)),
        );
        let mut thread = Box::new(Thread {
            context,
            vm,
            registers,
            frames: Frames::new(),
            trap,
            token,
            request: None,
            wake: None,
            reply: None,
            wait: Wait::default(),
            locals: Word::NONE_AT_ALL,
            roots: Vec::new(),
            repr_stack: Vec::new(),
            nesting: 0,
            collections_seen: 0,
            count: OpCount::default(),
        });
        thread.start_turn();
        let place: *mut Thread = &mut *thread;
        thread.vm.add_thread(place);
        if thread.vm.options.gc_stress {
            thread.trap.set(TrapBits::COLLECT, Default::default());
        }
        thread
    }

    /// What native code works with.
    #[inline(always)]
    pub fn cx(&self) -> &Context {
        &self.context
    }

    /// The machine.
    #[inline(always)]
    pub fn vm(&self) -> &Arc<Vm> {
        &self.vm
    }

    /// Whom the host knows it by.
    pub fn token(&self) -> u32 {
        self.token
    }

    /// Whom the program knows it by: a positive number that no other thread ever has.
    #[inline(always)]
    pub fn ident(&self) -> u32 {
        self.token + 1
    }

    /// How others ask it to stop at a checkpoint.
    #[inline(always)]
    pub fn trap(&self) -> &Trap {
        &self.trap
    }

    // Registers. Places count from the bottom of the stack.

    /// A register's address.
    #[inline(always)]
    pub(crate) fn register(&self, place: usize) -> *mut Word {
        debug_assert!(place < REGISTERS);
        // SAFETY: the place is inside the reserved stack: pushing a frame checks that.
        unsafe { self.registers.add(place) }
    }

    /// What a register holds.
    #[inline(always)]
    pub(crate) fn get(&self, place: usize) -> Word {
        // SAFETY: registers below the running frame's height, and arguments being passed, are initialised.
        unsafe { *self.register(place) }
    }

    /// Fills a register.
    #[inline(always)]
    pub(crate) fn set(&mut self, place: usize, word: Word) {
        // SAFETY: `register` gives an address inside the stack.
        unsafe { *self.register(place) = word };
    }

    /// Empties registers.
    #[inline(always)]
    pub(crate) fn empty(&mut self, places: std::ops::Range<usize>) {
        places.for_each(|place| self.set(place, Word::NONE_AT_ALL));
    }

    /// Empties the registers of a new frame, or the places of a native function, that the arguments do not fill: most often a few,
    /// which takes two stores. What stands behind them belongs to nobody yet.
    #[inline(always)]
    pub(crate) fn unbind(&mut self, first: usize, count: usize) {
        const FEW: usize = 4;
        const { assert!(FEW < SCRATCH) };
        if count > 0 {
            self.empty(first..first + FEW);
        }
        if count > FEW {
            self.empty(first + FEW..first + count);
        }
    }

    /// What a register holds, as a value.
    #[inline(always)]
    pub(crate) fn value(&self, place: usize) -> Option<Value<'_>> {
        // SAFETY: registers are roots.
        unsafe { self.get(place).value() }
    }

    /// A word that is known to be alive: it stands in a register or an object that is reached.
    #[inline(always)]
    pub(crate) fn live(&self, word: Word) -> Value<'_> {
        // SAFETY: the caller has the word from a root, and nothing runs during the borrow.
        unsafe { word.value() }.unwrap_or(Value::NONE)
    }

    /// Registers as values.
    #[inline(always)]
    pub(crate) fn values(&self, place: usize, count: usize) -> &[Value<'_>] {
        // SAFETY: the registers are initialised and filled: they are arguments.
        unsafe { std::slice::from_raw_parts(self.register(place).cast(), count) }
    }

    /// Registers of the running frame's window as values.
    #[inline(always)]
    pub(super) fn row(&self, base: Reg, count: Count) -> &[Value<'_>] {
        self.values(self.frame().base as usize + usize::from(base.0), count.0.into())
    }

    /// Registers as places that may be empty.
    #[inline(always)]
    pub(crate) fn places(&self, place: usize, count: usize) -> &[Option<Value<'_>>] {
        // SAFETY: an empty place is zero, which is None.
        unsafe { std::slice::from_raw_parts(self.register(place).cast(), count) }
    }

    /// The running frame.
    #[inline(always)]
    pub(crate) fn frame(&self) -> &Frame {
        // SAFETY: the thread runs, and its frames are borrowed with it.
        unsafe { &*self.frames.running() }
    }

    /// The running frame.
    #[inline(always)]
    pub(crate) fn frame_mut(&mut self) -> &mut Frame {
        // SAFETY: the thread runs, and its frames are borrowed with it.
        unsafe { &mut *self.frames.running() }
    }

    /// The first place above the running frame's window: where arguments of further calls are written.
    #[inline(always)]
    pub(crate) fn top(&self) -> usize {
        match self.frames.last() {
            Some(frame) => frame.base as usize + frame.unit().register_count(),
            None => 0,
        }
    }

    /// An argument of a threaded native call.
    #[inline(always)]
    pub fn arg(&self, call: &Call, index: usize) -> Option<Value<'_>> {
        if index < call.count { self.value(call.base + index) } else { None }
    }

    /// An argument that the signature requires.
    #[inline(always)]
    pub fn arg_at(&self, call: &Call, index: usize) -> Value<'_> {
        self.arg(call, index).unwrap_or(Value::NONE)
    }

    // Exceptions.

    /// The exception being handled, where `raise` without one finds it.
    pub fn handled(&self) -> Option<Value<'_>> {
        self.frames
            .iter()
            .rev()
            .map(|frame| frame.handled)
            .find(|word| !word.is_nothing())
            .map(|word| self.live(word))
    }

    /// Whether one more frame can be pushed whose window, of `size` registers, begins at `base`.
    #[inline(always)]
    pub(crate) fn has_room(&mut self, base: usize, size: usize) -> bool {
        base + size < REGISTERS - SCRATCH
            && (self.frames.has_room() || self.frames.reserve(self.vm.recursion_limit()))
    }

    /// Sets how deep the stack of frames of any thread may be. Other threads notice at their next checkpoint.
    pub fn set_recursion_limit(&mut self, limit: usize) {
        self.vm.recursion_limit.store(limit, Ordering::Relaxed);
        self.frames.set_limit(limit);
    }

    /// Raises `RecursionError`.
    #[cold]
    pub(crate) fn too_deep(&self) -> Flow {
        self.cx().raise(Builtin::RecursionError, "maximum recursion depth exceeded");
        Flow::Raised
    }

    // Running inside native code.

    /// Counts one more run of the loop inside the loop.
    ///
    /// # Errors
    /// `RecursionError`.
    pub(crate) fn nest(&mut self) -> Result<(), Raised> {
        if self.nesting >= CALLS.limit {
            return Err(self.cx().too_deep(&CALLS));
        }
        self.nesting += 1;
        Ok(())
    }

    /// The reverse of [`nest`](Self::nest).
    pub(crate) fn unnest(&mut self) {
        self.nesting -= 1;
    }

    // Checkpoints.

    /// Does what the trap word asks.
    ///
    /// # Errors
    /// What a signal handler raises: `KeyboardInterrupt`.
    #[cold]
    pub(crate) fn checkpoint(&mut self) -> Result<(), Raised> {
        self.frames.set_limit(self.vm.recursion_limit());
        let pending = self.trap.pending();
        if pending.contains(TrapBits::COLLECT) {
            let stress = self.vm.options.gc_stress;
            if !stress {
                self.trap.clear(TrapBits::COLLECT);
            }
            if stress || self.vm.world.heap.is_due() {
                self.collections_seen += 1;
                let full = stress && self.collections_seen.is_multiple_of(64);
                self.collect(full);
                self.check_memory()?;
            }
        }
        let for_host = TrapBits::DROP_REQUEST | TrapBits::INTERRUPT | TrapBits::TELL;
        if pending.intersects(for_host) && self.vm.host.checkpoint(self) {
            self.abandon_wait();
            return Err(self.cx().raise_with(Builtin::KeyboardInterrupt, &[]));
        }
        Ok(())
    }

    /// Looks whether what survived a collection is within the limit.
    ///
    /// # Errors
    /// `MemoryError`.
    fn check_memory(&mut self) -> Result<(), Raised> {
        // What survived a young collection may be garbage that is old.
        if !self.vm.world.heap.has_room(0) {
            self.collect(true);
        }
        if self.vm.world.heap.has_room(0) {
            return Ok(());
        }
        self.abandon_wait();
        Err(self.cx().memory_error())
    }

    /// Collects garbage, unless another thread was faster.
    fn collect(&self, full: bool) -> bool {
        let vm = &self.vm;
        vm.host.stop_world(self, &mut || {
            vm.host.note(self.token, Note::CollectionBegins);
            vm.collect(full);
            vm.host.note(self.token, Note::CollectionEnds);
        })
    }

    /// Serves the request with which a native function has returned [`Flow::Park`].
    ///
    /// # Errors
    /// `KeyboardInterrupt`.
    #[cold]
    pub(crate) fn serve(&mut self) -> Result<(), Raised> {
        self.report_count();
        match self.request.take() {
            Some(Request::Park { reason, deadline }) => {
                let wake = self.vm.host.park(self, reason, deadline);
                self.end_park(wake);
            }
            Some(Request::Blocking(work)) => {
                self.reply = self.vm.host.blocking(self, work);
                if self.reply.is_none() {
                    return self.checkpoint();
                }
            }
            // Another thread's collection may have been a young one.
            Some(Request::Collect) => while !self.collect(true) {},
            None => {}
        }
        Ok(())
    }

    /// Shows the collector every word the thread holds.
    pub(crate) fn visit_roots(&self, marker: &mut Marker) {
        for frame in self.frames.iter() {
            marker.word(frame.function);
            marker.word(frame.companion);
            marker.word(frame.handled);
            for place in frame.base as usize..frame.base as usize + frame.height() {
                marker.word(self.get(place));
            }
        }
        for word in self.roots.iter().chain(&self.repr_stack) {
            marker.word(*word);
        }
        marker.word(self.wait.root());
        marker.word(self.locals);
        marker.word(self.context.pending_word());
    }

    /// Gives back its blocks, before a collection.
    pub(crate) fn retire(&self) {
        self.context.local().retire();
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let place: *mut Thread = self;
        self.vm.remove_thread(place);
        self.context.local().close();
        // SAFETY: allocated with this layout.
        unsafe { dealloc(self.registers.cast(), STACK) };
    }
}

impl Vm {
    /// The deepest stack of frames.
    pub fn recursion_limit(&self) -> usize {
        self.recursion_limit.load(Ordering::Relaxed)
    }
}
