//! Shapes: which class an object is of, and which slot of an instance holds which attribute.
//!
//! A shape is a path of names from its root; adding an attribute goes on to a longer one. A slot's index never
//! changes its name. An instance that lost an attribute, or has too many, or whose `__dict__` was asked for, has the
//! class's *dict shape*: its attributes stand in a dict. What `__slots__` declares has the first slots of every shape of the
//! class, its dict shape too, and is never in the dict. Shapes are never freed.

use std::alloc::{Layout, alloc, dealloc};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::heap::{Marker, Value, Word};

use super::class::Type;

/// How many shapes a machine can have.
pub const MAX_SHAPES: usize = 1 << 20;
/// The most slots an instance has.
pub const MAX_SLOTS: u16 = 96;

/// One shape.
pub struct Shape {
    class: AtomicU64,
    parent: u32,
    /// The name that the last slot holds; nothing at a root.
    name: Word,
    /// How many slots are named.
    count: u16,
    /// How many slots instances have.
    capacity: u16,
    in_dict: bool,
}

impl Shape {
    /// The class of its objects.
    #[inline(always)]
    pub fn class(&self) -> &Type {
        // SAFETY: a shape's class is a Type object, kept alive as a root.
        unsafe { &*(self.class.load(Ordering::Acquire) as *const Type) }
    }

    /// How many slots are named.
    pub fn count(&self) -> u16 {
        self.count
    }

    /// How many slots the instances have.
    pub fn capacity(&self) -> u16 {
        self.capacity
    }

    /// Whether the attributes that are not declared stand in a dict.
    pub fn in_dict(&self) -> bool {
        self.in_dict
    }
}

/// All shapes of a machine.
pub struct Shapes {
    table: *mut Shape,
    count: AtomicU32,
    /// From a shape and a name (its word) to the longer shape.
    transitions: Mutex<FxHashMap<(u32, u64), u32>>,
}

// SAFETY: shapes are written once, before their number is published; what changes later is atomic.
unsafe impl Send for Shapes {}
// SAFETY: as above.
unsafe impl Sync for Shapes {}

const TABLE: Layout = match Layout::array::<Shape>(MAX_SHAPES) {
    Ok(layout) => layout,
    Err(_) => panic!("the table's layout is valid"),
};

impl Shapes {
    /// No shapes yet. The table's memory is touched as it fills.
    pub(super) fn new() -> Shapes {
        // SAFETY: the layout has a size.
        let table = unsafe { alloc(TABLE) }.cast::<Shape>();
        if table.is_null() {
            std::alloc::handle_alloc_error(TABLE);
        }
        Shapes { table, count: AtomicU32::new(0), transitions: Mutex::new(FxHashMap::default()) }
    }

    /// A shape by its number.
    #[inline(always)]
    pub fn get(&self, shape: u32) -> &Shape {
        debug_assert!(shape < self.count.load(Ordering::Relaxed));
        // SAFETY: numbers come from objects and caches, which got them from `push`.
        unsafe { &*self.table.add(shape as usize) }
    }

    /// For how many attributes an instance of a root shape has room from the beginning; none where there are no classes yet.
    pub fn capacity_of(&self, shape: u32) -> u16 {
        if shape < self.count.load(Ordering::Acquire) { self.get(shape).capacity() } else { 0 }
    }

    fn push(&self, shape: Shape) -> Option<u32> {
        let _guard = self.transitions.lock();
        self.push_locked(shape)
    }

    fn push_locked(&self, shape: Shape) -> Option<u32> {
        let number = self.count.load(Ordering::Relaxed);
        if number as usize == MAX_SHAPES {
            return None;
        }
        // SAFETY: the place is inside the table, and the caller holds the lock.
        unsafe { self.table.add(number as usize).write(shape) };
        self.count.store(number + 1, Ordering::Release);
        Some(number)
    }

    /// A new root: a class's instances begin with it. None where there are too many shapes.
    pub fn new_root(&self, class: Word, capacity: u16) -> Option<u32> {
        self.push(Shape {
            class: AtomicU64::new(class.0),
            parent: 0,
            name: Word::NONE_AT_ALL,
            count: 0,
            capacity,
            in_dict: false,
        })
    }

    /// A new shape for instances whose attributes stand in a dict, but for those that `root`, the shape of a new instance,
    /// names already: they are declared in `__slots__`.
    pub fn new_in_dict(&self, root: u32) -> Option<u32> {
        let root = self.get(root);
        self.push(Shape {
            class: AtomicU64::new(root.class.load(Ordering::Acquire)),
            parent: root.parent,
            name: root.name,
            count: root.count,
            capacity: root.capacity,
            in_dict: true,
        })
    }

    /// Sets the class of a root made before its class, at start.
    pub(crate) fn set_class(&self, shape: u32, class: Word) {
        self.get(shape).class.store(class.0, Ordering::Release);
    }

    /// The slot that holds `name`, which is interned.
    pub fn slot_of(&self, shape: u32, name: Value<'_>) -> Option<u16> {
        let mut shape = self.get(shape);
        while shape.count > 0 {
            if shape.name == name.word() {
                return Some(shape.count - 1);
            }
            shape = self.get(shape.parent);
        }
        None
    }

    /// The shape with one more slot, for `name`, which is interned. None if no slot is left.
    pub fn extended(&self, number: u32, name: Value<'_>) -> Option<u32> {
        let shape = self.get(number);
        if shape.in_dict || shape.count >= shape.capacity {
            return None;
        }
        let mut transitions = self.transitions.lock();
        if let Some(next) = transitions.get(&(number, name.word().0)) {
            return Some(*next);
        }
        let next = self.push_locked(Shape {
            class: AtomicU64::new(shape.class.load(Ordering::Acquire)),
            parent: number,
            name: name.word(),
            count: shape.count + 1,
            capacity: shape.capacity,
            in_dict: false,
        })?;
        transitions.insert((number, name.word().0), next);
        Some(next)
    }

    /// Whether objects of a shape go on to another by adding this attribute, whose name is interned.
    pub fn is_extension(&self, longer: u32, number: u32, name: Value<'_>) -> bool {
        let longer = self.get(longer);
        longer.count > 0 && longer.parent == number && longer.name == name.word()
    }

    /// The names of a shape's slots, in order.
    pub fn names(&self, number: u32) -> Vec<Word> {
        let mut names = Vec::new();
        let mut shape = self.get(number);
        while shape.count > 0 {
            names.push(shape.name);
            shape = self.get(shape.parent);
        }
        names.reverse();
        names
    }

    /// Shows the collector the classes of the shapes from `first` on; returns how many shapes there are.
    pub(super) fn visit(&self, first: u32, marker: &mut Marker) -> u32 {
        let count = self.count.load(Ordering::Acquire);
        for number in first..count {
            marker.word(Word(self.get(number).class.load(Ordering::Relaxed)));
        }
        count
    }
}

impl Drop for Shapes {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout; shapes have no drop glue.
        unsafe { dealloc(self.table.cast(), TABLE) };
    }
}
