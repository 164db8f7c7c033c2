//! The invariants of every decoder, checked on arbitrary bytes.
//!
//! A body decodes bytes from any source and checks the invariant of the decoder: no panic, and an accepted input
//! re-encodes to itself. Decoders of the wire accept exact lengths; those of instruction data and of accounts ignore
//! trailing bytes, as on Solana, so there the invariant covers the part that was read.
//!
//! ```text
//! fuzz/fuzz_targets/*.rs   coverage-guided bytes --+
//!                                                  +--> check --> decoder under test
//! tests/minifuzz.rs        seeded noise, damage ---+
//! ```
//!
//! The body `signatures` decodes a batch of signatures; its invariant is that all paths of verification agree on it.
//!
//! A body returns whether it accepted the input, so that a test can show that its samples pass the decoder.

mod account_data;
mod chain;
pub mod noise;
mod prefix;
mod proof;
mod samples;
mod text;
mod wire;

/// One decoder with its invariant.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// Name of the fuzz target.
    pub name: &'static str,
    /// Decodes the bytes and asserts the invariant; returns whether the bytes were accepted.
    pub check: fn(&[u8]) -> bool,
    /// Inputs that are accepted, to be damaged.
    pub samples: fn() -> Vec<Vec<u8>>,
    /// Of 1,000 samples with a little damage, how many are accepted at least. With fewer, what the body checks behind the
    /// decoder would hardly run.
    pub accepted_min: u64,
}

/// Every decoder that reads bytes from outside.
pub const BODIES: &[Body] = &[
    Body {
        name: "short_vec",
        check: wire::short_vec,
        samples: samples::short_vecs,
        accepted_min: 500,
    },
    Body {
        name: "transaction",
        check: wire::transaction,
        samples: samples::transactions,
        accepted_min: 100,
    },
    Body {
        name: "message",
        check: wire::message,
        samples: samples::messages,
        accepted_min: 100,
    },
    Body {
        name: "transaction_error",
        check: wire::transaction_error,
        samples: samples::transaction_errors,
        accepted_min: 15,
    },
    Body {
        name: "system_instruction",
        check: wire::system_instruction,
        samples: samples::system_instructions,
        accepted_min: 250,
    },
    Body {
        name: "lookup_table_instruction",
        check: wire::lookup_table_instruction,
        samples: samples::lookup_table_instructions,
        accepted_min: 150,
    },
    Body {
        name: "compute_budget",
        check: wire::compute_budget,
        samples: samples::compute_budget,
        accepted_min: 300,
    },
    Body {
        name: "sysvar_clock",
        check: account_data::clock,
        samples: samples::clock,
        accepted_min: 400,
    },
    Body {
        name: "sysvar_rent",
        check: account_data::rent,
        samples: samples::rent,
        accepted_min: 100,
    },
    Body {
        name: "sysvar_epoch_schedule",
        check: account_data::epoch_schedule,
        samples: samples::epoch_schedule,
        accepted_min: 400,
    },
    Body {
        name: "sysvar_slot_hashes",
        check: account_data::slot_hashes,
        samples: samples::slot_hashes,
        accepted_min: 300,
    },
    Body {
        name: "sysvar_recent_blockhashes",
        check: account_data::recent_blockhashes,
        samples: samples::recent_blockhashes,
        accepted_min: 350,
    },
    Body {
        name: "sysvar_last_restart_slot",
        check: account_data::last_restart_slot,
        samples: samples::last_restart_slot,
        accepted_min: 400,
    },
    Body {
        name: "sysvar_epoch_rewards",
        check: account_data::epoch_rewards,
        samples: samples::epoch_rewards,
        accepted_min: 400,
    },
    Body {
        name: "nonce",
        check: account_data::nonce,
        samples: samples::nonce,
        accepted_min: 400,
    },
    Body {
        name: "lookup_table",
        check: account_data::lookup_table,
        samples: samples::lookup_table,
        accepted_min: 120,
    },
    Body {
        name: "base58",
        check: text::base58,
        samples: samples::base58,
        accepted_min: 25,
    },
    Body {
        name: "keypair_json",
        check: text::keypair_json,
        samples: samples::keypair_json,
        accepted_min: 10,
    },
    Body {
        name: "genesis_json",
        check: text::genesis_json,
        samples: samples::genesis_json,
        accepted_min: 10,
    },
    Body {
        name: "genesis_borsh",
        check: chain::genesis_borsh,
        samples: samples::genesis_borsh,
        accepted_min: 15,
    },
    Body {
        name: "history_borsh",
        check: chain::history_borsh,
        samples: samples::history_borsh,
        accepted_min: 90,
    },
    Body {
        name: "delta_borsh",
        check: chain::delta_borsh,
        samples: samples::delta_borsh,
        accepted_min: 45,
    },
    Body {
        name: "proof",
        check: proof::check,
        samples: proof::samples,
        // Only the set of keys can be damaged.
        accepted_min: 1,
    },
    Body {
        name: "signatures",
        check: isobath_signature_tests::fuzz::check_bytes,
        samples: isobath_signature_tests::fuzz::samples,
        accepted_min: 500,
    },
];

/// Runs the body of this name; for fuzz targets.
///
/// # Panics
/// If there is no such body, or if its invariant is violated.
pub fn run(name: &str, bytes: &[u8]) {
    let body = BODIES.iter().find(|body| body.name == name);
    (body.expect("a fuzz target is named after its body").check)(bytes);
}
