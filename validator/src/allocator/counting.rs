//! The allocator with a count of its calls for each thread, which costs an addition.

#![allow(unsafe_code, reason = "a global allocator is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

use tikv_jemallocator::Jemalloc;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// Calls of the allocator by this thread so far: to allocate, and to change the size of what was allocated.
#[must_use]
pub fn allocation_count() -> u64 {
    CALLS.get()
}

/// jemalloc, counted.
pub(super) struct Counting;

fn count() {
    CALLS.set(CALLS.get().wrapping_add(1));
}

// SAFETY: every call is handed to jemalloc unchanged. A constant thread-local without a destructor is read and written
// without allocating.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller promises what jemalloc asks for.
        unsafe { Jemalloc.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { Jemalloc.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { Jemalloc.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { Jemalloc.realloc(pointer, layout, new_size) }
    }
}
