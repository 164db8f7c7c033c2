//! Shared values whose memory is used again, so that a node at work allocates none for a transaction.
//!
//! Invariant: a value is reused only when its last handle is dropped. How many unused ones are kept is bounded; beyond that
//! their memory is freed. If two threads drop the last two handles at once, it may be freed as well.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// Unused values that are kept.
const SPARE_MAX: usize = 16_384;

/// A value whose memory is used again.
pub(crate) trait Recycle: Sized + 'static {
    /// Where unused ones are kept.
    fn spare() -> &'static Spare<Self>;

    /// Frees what an unused value shall not keep.
    fn release(&mut self);
}

/// Unused values.
pub(crate) struct Spare<T>(Mutex<Vec<Arc<T>>>);

impl<T: Recycle> Spare<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// A handle of `value`, in the memory of an unused one if there is one.
    pub(crate) fn hold(&self, value: T) -> Recycled<T> {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(mut spare) = spare else {
            return Recycled(Some(Arc::new(value)));
        };
        match Arc::get_mut(&mut spare) {
            Some(old) => *old = value,
            None => spare = Arc::new(value),
        }
        Recycled(Some(spare))
    }

    fn keep(&self, mut unused: Arc<T>) {
        let Some(value) = Arc::get_mut(&mut unused) else {
            return;
        };
        value.release();
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE_MAX {
            spare.push(unused);
        }
    }
}

/// A handle of a shared value.
#[derive(Debug)]
pub(crate) struct Recycled<T: Recycle>(Option<Arc<T>>);

impl<T: Recycle> Recycled<T> {
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
        if let Some(value) = self.0.take()
            && Arc::strong_count(&value) == 1
        {
            T::spare().keep(value);
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

    impl Recycle for Value {
        fn spare() -> &'static Spare<Self> {
            &SPARE
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
        let first = SPARE.hold(value(1));
        let address = std::ptr::from_ref::<Value>(&first) as usize;
        let second = first.clone();
        assert!(first.is_same(&second));
        drop(first);
        assert_eq!(second.bytes, [1]);
        let other = SPARE.hold(value(2));
        assert!(!second.is_same(&other));
        drop(second);
        let third = SPARE.hold(value(3));
        assert_eq!(std::ptr::from_ref::<Value>(&third) as usize, address);
        assert_eq!((&third.bytes[..], &other.bytes[..]), (&[3][..], &[2][..]));
    }
}
