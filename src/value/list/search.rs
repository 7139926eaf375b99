//! Looking for an item that equals a value. The list stays as it is while its items are compared, as long as that can be
//! done under its lock; what cannot be compared there is compared in a copy of the rest of the list.

use crate::heap::{Held, Value};
use crate::value::compare::{same_key, same_under};
use crate::value::context::{Context, Raised};

use super::List;

impl List {
    /// The place of the first item from `from` up to `to` that equals the value.
    ///
    /// # Errors
    /// [`Context::needs_code`].
    pub fn position(
        &self,
        cx: &Context,
        value: Value<'_>,
        from: usize,
        to: usize,
    ) -> Result<Option<usize>, Raised> {
        let mut found = None;
        self.each_same(cx, value, from, to, |_, place, _| {
            found = Some(place);
            true
        })?;
        Ok(found)
    }

    /// How many items equal the value.
    ///
    /// # Errors
    /// [`Context::needs_code`].
    pub fn count(&self, cx: &Context, value: Value<'_>) -> Result<usize, Raised> {
        let mut count = 0;
        self.each_same(cx, value, 0, usize::MAX, |_, _, _| {
            count += 1;
            false
        })?;
        Ok(count)
    }

    /// Removes the first item that equals the value; says whether there is one.
    ///
    /// # Errors
    /// [`Context::needs_code`].
    pub fn remove(&self, cx: &Context, value: Value<'_>) -> Result<bool, Raised> {
        loop {
            let mut outcome = Removal::Nothing;
            self.each_same(cx, value, 0, usize::MAX, |held, place, item| {
                outcome = match held {
                    Some(held) => {
                        self.cut(cx, held, place);
                        Removal::Done
                    }
                    None if self.remove_identical(cx, item) => Removal::Done,
                    None => Removal::Moved,
                };
                true
            })?;
            match outcome {
                Removal::Done => return Ok(true),
                Removal::Nothing => return Ok(false),
                // Another thread was faster.
                Removal::Moved => {}
            }
        }
    }

    /// Removes the first item that is this very object; says whether there is one.
    pub fn remove_identical(&self, cx: &Context, item: Value<'_>) -> bool {
        let held = cx.lock(self);
        let place = self.held_slots(&held).iter().position(|slot| slot.word() == item.word());
        if let Some(place) = place {
            self.cut(cx, &held, place);
        }
        place.is_some()
    }

    /// Calls `found` with each item from `from` up to `to` that equals the value, until it returns true. As long as the list
    /// stays locked, it is given the lock.
    fn each_same<'t>(
        &'t self,
        cx: &Context,
        value: Value<'_>,
        from: usize,
        to: usize,
        mut found: impl FnMut(Option<&Held<'_>>, usize, Value<'t>) -> bool,
    ) -> Result<(), Raised> {
        let held = cx.lock(self);
        let slots = self.held_slots(&held).iter().enumerate().take(to).skip(from);
        let mut items = slots.filter_map(|(place, slot)| Some((place, slot.get()?)));
        let mut open = None;
        for (place, item) in &mut items {
            cx.poll(place)?;
            match same_under(cx, &held, item, value)? {
                Some(true) if found(Some(&held), place, item) => return Ok(()),
                Some(_) => {}
                None => {
                    open = Some((place, item));
                    break;
                }
            }
        }
        let Some(open) = open else { return Ok(()) };
        let rest: Vec<_> = std::iter::once(open).chain(items).collect();
        drop(held);
        for (place, item) in rest {
            cx.poll(place)?;
            if same_key(cx, item, value)? && found(None, place, item) {
                break;
            }
        }
        Ok(())
    }
}

/// What came of an attempt to remove an item.
enum Removal {
    Done,
    Nothing,
    Moved,
}
