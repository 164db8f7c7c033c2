//! Steps at which a thread may be interrupted, for tests that want it interrupted there.
//!
//! [`step`] is between any two steps of a protocol that other threads can observe, here and in the parallel executor of the
//! runtime. It does nothing, except in tests
//! and under the feature `yields`: there a thread that has called [`seed_yields`] gives up its time slice at some of them,
//! chosen by the seed.

/// A step at which nothing happens: the feature `yields` is off.
#[cfg(not(any(test, feature = "yields")))]
#[inline]
pub const fn step() {}

#[cfg(any(test, feature = "yields"))]
pub use seeded::{seed_yields, step};

#[cfg(any(test, feature = "yields"))]
mod seeded {
    use std::cell::Cell;

    /// One of this number of steps yields.
    const STEPS_PER_YIELD: u64 = 4;

    thread_local! {
        /// State of the generator; 0 is off.
        static STATE: Cell<u64> = const { Cell::new(0) };
    }

    /// Lets this thread yield at steps that follow from `seed`; 0 ends that.
    pub fn seed_yields(seed: u64) {
        STATE.set(seed);
    }

    /// Gives up the time slice of this thread, if its seed says so.
    pub fn step() {
        let mut state = STATE.get();
        if state == 0 {
            return;
        }
        // Xorshift: never becomes 0.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        STATE.set(state);
        if state.is_multiple_of(STEPS_PER_YIELD) {
            std::thread::yield_now();
        }
    }
}
