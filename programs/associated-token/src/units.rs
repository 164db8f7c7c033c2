//! What the instructions cost in compute units.

/// Compute units of an instruction, without the programs that it calls and the addresses that it looks for; what the
/// bytecode takes in litesvm 0.16.0, as are the two that follow.
pub const COMPUTE_UNITS: u64 = 2_800;
/// What creating an account adds.
pub const COMPUTE_UNITS_TO_CREATE: u64 = 4_500;
/// What emptying an account adds.
pub const COMPUTE_UNITS_TO_RECOVER: u64 = 7_000;
/// Compute units of each bump that is tried for an address, as on Solana.
pub const COMPUTE_UNITS_PER_BUMP: u64 = 1_500;
