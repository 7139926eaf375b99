//! A graph that changes at random while it is collected and traced, beside a plain model of it.

use std::ops::Range;
use std::sync::Arc;

use super::*;

/// How many slots a node has.
const SLOTS: usize = 3;
/// How many slots a wide node has: it is a large object.
const WIDE: usize = 5000;

#[repr(C)]
struct Node<const COUNT: usize> {
    header: Header,
    number: u64,
    slots: [Slot; COUNT],
}

// SAFETY: repr(C), begins with the header, no drop glue; the number does not change and slots are atomic.
unsafe impl<const COUNT: usize> Object for Node<COUNT> {
    const KIND: Kind = if COUNT == WIDE { Kind::Store } else { Kind::Tuple };
}

fn slots(object: &Header) -> (u64, &[Slot]) {
    // SAFETY: the kind says the layout.
    unsafe {
        match object.kind() {
            Kind::Store => (*std::ptr::from_ref(object).cast::<Node<WIDE>>()).parts(),
            _ => (*std::ptr::from_ref(object).cast::<Node<SLOTS>>()).parts(),
        }
    }
}

impl<const COUNT: usize> Node<COUNT> {
    fn parts(&self) -> (u64, &[Slot]) {
        (self.number, &self.slots)
    }
}

fn visit(object: &Header, marker: &mut Marker) {
    slots(object).1.iter().for_each(|slot| marker.word(slot.word()));
}

fn visit_part(object: &Header, bytes: Range<usize>, marker: &mut Marker) {
    let start = std::ptr::from_ref(object).addr();
    let is_inside = |slot: &&Slot| bytes.contains(&(std::ptr::from_ref(*slot).addr() - start));
    slots(object).1.iter().filter(is_inside).for_each(|slot| marker.word(slot.word()));
}

const VISIT: Visit = Visit { all: visit, part: visit_part };

/// The heap with some roots, and for each object that was ever made what its slots lead to.
struct World {
    local: Local,
    roots: [Option<u64>; 4],
    words: Vec<Word>,
    model: Vec<Vec<Option<u64>>>,
    seed: u64,
}

impl World {
    fn new(seed: u64) -> World {
        let local = Local::new(Arc::new(Heap::default()), Box::new(|| ()));
        World { local, roots: [None; 4], words: Vec::new(), model: Vec::new(), seed }
    }

    fn random(&mut self, below: usize) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed >> 20) as usize % below
    }

    fn make(&mut self, wide: bool) -> u64 {
        let number = self.model.len() as u64;
        let word = if wide { self.node::<WIDE>(number) } else { self.node::<SLOTS>(number) };
        self.words.push(word);
        self.model.push(vec![None; if wide { WIDE } else { SLOTS }]);
        number
    }

    fn node<const COUNT: usize>(&self, number: u64) -> Word {
        let slots = std::array::from_fn(|_| Slot::new(None));
        Word::pointer(self.local.make(0, 0, |header| Node::<COUNT> { header, number, slots }))
    }

    fn header(&self, number: u64) -> &Header {
        // SAFETY: the test asks for what can be reached only.
        unsafe { &*self.words[number as usize].address() }
    }

    fn store(&mut self, owner: u64, place: usize, target: Option<u64>) {
        // SAFETY: the target can be reached.
        let value = target.and_then(|target| unsafe { self.words[target as usize].value() });
        let header = self.header(owner);
        self.local.store(header, &slots(header).1[place], value);
        self.model[owner as usize][place] = target;
    }

    /// An object that is met on a random way from the roots.
    fn walk(&mut self) -> Option<u64> {
        let mut at = self.roots[self.random(4)]?;
        for _ in 0..self.random(12) {
            let place = self.place(at);
            at = self.model[at as usize][place].unwrap_or(at);
        }
        Some(at)
    }

    /// A slot; of many slots often one of a few.
    fn place(&mut self, owner: u64) -> usize {
        let count = self.model[owner as usize].len();
        let near = self.random(2) == 0;
        self.random(if near { count.min(40) } else { count })
    }

    fn mutate(&mut self) {
        match self.random(10) {
            0 => {
                let root = self.random(4);
                self.roots[root] = self.walk();
            }
            1..=5 => {
                let wide = self.random(200) == 0;
                let made = self.make(wide);
                match self.walk() {
                    Some(owner) => {
                        let place = self.place(owner);
                        self.store(owner, place, Some(made));
                    }
                    None => self.roots[0] = Some(made),
                }
            }
            6..=8 => {
                // What is moved is led to from nowhere else for a moment: where a trace has been, or has not.
                if let (Some(from), Some(to)) = (self.walk(), self.walk()) {
                    let (source, place) = (self.place(from), self.place(to));
                    let moved = self.model[from as usize][source];
                    self.store(from, source, None);
                    self.store(to, place, moved);
                }
            }
            _ => {
                if let Some(owner) = self.walk() {
                    let place = self.place(owner);
                    self.store(owner, place, None);
                }
            }
        }
    }

    fn collect(&self, extent: Extent) {
        self.local.retire();
        let roots = |marker: &mut Marker| {
            self.roots.iter().flatten().for_each(|root| marker.word(self.words[*root as usize]));
        };
        let reached = self.reached();
        let after = |marker: &Marker| {
            for number in &reached {
                assert!(marker.has_reached(self.words[*number as usize]));
            }
        };
        // SAFETY: there is one thread, whose allocator is retired, and these are the roots.
        unsafe { self.local.heap().collect(extent, VISIT, roots, after) };
    }

    fn reached(&self) -> Vec<u64> {
        let mut seen = vec![false; self.model.len()];
        let mut pending: Vec<u64> = self.roots.iter().copied().flatten().collect();
        let mut reached = Vec::new();
        while let Some(number) = pending.pop() {
            if !std::mem::replace(&mut seen[number as usize], true) {
                reached.push(number);
                pending.extend(self.model[number as usize].iter().flatten());
            }
        }
        reached
    }

    /// Holds every object that can be reached to the model.
    fn check(&self) {
        for number in self.reached() {
            let (found, slots) = slots(self.header(number));
            assert_eq!(found, number);
            for (slot, target) in slots.iter().zip(&self.model[number as usize]) {
                let expected = target.map_or(Word::NONE_AT_ALL, |target| self.words[target as usize]);
                assert_eq!(slot.word(), expected);
            }
        }
    }
}

#[test]
fn what_is_reached_stays_while_it_changes_under_a_trace() {
    for seed in 1..=24 {
        let mut world = World::new(seed << 32 | 0x9E37_79B9);
        for _ in 0..150 {
            for _ in 0..40 {
                world.mutate();
            }
            let extent = if world.random(60) == 0 { Extent::All } else { Extent::Stress };
            world.collect(extent);
            world.check();
        }
    }
}

#[test]
fn a_trace_finds_what_has_died_old() {
    let mut world = World::new(1);
    for _ in 0..2000 {
        let made = world.make(world.words.len().is_multiple_of(500));
        world.store(made, 0, world.roots[0]);
        world.roots[0] = Some(made);
    }
    world.collect(Extent::All);
    let heap = Arc::clone(world.local.heap());
    let live = heap.live_bytes();
    world.roots[0] = None;
    world.collect(Extent::Due);
    assert_eq!(heap.live_bytes(), live, "what is old stays until it is traced");
    let collections = heap.collections();
    while heap.live_bytes() > 0 {
        world.collect(Extent::Stress);
        assert!(heap.collections() < collections + 100);
    }
}
