//! Asks the processor to bring memory near that will be used soon.
//!
//! A hint changes no result. On processors without one that Rust knows it does nothing.

#![allow(
    unsafe_code,
    reason = "the prefetch instruction takes a raw pointer; see ARCHITECTURE.md"
)]

/// Bytes that memory moves at a time.
const LINE_LEN: usize = 64;

/// Asks for all of a value, in steps of a cache line.
#[inline]
pub fn prefetch<T>(value: &T) {
    let start = std::ptr::from_ref(value).cast::<u8>();
    for offset in (0..size_of::<T>()).step_by(LINE_LEN) {
        prefetch_line(start.wrapping_add(offset));
    }
}

/// Asks for bytes, in steps of a cache line.
#[inline]
pub fn prefetch_bytes(bytes: &[u8]) {
    for line in bytes.chunks(LINE_LEN) {
        prefetch_line(line.as_ptr());
    }
}

/// Asks for all of a value that will be written, so that no other processor has it then.
#[inline]
pub fn prefetch_to_write<T>(value: &T) {
    let start = std::ptr::from_ref(value).cast::<u8>();
    for offset in (0..size_of::<T>()).step_by(LINE_LEN) {
        prefetch_line_to_write(start.wrapping_add(offset));
    }
}

/// Asks for the line where an element behind this one would end, the next that will be written into a buffer. Whether the
/// buffer has room for it does not matter.
#[inline]
pub fn prefetch_behind<T>(last: &T) {
    let end = std::ptr::from_ref(last).wrapping_add(2).cast::<u8>();
    prefetch_line_to_write(end.wrapping_sub(1));
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
fn prefetch_line(address: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a prefetch reads nothing that the program can see and faults at no address; every x86-64 processor has it.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
fn prefetch_line_to_write(address: *const u8) {
    use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
    // SAFETY: as above; processors that do not know the hint to write take it for no operation.
    unsafe { _mm_prefetch::<_MM_HINT_ET0>(address.cast()) };
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
const fn prefetch_line(_address: *const u8) {}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
const fn prefetch_line_to_write(_address: *const u8) {}
