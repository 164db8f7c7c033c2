//! The allocator of every program that runs a node.
//!
//! A node serves strangers: thousands of connections whose buffers are made on one thread and freed on another, in
//! bursts. The system's allocator keeps what such a burst left in arenas per thread and never gave it back: after a
//! minute of hostile traffic the process held twice to three times as much as after ten seconds. jemalloc returns pages
//! within a second or so (`.cargo/config.toml` sets the times, a thread of its own does the work), so that the memory of
//! a node is what its limits say. It stands in for `malloc` too, since compression in C allocates for each thread that
//! answers calls. The comparison is in `docs/experiments.md`.
//!
//! Invariant: it is named once, here in the library, so no binary with a node in it can be without.

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;
