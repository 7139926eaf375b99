//! An exception with those that led to it and, if it is a group, those it holds: which of them are shown, in the order in
//! which CPython's `traceback.TracebackException` finds them.

use rustc_hash::FxHashSet;

use crate::heap::Word;
use crate::value::exception::{Exception, ExceptionPart};
use crate::vm::thread::Thread;

use super::group::MAX_DEPTH;
use super::{CAUSE, CONTEXT, Style, part_of};

/// One exception that is shown.
pub(super) struct Member {
    pub(super) exception: Word,
    pub(super) traceback: Option<Word>,
    /// The exception that led to it, and how.
    pub(super) origin: Option<(usize, &'static str)>,
    /// Of a group: those it holds.
    pub(super) held: Option<Vec<usize>>,
    /// In how many groups it stands.
    depth: usize,
}

/// An exception and its family; the first is itself. All are roots of the thread from now on.
pub(super) fn of(thread: &mut Thread, exception: Word, traceback: Option<Word>, style: Style) -> Vec<Member> {
    let mut family = Family { members: Vec::new(), seen: FxHashSet::default() };
    let mut queue = vec![family.add(thread, exception, 0)];
    family.members[0].traceback = traceback;
    while let Some(place) = queue.pop() {
        let Member { exception, depth, .. } = family.members[place];
        if style.chain
            && let Some((origin, message)) = family.origin_of(thread, exception)
        {
            let origin = family.add(thread, origin, depth);
            family.members[place].origin = Some((origin, message));
            queue.push(origin);
        }
        if style.groups
            && let Some(held) = held_by(thread, exception)
        {
            let held = if depth < MAX_DEPTH { held } else { Vec::new() };
            let held: Vec<usize> = held.into_iter().map(|held| family.add(thread, held, depth + 1)).collect();
            queue.extend(&held);
            family.members[place].held = Some(held);
        }
    }
    family.members
}

fn held_by(thread: &Thread, exception: Word) -> Option<Vec<Word>> {
    let members = thread.live(exception).get::<Exception>()?.members()?;
    Some(members.iter().map(|member| member.word()).collect())
}

struct Family {
    members: Vec<Member>,
    seen: FxHashSet<u64>,
}

impl Family {
    fn add(&mut self, thread: &mut Thread, exception: Word, depth: usize) -> usize {
        // What has been shown stays alive, so that no other exception gets its word.
        thread.roots.push(exception);
        self.seen.insert(exception.0);
        let traceback = part_of(thread, exception, ExceptionPart::Traceback);
        self.members.push(Member { exception, traceback, origin: None, held: None, depth });
        self.members.len() - 1
    }

    /// The exception that led to this one, unless it is shown already.
    fn origin_of(&self, thread: &Thread, exception: Word) -> Option<(Word, &'static str)> {
        let is_new = |word: &Word| !self.seen.contains(&word.0);
        if let Some(cause) = part_of(thread, exception, ExceptionPart::Cause).filter(is_new) {
            return Some((cause, CAUSE));
        }
        if thread.live(exception).get::<Exception>()?.suppresses_context() {
            return None;
        }
        let context = part_of(thread, exception, ExceptionPart::Context).filter(is_new)?;
        Some((context, CONTEXT))
    }
}
