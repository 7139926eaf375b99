//! A machine: everything of one program that its threads share. Many can live in one process.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, RwLock};

use crate::heap::{Extent, Value, Word};

use crate::value::dict::Dict;
use crate::value::exception::Exception;
use crate::value::function::Function;
use crate::value::lazy_unit::{LazyUnit, Origin};
use crate::value::{Builtin, Context, Looked, Raised, VISIT, World};

use super::host::Host;
use super::inspect::is_library_source;
use super::native::{Row, Run};
use super::prelude::Prelude;
use super::resource::{Descriptors, Resources};
use super::signature::Signature;
use super::thread::Thread;

/// CPython's default of `sys.getrecursionlimit()`.
pub const RECURSION_LIMIT: usize = 1000;

/// How a machine runs.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Collect at every checkpoint.
    pub gc_stress: bool,
    /// Count the ops that each thread executes, even if the host does not ask for it.
    pub count_ops: bool,
    /// `sys.argv`
    pub argv: Vec<String>,
    /// Where modules of the program are looked for: the folder of its file.
    pub path: Option<std::path::PathBuf>,
    /// The key of string hashes.
    pub hash_seed: (u64, u64),
    /// How many bytes the program's objects may take; more is a `MemoryError`. Nothing is what the system has.
    pub memory_limit: Option<usize>,
}

/// A native function of the machine.
pub struct NativeEntry {
    /// Its row.
    pub row: &'static Row,
    /// The class or module that messages name it with, if any.
    owner: Option<&'static str>,
    entrance: Entrance,
    signature: OnceLock<Box<Signature>>,
}

/// What a call by position of a native function that is bound to nothing looks at, side by side.
#[derive(Clone, Copy)]
pub(super) struct Entrance {
    /// What runs.
    pub(super) run: Run,
    /// Of a method, the shape of the instances of the very class that defines it; 0 where any first argument will do.
    pub(super) receiver: u32,
    least: u16,
    spare: u16,
    /// How many places the call fills.
    pub(super) places: u16,
}

impl Entrance {
    /// Whether `count` arguments fill the first places just as they stand.
    #[inline(always)]
    pub(super) fn takes(&self, count: usize) -> bool {
        count.wrapping_sub(self.least.into()) <= self.spare.into()
    }
}

impl NativeEntry {
    /// The entry of a row. Messages name it with its owner, a class or a module, if it has one to be named.
    pub(super) fn new(row: &'static Row, owner: Option<&'static str>) -> NativeEntry {
        let (least, spare) = row.fit.range();
        let entrance = Entrance { run: row.run, receiver: 0, least, spare, places: row.fit.places() as u16 };
        NativeEntry { row, owner, entrance, signature: OnceLock::new() }
    }

    /// The entry of a row of a class. An ordinary method asks for an instance.
    pub(super) fn of_class(row: &'static Row, class: Builtin) -> NativeEntry {
        let mut entry = NativeEntry::new(row, Some(class.name()));
        if row.is_ordinary_method() {
            entry.entrance.receiver = class.shape();
        }
        entry
    }

    /// What a call by position looks at.
    #[inline(always)]
    pub(super) fn entrance(&self) -> Entrance {
        self.entrance
    }

    /// Its parameters, read when somebody asks for the first time.
    pub fn signature(&self) -> &Signature {
        self.signature.get_or_init(|| Box::new(Signature::of(self.row, self.owner)))
    }
}

/// A machine.
pub struct Vm {
    /// Heap, classes, names.
    pub world: Arc<World>,
    /// The runtime.
    pub host: Arc<dyn Host>,
    /// How it runs.
    pub options: Options,
    natives: Vec<NativeEntry>,
    pub(super) well_known: WellKnown,
    pub(super) recursion_limit: AtomicUsize,
    threads: Mutex<Vec<ThreadPlace>>,
    /// How many threads have been started and have not come to their end, the first included.
    alive: Mutex<usize>,
    /// What is open.
    pub(crate) resources: Resources,
    /// The pipes that the program has made.
    pub(crate) descriptors: Descriptors,
    /// Whom the program knows the first thread by.
    main_ident: AtomicU32,
    /// Handles of threads that run or begin to: nobody else may hold them.
    running: Mutex<Vec<Word>>,
    /// What is called at the end of the program, last first.
    pub(crate) at_exit: RwLock<Vec<Word>>,
}

/// The address of a thread: followed only while the world is stopped.
#[derive(Clone, Copy, PartialEq)]
struct ThreadPlace(*mut Thread);

// SAFETY: the pointer is only followed while the world is stopped, and threads remove themselves when they die.
unsafe impl Send for ThreadPlace {}

/// Objects that every machine has, all permanent.
pub(super) struct WellKnown {
    /// The dict of the built-ins.
    pub(super) builtins: Word,
    /// The part of the library that serves the machine itself.
    pub(super) prelude: Arc<Prelude>,
    /// `sys.modules`
    pub(super) modules: Word,
    /// What the machine calls of the built-ins, which stand above it.
    pub(super) library: Library,
    /// By built-in class, the number of its constructor in the table of natives, or `u32::MAX`.
    pub(super) constructors: Vec<u32>,
}

/// Functions of the built-ins that the machine calls: `boot.rs` ties them in.
pub(super) struct Library {
    /// What the `__init__` of a native exception does once its arguments are stored.
    pub(super) initialise_exception: InitialiseException,
    /// Writes out what open files have gathered.
    pub(super) flush_files: fn(&Vm),
}

/// Of a context, an exception and the keywords of the call.
pub(super) type InitialiseException =
    for<'t> fn(&'t Context, &'t Exception, &[(Value<'t>, Value<'t>)]) -> Result<(), Raised>;

impl Vm {
    /// Writes out what open files have gathered.
    pub(crate) fn flush_files(&self) {
        (self.well_known.library.flush_files)(self);
    }

    pub(super) fn assemble(
        world: Arc<World>,
        host: Arc<dyn Host>,
        options: Options,
        natives: Vec<NativeEntry>,
        well_known: WellKnown,
    ) -> Vm {
        Vm {
            world,
            host,
            options,
            natives,
            well_known,
            recursion_limit: AtomicUsize::new(RECURSION_LIMIT),
            threads: Mutex::default(),
            alive: Mutex::new(1),
            resources: Resources::default(),
            descriptors: Descriptors::default(),
            main_ident: AtomicU32::new(0),
            running: Mutex::default(),
            at_exit: RwLock::default(),
        }
    }

    /// A native function by its number.
    #[inline(always)]
    pub fn native(&self, number: u32) -> &NativeEntry {
        &self.natives[number as usize]
    }

    /// Whether `print` may write to the host's stream: `sys.stdout` is what it was at start.
    pub fn stdout_is_native(&self, cx: &Context) -> bool {
        let sys = self.modules().get_name(cx, "sys").and_then(super::ops::attr::module_dict);
        let Some(sys) = sys else { return true };
        match (sys.get_name(cx, "stdout"), sys.get_name(cx, "__stdout__")) {
            (Some(now), Some(start)) => now.is(start),
            _ => false,
        }
    }

    /// The number of a native function in the table.
    pub(super) fn native_number(&self, row: &'static Row) -> u32 {
        self.natives.iter().position(|entry| std::ptr::eq(entry.row, row)).unwrap_or(0) as u32
    }

    /// The dict of the built-ins.
    #[inline(always)]
    pub fn builtins(&self) -> &Dict {
        permanent_dict(self.well_known.builtins)
    }

    /// The part of the library that serves the machine itself.
    pub(super) fn prelude(&self) -> &Prelude {
        &self.well_known.prelude
    }

    /// Whether these are the globals of the prelude, where names stand for what is yet to be made.
    pub(super) fn is_prelude(&self, globals: &Dict) -> bool {
        std::ptr::eq(globals, self.prelude().globals())
    }

    /// What an interned name stands for in the part of the library that serves the machine itself.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn from_prelude<'t>(&'t self, cx: &'t Context, name: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
        self.prelude().get(cx, name)
    }

    /// `sys.modules`
    pub fn modules(&self) -> &Dict {
        permanent_dict(self.well_known.modules)
    }

    /// The constructor of a built-in class.
    pub(super) fn constructor(&self, class: Builtin) -> Option<u32> {
        self.well_known.constructors.get(class as usize).copied().filter(|number| *number != u32::MAX)
    }

    /// Whom the program knows the main thread by, which was the first.
    pub fn main_ident(&self) -> u32 {
        self.main_ident.load(Ordering::Relaxed)
    }

    /// Keeps the handle of a thread that is being started.
    pub(crate) fn keep_handle(&self, handle: Word) {
        self.running.lock().push(handle);
    }

    /// Lets go of the handle of a thread that has ended.
    pub(crate) fn drop_handle(&self, handle: Word) {
        let mut running = self.running.lock();
        if let Some(place) = running.iter().position(|other| *other == handle) {
            running.swap_remove(place);
        }
    }

    /// How many threads run that were started by the program.
    pub fn running_threads(&self) -> usize {
        self.running.lock().len()
    }

    pub(super) fn add_thread(&self, thread: *mut Thread) {
        let mut threads = self.threads.lock();
        if self.main_ident() == 0 {
            // SAFETY: the caller's thread is alive.
            self.main_ident.store(unsafe { (*thread).ident() }, Ordering::Relaxed);
        }
        threads.push(ThreadPlace(thread));
    }

    pub(super) fn remove_thread(&self, thread: *mut Thread) {
        self.threads.lock().retain(|place| place.0 != thread);
    }

    /// A further thread is about to be started.
    pub(crate) fn thread_begins(&self) {
        self.count_thread(|alive| alive + 1);
    }

    /// A thread has done the last that others could see, or was not started after all.
    pub(crate) fn thread_ends(&self) {
        self.count_thread(|alive| alive - 1);
    }

    fn count_thread(&self, change: impl FnOnce(usize) -> usize) {
        let mut alive = self.alive.lock();
        *alive = change(*alive);
        self.world.heap.set_parallel(*alive > 1 && !self.host.gil_enabled());
    }

    /// Shows every thread. The world is stopped.
    pub(super) fn each_thread(&self, mut look: impl FnMut(&Thread)) {
        for thread in &*self.threads.lock() {
            // SAFETY: listed threads are alive, and stand still while the world is stopped.
            look(unsafe { &*thread.0 });
        }
    }

    /// Collects. The calling thread has stopped the world.
    pub(super) fn collect(&self, full: bool) {
        let threads = self.threads.lock();
        for thread in &*threads {
            // SAFETY: listed threads are alive, and stand still while the world is stopped.
            unsafe { (*thread.0).retire() };
        }
        let roots = |marker: &mut crate::heap::Marker| {
            for thread in &*threads {
                // SAFETY: as above.
                unsafe { (*thread.0).visit_roots(marker) };
            }
            self.world.visit_roots(marker);
            for word in self.at_exit.read().iter().chain(&*self.running.lock()) {
                marker.word(*word);
            }
        };
        let extent = match (full, self.options.gc_stress) {
            (true, _) => Extent::All,
            (false, true) => Extent::Stress,
            (false, false) => Extent::Due,
        };
        let mut dropped = Vec::new();
        let after = |marker: &crate::heap::Marker| {
            dropped = self.resources.take_unreached(|object| marker.has_reached(object));
        };
        // SAFETY: the world is stopped, the threads are retired, and the roots are all there are.
        unsafe { self.world.heap.collect(extent, VISIT, roots, after) };
        // What is dropped here may be a file, which is written out and closed.
        drop(dropped);
    }

    /// The unit of some code, to be loaded when it runs.
    pub fn load(cx: &Context, origin: Origin, hidden: bool) -> &LazyUnit {
        let is_library = hidden || is_library_source(origin.source_name());
        cx.world().keep_unit(Box::new(LazyUnit::new(origin, hidden, is_library)))
    }
}

fn permanent_dict<'t>(word: Word) -> &'t Dict {
    // SAFETY: the well-known dicts are made at start and permanent.
    unsafe { &*word.address().cast::<Dict>() }
}

/// What stands for the prelude where lookups are remembered by the shape of a class: no class has it.
const PRELUDE: u32 = u32::MAX;

/// A function of the prelude.
#[inline]
pub(super) fn prelude_function<'t>(vm: &'t Vm, cx: &'t Context, name: &'static str) -> Option<&'t Function> {
    let prelude = vm.prelude().globals();
    let place = cx.looked_up(PRELUDE, name);
    let known = place.get();
    // The prelude forgets nothing, so that an index never becomes another name's.
    if known.is_of(PRELUDE, name)
        && let Some(entry) = prelude.table().and_then(|table| table.entries().get(known.entry()))
        && let Some(function) = entry.value().get()
    {
        return function.get();
    }
    let key = cx.name(name);
    if let Ok(Some(entry)) = prelude.entry_index(cx, key) {
        place.set(Looked::new(PRELUDE, name, entry));
    }
    vm.from_prelude(cx, key).ok()??.get()
}
