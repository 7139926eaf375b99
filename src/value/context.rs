//! What native code works with: a thread's allocator, the machine's classes and names, and the exception it raises.
//!
//! Native code that borrows a [`Context`] cannot run code of the language, so that no collection happens during the
//! borrow: the values it holds stay alive. Code that calls back takes the thread mutably, which ends the borrow.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, RwLock};

use crate::heap::{Header, Heap, Held, Local, Marker, Object, Slot, Value, Word};

use super::builtin::Builtin;
use super::class::Type;
use super::dict::Dict;
use super::exception::Exception;
use super::lazy_unit::LazyUnit;
use super::list::{List, Store};
use super::names::{Name, Names};
use super::recall::{Access, Looked, Recall};
use super::recursion::{Outcome, Recursion};
use super::shape::Shapes;
use super::str::Str;
use super::text::error::{Error, Kind as ErrorKind};
use super::tuple::Tuple;
use super::unit::{InlineCache, Unit};

/// An exception is pending in the context (or code of the language is needed: see [`Context::needs_code`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Raised;

/// A value, or an exception is pending: one word.
pub type Res<'t> = Result<Value<'t>, Raised>;

const _: () = assert!(size_of::<Res<'static>>() == 8);

/// How much of the lists that only grow collections have seen.
#[derive(Default)]
struct Seen {
    names: usize,
    units: usize,
    permanent: usize,
    shapes: u32,
}

/// The members of the built-in classes, which are made when somebody asks for them.
pub(crate) struct Members {
    /// Whether the class may have a member of this name. No means that it has none.
    pub(crate) may_have: Box<MayHave>,
    /// Puts those of a class into its dict.
    pub(crate) make: Box<MakeMembers>,
}

type MayHave = dyn Fn(Builtin, &str) -> bool + Send + Sync;
type MakeMembers = dyn Fn(&Context, &Type, &Dict) -> Result<(), Raised> + Send + Sync;

/// What the threads of one machine share.
pub struct World {
    /// Where objects stand.
    pub heap: Arc<Heap>,
    /// Classes and slots of objects.
    pub shapes: Shapes,
    interned: Mutex<Names>,
    /// The units of files; each owns those nested in it.
    #[expect(clippy::vec_box, reason = "frames hold the addresses of units")]
    files: Mutex<Vec<Box<LazyUnit>>>,
    /// Those that are loaded, or being loaded, in that order.
    units: Mutex<Vec<UnitPlace>>,
    /// Values that live as long as the machine.
    permanent: Mutex<Vec<Word>>,
    seen: Mutex<Seen>,
    /// The key of string hashes.
    pub hash_seed: (u64, u64),
    /// Held while a class changes, and while the cache of a class learns what its order finds.
    pub(super) classes: Mutex<()>,
    /// Held while a built-in class gets its members.
    pub(super) filling: Mutex<()>,
    /// The members of the built-in classes: whoever knows them ties them in.
    pub(crate) members: OnceLock<Members>,
    class_generation: AtomicU32,
    /// Where ids of dict tables come from, for the caches of globals.
    pub table_ids: AtomicU32,
    /// The strings of one ASCII character, then the empty one: interned, each made when it is first asked for.
    ascii: [AtomicU64; 129],
    /// The names of the native functions, by number.
    pub native_names: RwLock<Vec<&'static str>>,
    /// The most digits that a conversion between int and decimal text takes (`sys.set_int_max_str_digits`); 0 is no limit.
    pub int_max_str_digits: AtomicU32,
}

/// The address of a unit of the world.
struct UnitPlace(*const LazyUnit);

// SAFETY: it is only followed by those who have the world, and units may be shared.
unsafe impl Send for UnitPlace {}

impl UnitPlace {
    fn unit<'w>(&self) -> &'w LazyUnit {
        // SAFETY: units of files are boxed, those nested in them stand in their boxes, and none is removed while the world
        // lives, which the caller has.
        unsafe { &*self.0 }
    }
}

impl World {
    /// An empty world on a new heap.
    pub fn new(hash_seed: (u64, u64)) -> World {
        World {
            heap: Arc::default(),
            shapes: Shapes::new(),
            interned: Mutex::default(),
            files: Mutex::default(),
            units: Mutex::default(),
            permanent: Mutex::default(),
            seen: Mutex::default(),
            hash_seed,
            classes: Mutex::default(),
            filling: Mutex::default(),
            members: OnceLock::new(),
            class_generation: AtomicU32::new(0),
            table_ids: AtomicU32::new(1),
            ascii: [const { AtomicU64::new(0) }; 129],
            native_names: RwLock::default(),
            int_max_str_digits: AtomicU32::new(4300),
        }
    }

    /// The built-in class.
    #[inline(always)]
    pub fn class(&self, class: Builtin) -> &Type {
        self.shapes.get(class.shape()).class()
    }

    /// Keeps the unit of a file as long as the machine.
    pub fn keep_unit(&self, unit: Box<LazyUnit>) -> &LazyUnit {
        let place = UnitPlace(&*unit);
        self.files.lock().push(unit);
        place.unit()
    }

    /// A unit of this world is about to be loaded.
    pub(super) fn add_loaded(&self, unit: &LazyUnit) {
        self.units.lock().push(UnitPlace(unit));
    }

    /// Which generation of classes there is: a class that gets a data descriptor begins a new one.
    pub fn class_generation(&self) -> u32 {
        self.class_generation.load(Ordering::SeqCst)
    }

    /// Has every inline cache look again: a class got a data descriptor, which comes before what instances hold.
    pub fn clear_caches(&self) {
        self.class_generation.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.units.lock().iter().filter_map(|place| place.unit().get()).for_each(Unit::clear_caches);
    }

    /// Keeps a value as long as the machine.
    pub fn keep(&self, value: Value<'_>) {
        self.permanent.lock().push(value.word());
    }

    /// Shows the collector what the world holds. All of it stays as it is, so that most collections, which keep the marks of
    /// those before them, are shown only what is new since.
    pub fn visit_roots(&self, marker: &mut Marker) {
        let mut seen = self.seen.lock();
        if marker.wants_all() {
            *seen = Seen::default();
        }
        seen.shapes = self.shapes.visit(seen.shapes, marker);
        let (names, units, permanent) = (self.interned.lock(), self.units.lock(), self.permanent.lock());
        for word in names.all[seen.names..].iter().chain(&permanent[seen.permanent..]) {
            marker.word(*word);
        }
        for unit in units[seen.units..].iter().filter_map(|place| place.unit().get()) {
            unit.visit(marker);
        }
        (seen.names, seen.units, seen.permanent) = (names.all.len(), units.len(), permanent.len());
    }
}

/// What native code of one thread works with.
pub struct Context {
    local: Local,
    world: Arc<World>,
    pending: Cell<Word>,
    /// How deep natives stand in [`nested`](Context::nested).
    depth: Cell<u32>,
    /// Names that native code has asked for by a text of its own, each at a place that the text's address gives.
    known: [Cell<Known>; KNOWN_NAMES],
    recall: Recall,
    scratch: Cell<Vec<u8>>,
    /// How often there was one.
    nestings: Cell<usize>,
    interrupted: Box<dyn Fn() -> bool + Send>,
}

/// Address and length of a text in native code, and the name that it is.
type Known = (*const u8, usize, Word);

/// How many names a context remembers.
const KNOWN_NAMES: usize = 128;

/// The largest buffer for text that is kept, in bytes.
const SCRATCH: usize = 1 << 16;

/// After how many steps a native loop looks whether it is to be interrupted: a power of two.
const STEPS: usize = 1 << 12;

impl Context {
    /// A context for one more thread. `alarm` is called when a collection is due; `interrupted` says whether the thread
    /// is to be interrupted, once for each time that it is.
    pub fn new(
        world: Arc<World>,
        alarm: Box<dyn Fn() + Send>,
        interrupted: Box<dyn Fn() -> bool + Send>,
    ) -> Context {
        Context {
            local: Local::new(world.heap.clone(), alarm),
            world,
            pending: Cell::new(Word::NONE_AT_ALL),
            depth: Cell::new(0),
            known: std::array::from_fn(|_| Cell::new((std::ptr::null(), 0, Word::NONE_AT_ALL))),
            recall: Recall::default(),
            scratch: Cell::default(),
            nestings: Cell::new(0),
            interrupted,
        }
    }

    /// What the threads share.
    #[inline(always)]
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The allocator.
    #[inline(always)]
    pub fn local(&self) -> &Local {
        &self.local
    }

    /// A built-in class.
    #[inline(always)]
    pub fn class(&self, class: Builtin) -> &Type {
        self.world.class(class)
    }

    /// The class of a value.
    #[inline]
    pub fn class_of<'t>(&'t self, value: Value<'t>) -> &'t Type {
        self.world.shapes.get(shape_of(value)).class()
    }

    /// The name of a value's class, for messages.
    pub fn type_name<'t>(&'t self, value: Value<'t>) -> &'t str {
        self.class_of(value).full_name()
    }

    /// The one way to store into an object.
    #[inline(always)]
    pub fn store(&self, owner: &impl Object, slot: &Slot, value: Option<Value<'_>>) {
        self.local.store(owner.header(), slot, value);
    }

    /// [`store`](Self::store) where the owner is known by its header.
    #[inline(always)]
    pub fn store_at(&self, owner: &Header, slot: &Slot, value: Option<Value<'_>>) {
        self.local.store(owner, slot, value);
    }

    /// Moves what some slots of an object hold to others of its slots. See [`Local::move_slots`].
    pub fn move_slots(&self, owner: &impl Object, slots: &[Slot], from: std::ops::Range<usize>, to: usize) {
        self.local.move_slots(owner.header(), slots, from, to);
    }

    /// Keeps other threads from changing an object until the result is dropped. See [`Local::lock`] for what may not be done
    /// meanwhile.
    #[inline(always)]
    pub fn lock<'t>(&self, object: &'t impl Object) -> Held<'t> {
        self.local.lock(object.header())
    }

    /// [`lock`](Self::lock) where the object is known by its header.
    #[inline(always)]
    pub fn lock_at<'t>(&self, object: &'t Header) -> Held<'t> {
        self.local.lock(object)
    }

    /// [`lock`](Self::lock) of two objects, which may be one.
    pub fn lock_both<'t>(&self, one: &'t impl Object, other: &'t impl Object) -> (Held<'t>, Held<'t>) {
        self.local.lock_both(one.header(), other.header())
    }

    // Making values.

    /// An integer.
    #[inline]
    pub fn int(&self, value: i64) -> Value<'_> {
        Value::small(value).unwrap_or_else(|| super::int::wide(self, value.into()))
    }

    /// A string.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn str(&self, text: &str) -> Res<'_> {
        self.wtf8(text.as_bytes())
    }

    /// A string of ASCII characters.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline]
    pub fn ascii_str(&self, text: &[u8]) -> Res<'_> {
        debug_assert!(text.is_ascii());
        match text {
            [_, _, ..] => {
                Str::from_parts(self, text.len(), text.len(), std::iter::once(text)).map(Value::object)
            }
            _ => self.wtf8(text),
        }
    }

    /// A string of bytes that are valid WTF-8.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline]
    pub fn wtf8(&self, bytes: &[u8]) -> Res<'_> {
        match bytes {
            [byte @ 0..0x80] => Ok(self.ascii(*byte)),
            [] => Ok(self.empty_str()),
            _ => Str::new(self, bytes).map(Value::object),
        }
    }

    /// Lends `work` an empty buffer for text that is no object yet. It is kept, so that not every text is an allocation.
    #[inline]
    pub fn scratch<R>(&self, work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut buffer = self.scratch.take();
        let result = work(&mut buffer);
        if buffer.capacity() <= SCRATCH {
            buffer.clear();
            self.scratch.set(buffer);
        }
        result
    }

    /// The string that `write` appends to an empty buffer.
    ///
    /// # Errors
    /// `MemoryError`, and what `write` raises.
    #[inline]
    pub fn written(&self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Raised>) -> Res<'_> {
        self.scratch(|out| {
            write(out)?;
            self.wtf8(out)
        })
    }

    /// The string of one ASCII character, which is one object.
    #[inline(always)]
    pub fn ascii(&self, byte: u8) -> Value<'_> {
        self.shared(usize::from(byte & 0x7F))
    }

    /// The empty string, which is one object.
    #[inline(always)]
    pub fn empty_str(&self) -> Value<'_> {
        self.shared(128)
    }

    #[inline(always)]
    fn shared(&self, place: usize) -> Value<'_> {
        let word = Word(self.world.ascii[place].load(Ordering::Acquire));
        // SAFETY: the words of the table are interned strings, which are roots.
        unsafe { word.value() }.unwrap_or_else(|| self.share(place))
    }

    #[cold]
    fn share(&self, place: usize) -> Value<'_> {
        let byte = [place as u8];
        let string = self.intern_bytes(if place < 128 { &byte } else { &[] });
        self.world.ascii[place].store(string.word().0, Ordering::Release);
        string
    }

    /// A tuple.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn tuple(&self, items: &[Value<'_>]) -> Res<'_> {
        Tuple::new(self, items).map(Value::object)
    }

    /// A list.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn list(&self, items: &[Value<'_>]) -> Res<'_> {
        List::new(self, items).map(Value::object)
    }

    /// The one string object that a name is.
    pub fn intern(&self, name: &str) -> Value<'_> {
        self.intern_bytes(name.as_bytes())
    }

    /// The one string object that a name in native code is: remembered by the address of its text.
    #[inline]
    pub fn name(&self, name: &'static str) -> Value<'_> {
        let address = name.as_ptr() as usize;
        let place = &self.known[(address ^ address >> 7) % KNOWN_NAMES];
        let (start, len, word) = place.get();
        if start == name.as_ptr() && len == name.len() {
            // SAFETY: interned strings are roots.
            return unsafe { word.value() }.unwrap_or(Value::NONE);
        }
        let interned = self.intern(name);
        place.set((name.as_ptr(), name.len(), interned.word()));
        interned
    }

    /// Where this thread remembers a lookup on a class.
    #[inline(always)]
    pub(crate) fn looked_up(&self, shape: u32, name: &'static str) -> &Cell<Looked> {
        self.recall.looked_up(shape, name)
    }

    /// What an inline cache was filled with for an attribute of a shape, as far as this thread remembers.
    #[inline(always)]
    pub fn recall(&self, shape: u32, name: Word, access: Access) -> Option<u64> {
        self.recall.known(shape, name, access, self.world.class_generation())
    }

    /// Whether the inline cache that did not know what this thread remembers is to learn it now.
    #[inline(always)]
    pub fn is_to_be_learnt(&self) -> bool {
        self.recall.is_to_be_learnt()
    }

    /// Remembers what an inline cache was filled with for a name in a generation of classes, if that was about this shape.
    pub fn remember(
        &self,
        cache: &InlineCache,
        shape: u32,
        name: Value<'_>,
        access: Access,
        generation: u32,
    ) {
        let cached = cache.word();
        if cached as u32 == shape && cached != 0 {
            self.recall.remember(cached, name.word(), access, generation);
        }
    }

    /// The one string object that a name is, given as WTF-8.
    pub fn intern_bytes(&self, name: &[u8]) -> Value<'_> {
        let mut interned = self.world.interned.lock();
        let word = match interned.by_text.get(name) {
            Some(name) => name.0,
            None => {
                let Ok(string) = Str::new(self, name) else {
                    std::alloc::handle_alloc_error(std::alloc::Layout::new::<Str>());
                };
                string.header().set(crate::heap::flag::INTERNED);
                let word = Value::object(string).word();
                interned.by_text.insert(Name(word));
                interned.all.push(word);
                word
            }
        };
        // SAFETY: interned strings are roots.
        unsafe { word.value() }.unwrap_or(Value::NONE)
    }

    /// The interned string that equals `name`.
    pub fn intern_str<'t>(&'t self, name: &'t Str) -> Value<'t> {
        if name.header().has(crate::heap::flag::INTERNED) {
            Value::object(name)
        } else {
            self.intern_bytes(name.as_bytes())
        }
    }

    /// A store for at least `capacity` items, all holes.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn new_store(&self, capacity: usize) -> Result<&Store, Raised> {
        Store::new(self, capacity)
    }

    // Raising.

    /// Raises an exception of a built-in class with a message.
    #[cold]
    pub fn raise(&self, class: Builtin, message: impl fmt::Display) -> Raised {
        match self.str(&message.to_string()) {
            Ok(message) => self.raise_with(class, &[message]),
            Err(raised) => raised,
        }
    }

    /// Raises an exception of a built-in class with these `args`.
    #[cold]
    pub fn raise_with(&self, class: Builtin, args: &[Value<'_>]) -> Raised {
        match Exception::new(self, class.shape(), args) {
            Ok(exception) => self.raise_value(Value::object(exception)),
            Err(raised) => raised,
        }
    }

    /// Raises this exception object.
    #[cold]
    pub fn raise_value(&self, exception: Value<'_>) -> Raised {
        self.pending.set(exception.word());
        Raised
    }

    /// `TypeError`
    #[cold]
    pub fn type_error(&self, message: impl fmt::Display) -> Raised {
        self.raise(Builtin::TypeError, message)
    }

    /// `ValueError`
    #[cold]
    pub fn value_error(&self, message: impl fmt::Display) -> Raised {
        self.raise(Builtin::ValueError, message)
    }

    /// The exception of an error in text.
    #[cold]
    pub(crate) fn text_error(&self, error: &Error) -> Raised {
        let class = match error.kind {
            ErrorKind::Value => Builtin::ValueError,
            ErrorKind::Type => Builtin::TypeError,
            ErrorKind::Overflow => Builtin::OverflowError,
            ErrorKind::Index => Builtin::IndexError,
            ErrorKind::Lookup => Builtin::LookupError,
            ErrorKind::Memory => return self.memory_error(),
        };
        match self.wtf8(&error.message) {
            Ok(message) => self.raise_with(class, &[message]),
            Err(raised) => raised,
        }
    }

    /// The limit on decimal digits as the text side takes it.
    pub(crate) fn max_digits(&self) -> usize {
        self.world.int_max_str_digits.load(Ordering::Relaxed) as usize
    }

    /// `MemoryError`, without allocating a message.
    #[cold]
    pub fn memory_error(&self) -> Raised {
        self.raise_with(Builtin::MemoryError, &[])
    }

    /// Runs native code that may reach itself again through a container in a container.
    ///
    /// # Errors
    /// What `work` raises; `RecursionError` beyond the limit.
    pub fn nested<R>(
        &self,
        recursion: &Recursion,
        work: impl FnOnce() -> Result<R, Raised>,
    ) -> Result<R, Raised> {
        if self.depth.get() >= recursion.limit {
            return Err(self.too_deep(recursion));
        }
        // What stands in itself twice is gone through twice at every level.
        self.nestings.set(self.nestings.get().wrapping_add(1));
        self.poll(self.nestings.get())?;
        self.depth.set(self.depth.get() + 1);
        let result = work();
        self.depth.set(self.depth.get() - 1);
        result
    }

    /// The `RecursionError` of a recursion that has reached its limit.
    #[cold]
    pub fn too_deep(&self, recursion: &Recursion) -> Raised {
        let doing = match recursion.outcome {
            Outcome::Error(doing) => doing,
            Outcome::Frames => "",
        };
        self.raise(Builtin::RecursionError, format_args!("maximum recursion depth exceeded{doing}"))
    }

    /// To be called at each step of a native loop whose length a program decides, with the number of the step. Such a loop
    /// reaches no checkpoint and, like CPython's, keeps the GIL; but Ctrl-C is answered.
    ///
    /// # Errors
    /// `KeyboardInterrupt`.
    #[inline(always)]
    pub fn poll(&self, step: usize) -> Result<(), Raised> {
        if step % STEPS == STEPS - 1 { self.check_interrupt() } else { Ok(()) }
    }

    /// [`poll`](Self::poll) for steps that are long.
    ///
    /// # Errors
    /// `KeyboardInterrupt`.
    #[cold]
    pub fn check_interrupt(&self) -> Result<(), Raised> {
        if (self.interrupted)() { Err(self.raise_with(Builtin::KeyboardInterrupt, &[])) } else { Ok(()) }
    }

    /// Makes sure that the machine may use so many bytes more.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn check_room(&self, bytes: usize) -> Result<(), Raised> {
        if self.world.heap.has_room(bytes) { Ok(()) } else { Err(self.memory_error()) }
    }

    /// Appends to what native code gathers.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline(always)]
    pub fn push<T>(&self, items: &mut Vec<T>, item: T) -> Result<(), Raised> {
        if items.len() == items.capacity() {
            self.reserve(items, items.len().max(4))?;
        }
        items.push(item);
        Ok(())
    }

    /// Makes room for so many items more in what native code gathers.
    ///
    /// # Errors
    /// `MemoryError`.
    #[cold]
    pub fn reserve<T>(&self, items: &mut Vec<T>, more: usize) -> Result<(), Raised> {
        self.check_room((items.len().saturating_add(more)).saturating_mul(size_of::<T>()))?;
        items.try_reserve_exact(more).map_err(|_| self.memory_error())
    }

    /// Says that the operation cannot be finished natively, because an operand's class is written in the language. Nothing
    /// may have been changed yet: the caller starts the operation's twin that is written in the language instead.
    #[cold]
    pub fn needs_code(&self) -> Raised {
        self.pending.set(Value::ABSENT.word());
        Raised
    }

    /// Whether what is pending is [`needs_code`](Self::needs_code); it is no longer pending then.
    pub fn take_needs_code(&self) -> bool {
        let needed = self.pending.get() == Value::ABSENT.word();
        if needed {
            self.pending.set(Word::NONE_AT_ALL);
        }
        needed
    }

    /// Takes the pending exception.
    pub fn take_pending(&self) -> Option<Value<'_>> {
        // SAFETY: the pending exception is a root of its thread.
        unsafe { self.pending.replace(Word::NONE_AT_ALL).value() }
    }

    /// The pending exception's word, for the collector.
    pub fn pending_word(&self) -> Word {
        self.pending.get()
    }
}

/// The shape of any value: of a word without an object, the root shape of its class.
#[inline(always)]
pub fn shape_of(value: Value<'_>) -> u32 {
    match value.header() {
        Some(header) => header.shape(),
        None => shape_of_immediate(value),
    }
}

fn shape_of_immediate(value: Value<'_>) -> u32 {
    let class = if value.word().is_small() {
        Builtin::Int
    } else if value.word().is_float() {
        Builtin::Float
    } else if value.is_none() {
        Builtin::NoneType
    } else if value.as_bool().is_some() {
        Builtin::Bool
    } else if value.is(Value::ELLIPSIS) {
        Builtin::EllipsisType
    } else {
        Builtin::NotImplementedType
    };
    class.shape()
}
