//! A dict as the memory of a cache: its order is that in which its keys were asked for, the last one last.

use crate::heap::{Held, Value};
use crate::value::compare::same_key_under;
use crate::value::context::{Context, Raised};
use crate::value::set::same_objects;

use super::Dict;
use super::table::{DictTable, Look};

impl Dict {
    /// The value of a key, which becomes the last one.
    ///
    /// # Errors
    /// As [`get`](Self::get), and `MemoryError`.
    pub fn get_to_end<'t>(
        &'t self,
        cx: &'t Context,
        key: Value<'_>,
        hash: i64,
    ) -> Result<Option<Value<'t>>, Raised> {
        let held = cx.lock(self);
        let Some(table) = self.table() else { return Ok(None) };
        let found = match table.whereabouts(hash, key) {
            Some(found) => found,
            None => {
                let (place, entry) = table.find(hash, |other| same_key_under(cx, &held, other, key))?;
                entry.map(|entry| (place, entry))
            }
        };
        let Some((place, entry)) = found else { return Ok(None) };
        self.move_to_end(cx, &held, table, place, entry)
    }

    /// [`get_to_end`](Self::get_to_end) of the key that is this very object.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn identical_to_end<'t>(
        &'t self,
        cx: &'t Context,
        key: Value<'_>,
        hash: i64,
    ) -> Result<Option<Value<'t>>, Raised> {
        let held = cx.lock(self);
        let Some(table) = self.table() else { return Ok(None) };
        match table.find(hash, |other| Ok(other.is(key)))? {
            (place, Some(entry)) => self.move_to_end(cx, &held, table, place, entry),
            (_, None) => Ok(None),
        }
    }

    /// Moves the entry with this number, which was found by this place of the index. Who looks without the
    /// lock may miss it meanwhile.
    fn move_to_end<'t>(
        &'t self,
        cx: &'t Context,
        held: &Held<'_>,
        table: &'t DictTable,
        place: usize,
        entry: usize,
    ) -> Result<Option<Value<'t>>, Raised> {
        let value = table.entry(entry).value().get();
        if entry + 1 == table.entries().len() {
            return Ok(value);
        }
        if table.is_full() {
            // All of them move, this one last.
            let entry = table.entry(entry);
            if let Some((key, value)) = entry.pair() {
                self.empty(cx, held, table, entry);
                self.add(cx, held, table, place, entry.hash(), key, value)?;
            }
        } else {
            table.append_again(cx, held, place, entry);
        }
        Ok(value)
    }

    /// Adds a key as the last one, unless it is there; the first one makes room where there are `most` already.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn keep(
        &self,
        cx: &Context,
        key: Value<'_>,
        hash: i64,
        value: Value<'_>,
        most: usize,
    ) -> Result<(), Raised> {
        let held = cx.lock(self);
        match self.seek(cx, &held, key, hash)? {
            (_, Look::Here(_)) => Ok(()),
            (table, Look::Nowhere(place)) => {
                self.make_room(cx, &held, table, most);
                self.add(cx, &held, table, place, hash, key, value)
            }
        }
    }

    /// [`keep`](Self::keep) of a key that is none of the candidates in `seen`, if these are all; says whether they are. For those
    /// whose comparison needs code.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn keep_unseen(
        &self,
        cx: &Context,
        key: Value<'_>,
        hash: i64,
        value: Value<'_>,
        seen: &[Value<'_>],
        most: usize,
    ) -> Result<bool, Raised> {
        let held = cx.lock(self);
        if !same_objects(&self.candidates(hash), seen) {
            return Ok(false);
        }
        let table = match self.table() {
            Some(table) => table,
            None => self.resize(cx, &held)?,
        };
        self.make_room(cx, &held, table, most);
        self.add(cx, &held, table, table.vacancy(hash), hash, key, value)?;
        Ok(true)
    }

    fn make_room(&self, cx: &Context, held: &Held<'_>, table: &DictTable, most: usize) {
        if self.len() >= most
            && let (Some(_), behind) = table.first_from(0)
        {
            self.empty(cx, held, table, table.entry(behind - 1));
        }
    }
}
