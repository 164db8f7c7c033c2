//! Bytes that many hold and one at a time changes: counted, and copied at the first write while others hold them.
//!
//! ```text
//! SharedBytes<A>                one allocation
//!  0  data      u8* -------.    +---------+---------+-----------+------------+
//!  8  len       usize       \   | holders | annex A | len bytes | spare room |
//! 16  capacity  usize        \  +---------+---------+-----------+------------+
//! 24                          `-----------------------^ data     ^ data + capacity: the end
//! ```
//!
//! The annex is what goes with the bytes, such as what is known of their hash; a copy of the bytes inherits a clone of it.
//! A capacity of zero is no allocation: `data` dangles, and there is no annex.
//!
//! Invariants: bytes that more than one handle holds never change, nor does their length, so all handles of one
//! allocation have the same `len` and `capacity`. The first `len` bytes are initialized; the spare room may not be. `data`
//! has the alignment of `usize` at least.
//!
//! Cost: a clone and a drop are one atomic operation each, whatever the length. The memory is that of the bytes, the
//! annex and one word.
//!
//! Deliberately absent: weak handles, and parts of bytes as handles of their own.

#![allow(
    unsafe_code,
    reason = "one allocation for count, annex and bytes, whose address programs get"
)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::fmt;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

/// Handles of one allocation, at most; far from what the count can hold, so that threads that pass it together cannot
/// overflow it before one of them aborts.
const HOLDERS_MAX: usize = isize::MAX.unsigned_abs();

/// A handle of shared bytes. See the documentation of the module.
#[repr(C)]
pub struct SharedBytes<A> {
    data: NonNull<u8>,
    len: usize,
    capacity: usize,
    head: PhantomData<Head<A>>,
}

/// What is in front of the bytes.
#[repr(C)]
struct Head<A> {
    /// Number of handles of this allocation.
    holders: AtomicUsize,
    annex: A,
}

// SAFETY: handles on several threads share the annex by reference, and the last of them drops it wherever it is; so it
// must be `Sync` and `Send`, as for `Arc`. The bytes change only while a handle is the only one, and the count orders
// the accesses (see `is_shared` and `drop`).
unsafe impl<A: Send + Sync> Send for SharedBytes<A> {}
// SAFETY: as for `Send`; a shared reference gives no more than a clone would.
unsafe impl<A: Send + Sync> Sync for SharedBytes<A> {}

impl<A> SharedBytes<A> {
    /// No bytes, and no allocation.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            data: NonNull::<usize>::dangling().cast(),
            len: 0,
            capacity: 0,
            head: PhantomData,
        }
    }

    /// No bytes yet, with room for `capacity` of them ([`Self::resize_within`]). A capacity of zero drops the annex.
    ///
    /// # Panics
    /// If the capacity is more than an allocation can have.
    #[must_use]
    pub fn with_capacity(capacity: usize, annex: A) -> Self {
        if capacity == 0 {
            return Self::new();
        }
        let layout = Self::layout(capacity);
        // SAFETY: the layout is not empty, as the head has a counter.
        let allocated = NonNull::new(unsafe { alloc(layout) });
        let base = allocated.unwrap_or_else(|| handle_alloc_error(layout));
        let head = Head {
            holders: AtomicUsize::new(1),
            annex,
        };
        // SAFETY: the allocation begins with room for a head, aligned for it (`layout`).
        unsafe { base.cast::<Head<A>>().write(head) };
        Self {
            // SAFETY: the head is followed by `capacity` bytes of the same allocation.
            data: unsafe { base.add(size_of::<Head<A>>()) },
            len: 0,
            capacity,
            head: PhantomData,
        }
    }

    /// A copy of `bytes`, with no spare room. Without bytes, the annex is dropped.
    #[must_use]
    pub fn copy_of(bytes: &[u8], annex: A) -> Self {
        let mut copy = Self::with_capacity(bytes.len(), annex);
        copy.append(bytes, 0);
        copy
    }

    /// The bytes.
    #[must_use]
    pub const fn as_slice(&self) -> &[u8] {
        // SAFETY: `data` is followed by `len` initialized bytes, which nobody changes while this handle is borrowed: a
        // change takes the only handle, mutably. Without an allocation `len` is zero and `data` is not null.
        unsafe { slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }

    /// Number of bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of bytes that the allocation has room for.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether another handle holds the same bytes. Where there is none, another can only come from this one.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        // Acquire: what other handles did before they were dropped happened before what the caller does next.
        self.head()
            .is_some_and(|head| head.holders.load(Ordering::Acquire) > 1)
    }

    /// Whether both are handles of the same bytes in memory, or have no allocation.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.data == other.data
    }

    /// The annex; `None` without an allocation.
    #[must_use]
    pub fn annex(&self) -> Option<&A> {
        self.head().map(|head| &head.annex)
    }

    /// Changes the length to `len` in place, with zeros for new bytes; false, and no change, if the bytes are shared or
    /// there is no room.
    #[must_use]
    pub fn resize_within(&mut self, len: usize) -> bool {
        if len > self.capacity || self.is_shared() {
            return false;
        }
        match len.checked_sub(self.len) {
            Some(zeros) => self.append(&[], zeros),
            None => self.len = len,
        }
        true
    }

    /// Replaces bytes and annex, with `zeros` zero bytes behind `bytes`; false, and no change, if the bytes are shared or
    /// there is no room. Without an allocation the annex is dropped.
    #[must_use]
    pub fn refill(&mut self, bytes: &[u8], zeros: usize, annex: A) -> bool {
        let len = bytes.len().saturating_add(zeros);
        if len > self.capacity || self.is_shared() {
            return false;
        }
        if let Some(place) = self.annex_mut() {
            *place = annex;
        }
        self.len = 0;
        self.append(bytes, zeros);
        true
    }

    /// Appends `bytes` and then `zeros` zero bytes. The callers see to it that the handle is the only one and has room.
    fn append(&mut self, bytes: &[u8], zeros: usize) {
        let added = bytes.len().checked_add(zeros);
        let len = added.and_then(|added| self.len.checked_add(added));
        let len = len.filter(|len| *len <= self.capacity);
        let len = len.expect("appended within the capacity");
        assert!(!self.is_shared(), "appended to bytes that nobody else holds");
        // SAFETY: the allocation has `capacity` bytes from `data` on, of which `len` are enough for what is there, the
        // `bytes` and the zeros, as was just checked. Nobody else holds them, so `bytes` are elsewhere. Without an
        // allocation nothing is written.
        unsafe {
            let end = self.data.add(self.len);
            ptr::copy_nonoverlapping(bytes.as_ptr(), end.as_ptr(), bytes.len());
            end.add(bytes.len()).write_bytes(0, zeros);
        }
        self.len = len;
    }

    /// The bytes and the annex, to change; `None` if they are shared.
    fn parts_mut(&mut self) -> Option<(&mut [u8], Option<&mut A>)> {
        if self.is_shared() {
            return None;
        }
        // SAFETY: `data` is followed by `len` initialized bytes. This handle is borrowed mutably and is the only one, so
        // nobody else reads or writes them. Without an allocation `len` is zero.
        let bytes = unsafe { slice::from_raw_parts_mut(self.data.as_ptr(), self.len) };
        // SAFETY: as for the bytes; the annex is in front of them and so no part of them.
        let annex = self.head_ptr().map(|head| unsafe { &mut (*head.as_ptr()).annex });
        Some((bytes, annex))
    }

    /// The annex, to change; `None` if it is shared or there is no allocation.
    #[must_use]
    pub fn annex_mut(&mut self) -> Option<&mut A> {
        self.parts_mut()?.1
    }

    fn head(&self) -> Option<&Head<A>> {
        // SAFETY: the head was written when the allocation was made and lives until the last handle is dropped.
        self.head_ptr().map(|head| unsafe { head.as_ref() })
    }

    fn head_ptr(&self) -> Option<NonNull<Head<A>>> {
        // SAFETY: a handle with a capacity has an allocation, in which the head is just before `data`.
        let head = || unsafe { self.data.sub(size_of::<Head<A>>()) }.cast();
        (self.capacity > 0).then(head)
    }

    /// The layout of an allocation: a head, followed by the bytes. The size of a type is a multiple of its alignment, so
    /// the bytes begin right behind the head.
    fn layout(capacity: usize) -> Layout {
        let bytes = Layout::array::<u8>(capacity);
        let whole = bytes.and_then(|bytes| Layout::new::<Head<A>>().extend(bytes));
        whole.expect("the capacity is that of an allocation").0
    }
}

impl<A: Clone> SharedBytes<A> {
    /// The bytes, to change in place; copied first if they are shared.
    #[must_use]
    pub fn make_mut(&mut self) -> &mut [u8] {
        self.make_parts_mut().0
    }

    /// The bytes and their annex, to change in place; both are copied first if they are shared. No annex without an
    /// allocation.
    #[must_use]
    pub fn make_parts_mut(&mut self) -> (&mut [u8], Option<&mut A>) {
        if self.is_shared()
            && let Some(annex) = self.annex()
        {
            *self = Self::copy_of(self.as_slice(), annex.clone());
        }
        self.parts_mut().expect("a copy has one handle")
    }
}

impl<A: Clone + Default> SharedBytes<A> {
    /// Changes the length to `len`, with zeros for new bytes, in an allocation of exactly that length. Without one before,
    /// the annex is the default.
    pub fn resize(&mut self, len: usize) {
        if len == self.len && len == self.capacity {
            return;
        }
        let kept = &self.as_slice()[..len.min(self.len)];
        let annex = self.annex().cloned().unwrap_or_default();
        let mut resized = Self::with_capacity(len, annex);
        resized.append(kept, len.saturating_sub(kept.len()));
        *self = resized;
    }
}

impl<A> Clone for SharedBytes<A> {
    fn clone(&self) -> Self {
        if let Some(head) = self.head() {
            // Relaxed: the cloned handle keeps the allocation alive, and nothing was written since it got it.
            let before = head.holders.fetch_add(1, Ordering::Relaxed);
            if before > HOLDERS_MAX {
                std::process::abort();
            }
        }
        Self { ..*self }
    }
}

impl<A> Drop for SharedBytes<A> {
    fn drop(&mut self) {
        let Some(head) = self.head_ptr() else {
            return;
        };
        // Release: what this handle did happens before the allocation is changed or freed by the last one.
        // SAFETY: the head lives, as this handle is still counted.
        let before = unsafe { (*head.as_ptr()).holders.fetch_sub(1, Ordering::Release) };
        if before != 1 {
            return;
        }
        fence(Ordering::Acquire);
        // SAFETY: this was the last handle, so nobody else refers to the allocation, which was made with this layout.
        unsafe {
            head.drop_in_place();
            dealloc(head.cast().as_ptr(), Self::layout(self.capacity));
        }
    }
}

impl<A> Default for SharedBytes<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Default> From<&[u8]> for SharedBytes<A> {
    fn from(bytes: &[u8]) -> Self {
        Self::copy_of(bytes, A::default())
    }
}

impl<A> fmt::Debug for SharedBytes<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

#[cfg(test)]
mod tests;
