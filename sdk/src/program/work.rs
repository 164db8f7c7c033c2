//! What a transaction makes a node do, in counted quantities.
//!
//! Invariant: the counts are a function of the transaction and of the state that it runs on, never of time or of the
//! machine, so that a cost derived from them is the same on every node, and a test can bound them.

/// Bytes of a block of the hash.
pub const HASH_BLOCK_LEN: usize = 64;
/// Hash blocks of an account that was written: its leaf, its way to the root of a delta, and the way from a part of its
/// contents to their hash.
pub const HASH_BLOCKS_PER_ACCOUNT: usize = 32;
/// Bytes in the record of a block for a changed account besides its contents, at most.
pub const RECORDED_ACCOUNT_LEN: usize = 120;

/// Work that one transaction caused. Counts saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Bytes of accounts copied, for instance before the first write to contents, which counts as a copy also where it
    /// copies less.
    pub copied_bytes: u64,
    /// Bytes set to zero when contents grew.
    pub zeroed_bytes: u64,
    /// Blocks of 64 bytes hashed, for the transaction or for what it changed.
    pub hash_blocks: u64,
    /// Look-ups in tables over accounts and messages.
    pub table_probes: u64,
    /// Bytes that it adds to the record of its block, at most.
    pub recorded_bytes: u64,
}

impl Work {
    /// Adds what `other` counted.
    pub const fn add(&mut self, other: Self) {
        self.copied_bytes = self.copied_bytes.saturating_add(other.copied_bytes);
        self.zeroed_bytes = self.zeroed_bytes.saturating_add(other.zeroed_bytes);
        self.hash_blocks = self.hash_blocks.saturating_add(other.hash_blocks);
        self.table_probes = self.table_probes.saturating_add(other.table_probes);
        self.recorded_bytes = self.recorded_bytes.saturating_add(other.recorded_bytes);
    }

    /// Counts bytes copied.
    pub const fn count_copied(&mut self, bytes: usize) {
        self.copied_bytes = self.copied_bytes.saturating_add(bytes as u64);
    }

    /// Counts bytes set to zero.
    pub const fn count_zeroed(&mut self, bytes: usize) {
        self.zeroed_bytes = self.zeroed_bytes.saturating_add(bytes as u64);
    }
}
