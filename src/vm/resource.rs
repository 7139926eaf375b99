//! What stands outside of the heap: open files, for which there are objects, and the pipes that a program knows by number.
//! The heap knows a number only.

use std::any::Any;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::heap::Word;

/// A machine's table of what is open.
#[derive(Default)]
pub(crate) struct Resources {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    next: u32,
    open: BTreeMap<u32, Entry>,
}

struct Entry {
    resource: Arc<dyn Any + Send + Sync>,
    /// The object that stands for it: when that is garbage, so is the resource. It is not kept alive from here.
    object: Word,
}

impl Resources {
    /// Adds a resource. `make` makes the object that stands for it, given its number.
    ///
    /// # Errors
    /// Those of `make`.
    pub(crate) fn add<E>(
        &self,
        resource: Arc<dyn Any + Send + Sync>,
        make: impl FnOnce(u32) -> Result<Word, E>,
    ) -> Result<Word, E> {
        let number = {
            let mut table = self.table.lock();
            table.next += 1;
            table.next
        };
        let object = make(number)?;
        self.table.lock().open.insert(number, Entry { resource, object });
        Ok(object)
    }

    /// Takes out the resources whose objects a collection has not reached.
    pub(super) fn take_unreached(
        &self,
        is_reached: impl Fn(Word) -> bool,
    ) -> Vec<Arc<dyn Any + Send + Sync>> {
        let mut table = self.table.lock();
        table
            .open
            .extract_if(.., |_, entry| !is_reached(entry.object))
            .map(|(_, entry)| entry.resource)
            .collect()
    }

    /// The resource with this number, if it is of this type and was not removed.
    pub(crate) fn get<T: Any + Send + Sync>(&self, number: u32) -> Option<Arc<T>> {
        let resource = self.table.lock().open.get(&number).map(|entry| entry.resource.clone());
        resource.and_then(|resource| resource.downcast().ok())
    }

    /// Removes a resource.
    pub(crate) fn remove(&self, number: u32) {
        let removed = self.table.lock().open.remove(&number);
        // Dropped when the table is free again: that may close a file.
        drop(removed);
    }

    /// Every resource of this type, in the order in which they were added.
    pub(crate) fn all<T: Any + Send + Sync>(&self) -> Vec<Arc<T>> {
        let resources: Vec<_> = self.table.lock().open.values().map(|entry| entry.resource.clone()).collect();
        resources.into_iter().filter_map(|resource| resource.downcast().ok()).collect()
    }
}

/// One end of a pipe.
pub(crate) struct Descriptor(File);

impl Descriptor {
    /// To read from or to write to.
    pub(crate) fn file(&self) -> &File {
        &self.0
    }
}

/// The descriptors that a program has made, by the numbers that the system gave them.
#[derive(Default)]
pub(crate) struct Descriptors(Mutex<BTreeMap<i32, Arc<Descriptor>>>);

impl Descriptors {
    /// Makes a pipe: the end to read from, the end to write to.
    ///
    /// # Errors
    /// Where the system has no more descriptors.
    pub(crate) fn pipe(&self) -> io::Result<(i32, i32)> {
        let (reader, writer) = io::pipe()?;
        Ok((self.add(reader.into()), self.add(writer.into())))
    }

    fn add(&self, descriptor: OwnedFd) -> i32 {
        let number = descriptor.as_raw_fd();
        self.0.lock().insert(number, Arc::new(Descriptor(descriptor.into())));
        number
    }

    /// The descriptor with a number.
    pub(crate) fn get(&self, number: i32) -> Option<Arc<Descriptor>> {
        self.0.lock().get(&number).cloned()
    }

    /// Closes a descriptor, as soon as nobody uses it. False if there is none.
    pub(crate) fn remove(&self, number: i32) -> bool {
        let removed = self.0.lock().remove(&number);
        removed.is_some()
    }
}
