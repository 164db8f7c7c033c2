//! Shared values whose memory is used again, so that a node at work allocates none for a transaction.
//!
//! ```text
//! hold <-- the thread's own --some when it is empty--  all threads'
//! drop --> the thread's own --half when it is full-->  all threads'
//! ```
//!
//! Invariant: a value is reused only when its last handle is dropped. How many unused ones are kept is bounded; beyond that
//! their memory is freed. If two threads drop the last two handles at once, it may be freed as well.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::LocalKey;

/// Unused values that are kept for all threads: as many as a large block has transactions, which take 20 MiB.
const SPARE_MAX: usize = 32_768;
/// Unused values that a thread keeps for itself.
const OWN_MAX: usize = 128;
/// Unused values that a thread takes or gives at a time.
const MOVED: usize = OWN_MAX / 2;

/// A value whose memory is used again.
pub(crate) trait Recycle: Sized + 'static {
    /// Where unused ones are kept for all threads.
    fn spare() -> &'static Spare<Self>;

    /// Where this thread keeps unused ones.
    fn own() -> &'static LocalKey<Own<Self>>;

    /// Frees what an unused value shall not keep.
    fn release(&mut self);
}

/// Unused values of all threads.
pub(crate) struct Spare<T>(Mutex<Vec<Arc<T>>>);

/// Unused values of one thread; when it ends, they are for all threads.
pub(crate) struct Own<T: Recycle>(RefCell<Vec<Arc<T>>>);

impl<T> Spare<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_some(&self, unused: impl Iterator<Item = Arc<T>>) {
        let mut spare = self.lock();
        let room = SPARE_MAX.saturating_sub(spare.len());
        spare.extend(unused.take(room));
    }
}

impl<T: Recycle> Own<T> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    fn take(&self) -> Option<Arc<T>> {
        let mut own = self.0.borrow_mut();
        if own.is_empty() {
            let mut spare = T::spare().lock();
            let left = spare.len().saturating_sub(MOVED);
            own.extend(spare.drain(left..));
        }
        own.pop()
    }

    fn keep(&self, unused: Arc<T>) {
        let mut own = self.0.borrow_mut();
        if own.len() >= OWN_MAX {
            T::spare().keep_some(own.drain(MOVED..));
        }
        own.push(unused);
    }
}

impl<T: Recycle> Drop for Own<T> {
    fn drop(&mut self) {
        T::spare().keep_some(self.0.get_mut().drain(..));
    }
}

/// A handle of a shared value.
#[derive(Debug)]
pub(crate) struct Recycled<T: Recycle>(Option<Arc<T>>);

impl<T: Recycle> Recycled<T> {
    /// A handle of `value`, in the memory of an unused one if there is one.
    pub(crate) fn hold(value: T) -> Self {
        // A thread that ends has no unused ones any more.
        let unused = T::own().try_with(Own::take).ok().flatten();
        let Some(mut unused) = unused else {
            return Self(Some(Arc::new(value)));
        };
        match Arc::get_mut(&mut unused) {
            Some(old) => *old = value,
            None => unused = Arc::new(value),
        }
        Self(Some(unused))
    }

    /// The value, if this is its only handle.
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_mut().and_then(Arc::get_mut)
    }

    /// Whether both are handles of the same value in memory.
    #[cfg(test)]
    fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq::<T>(&**self, &**other)
    }
}

impl<T: Recycle> Clone for Recycled<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Recycle> Deref for Recycled<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("taken only when it is dropped")
    }
}

impl<T: Recycle> Drop for Recycled<T> {
    fn drop(&mut self) {
        let Some(mut unused) = self.0.take() else {
            return;
        };
        if Arc::strong_count(&unused) == 1
            && let Some(value) = Arc::get_mut(&mut unused)
        {
            value.release();
            // At the end of the thread it is freed.
            let _ended = T::own().try_with(|own| own.keep(unused));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Value {
        bytes: Vec<u8>,
    }

    static SPARE: Spare<Value> = Spare::new();

    thread_local! {
        static OWN: Own<Value> = const { Own::new() };
    }

    impl Recycle for Value {
        fn spare() -> &'static Spare<Self> {
            &SPARE
        }

        fn own() -> &'static LocalKey<Own<Self>> {
            &OWN
        }

        fn release(&mut self) {
            self.bytes = Vec::new();
        }
    }

    fn value(byte: u8) -> Value {
        Value { bytes: vec![byte] }
    }

    #[test]
    fn memory_is_used_again_when_the_last_handle_goes() {
        let first = Recycled::hold(value(1));
        let address = std::ptr::from_ref::<Value>(&first) as usize;
        let second = first.clone();
        assert!(first.is_same(&second));
        drop(first);
        assert_eq!(second.bytes, [1]);
        let other = Recycled::hold(value(2));
        assert!(!second.is_same(&other));
        drop(second);
        let third = Recycled::hold(value(3));
        assert_eq!(std::ptr::from_ref::<Value>(&third) as usize, address);
        assert_eq!((&third.bytes[..], &other.bytes[..]), (&[3][..], &[2][..]));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test of what threads leave")]
    fn what_a_thread_leaves_is_for_all() {
        let held: Vec<Recycled<Value>> = (0..200).map(|_| Recycled::hold(value(1))).collect();
        let addresses: Vec<usize> = held
            .iter()
            .map(|held| std::ptr::from_ref::<Value>(held) as usize)
            .collect();
        std::thread::spawn(move || drop(held)).join().unwrap();
        let again = Recycled::hold(value(2));
        assert!(addresses.contains(&(std::ptr::from_ref::<Value>(&again) as usize)));
    }
}
