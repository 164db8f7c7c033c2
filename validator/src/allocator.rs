//! The allocator of every program that runs a node.
//!
//! A node serves untrusted clients: thousands of connections whose buffers are allocated on one thread and freed on
//! another, in bursts. The system's allocator keeps the freed memory of a burst in per-thread arenas and does not
//! return it: after a minute of hostile traffic the process held two to three times as much as after ten seconds.
//! jemalloc returns pages within about a second (`.cargo/config.toml` sets the times, a background thread does the
//! work), so the memory of a node stays within its limits. It replaces `malloc` too, since compression in C allocates
//! for each thread that serves calls. The comparison is in `docs/experiments.md`.
//!
//! Invariant: it is set once, here in the library, so every binary that contains a node uses it. With the feature
//! `count-allocations`, which only benches ask for, it counts its calls.

#[cfg(feature = "count-allocations")]
mod counting;

#[cfg(feature = "count-allocations")]
pub use counting::allocation_count;

#[cfg(feature = "count-allocations")]
#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

#[cfg(not(feature = "count-allocations"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
