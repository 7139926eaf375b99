//! What objects of the heap stand for outside of it: open files. The heap knows a number only.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// A machine's table of what is open.
#[derive(Default)]
pub(crate) struct Resources {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    next: u32,
    open: BTreeMap<u32, Arc<dyn Any + Send + Sync>>,
}

impl Resources {
    /// Adds a resource, and gives its number.
    pub(crate) fn add(&self, resource: Arc<dyn Any + Send + Sync>) -> u32 {
        let mut table = self.table.lock();
        let number = table.next;
        table.next += 1;
        table.open.insert(number, resource);
        number
    }

    /// The resource with this number, if it is of this type and was not removed.
    pub(crate) fn get<T: Any + Send + Sync>(&self, number: u32) -> Option<Arc<T>> {
        let resource = self.table.lock().open.get(&number).cloned();
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
        let resources: Vec<_> = self.table.lock().open.values().cloned().collect();
        resources.into_iter().filter_map(|resource| resource.downcast().ok()).collect()
    }
}
