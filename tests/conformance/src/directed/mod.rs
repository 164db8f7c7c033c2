//! Sequences written by hand, for rules that random ones reach too rarely. Each has a name and goes through a Bank, with
//! each of the two sets of features.
//!
//! ```text
//! draft       builds a sequence
//! admission   default compute units, signatures of precompiles, reserved keys, age of blockhashes
//! producer    who is credited with the fees
//! tables      lookup tables: the block of their creation, their size, their end
//! nonces      durable nonces in accounts of other lengths
//! loaders     calls of accounts that a loader owns
//! sysvars     what programs read in the Instructions sysvar
//! calls       calls between programs: privileges, seeds, return data, units, depth
//! limits      instructions, accounts, growth of data
//! ```

mod admission;
mod calls;
mod draft;
mod limits;
mod loaders;
mod nonces;
mod producer;
mod sysvars;
mod tables;

use isobath_sdk::rules::Profile;

use self::draft::Draft;
use crate::sequence::Sequence;

/// A sequence, and the reason for which Isobath differs on it, if it does so deliberately.
#[derive(Clone, Debug)]
pub struct Directed {
    /// The sequence.
    pub sequence: Sequence,
    /// One word, explained in the list of known mismatches.
    pub differs: Option<&'static str>,
}

impl Directed {
    /// A sequence that nobody wrote by hand; it differs for no reason of its own.
    #[must_use]
    pub const fn undirected(sequence: Sequence) -> Self {
        Self {
            sequence,
            differs: None,
        }
    }
}

/// A sequence by name.
struct Row {
    name: &'static str,
    write: fn(&mut Draft),
    differs: Option<&'static str>,
}

const fn row(name: &'static str, write: fn(&mut Draft)) -> Row {
    Row {
        name,
        write,
        differs: None,
    }
}

const fn differs(reason: &'static str, name: &'static str, write: fn(&mut Draft)) -> Row {
    Row {
        name,
        write,
        differs: Some(reason),
    }
}

const ROWS: [Row; 38] = [
    row("default-units", admission::default_units),
    row("precompile-signatures", admission::precompile_signatures),
    row("reserved-keys", admission::reserved_keys),
    row("reserved-keys-loaded", admission::reserved_keys_loaded),
    row("blockhash-150", admission::blockhash_150),
    differs("age", "blockhash-151", admission::blockhash_151),
    row("loader-locks", admission::loader_locks),
    differs("loader", "loader-loaded", admission::loader_loaded),
    row("producer-absent", producer::absent),
    row("producer-plain", producer::plain),
    row("producer-with-data", producer::with_data),
    row("producer-of-a-program", producer::of_a_program),
    differs("parent", "table-created", tables::created),
    row("table-extended", tables::extended),
    row("table-cooldown", tables::cooldown),
    row("table-size", tables::size),
    row("nonce-lengths", nonces::lengths),
    row("loader-not-deployed", loaders::not_deployed),
    row("loader-assigned", loaders::assigned),
    row("instructions-sysvar", sysvars::instructions),
    row("instructions-sysvar-loaded", sysvars::instructions_loaded),
    row("instructions-sysvar-called", sysvars::instructions_called),
    row("duplicate-signer", calls::duplicate_signer),
    row("privileges", calls::privileges),
    row("signer-seeds", calls::signer_seeds),
    row("seeds-units", calls::seeds_units),
    differs("invalid", "seeds-invalid", calls::seeds_invalid),
    differs("invalid", "call-invalid", calls::invalid),
    row("return-data", calls::return_data),
    row("reentrancy", calls::reentrancy),
    row("call-depth", calls::depth),
    row("call-units", calls::units),
    row("lamports-sums", calls::lamports_sums),
    row("instructions", limits::instructions),
    row("instruction-accounts", limits::instruction_accounts),
    row("trace-length", limits::trace_length),
    row("growth", limits::growth),
    row("growth-net", limits::growth_net),
];

/// All of them, with either set of features.
#[must_use]
pub fn all() -> Vec<Directed> {
    let rows = ROWS
        .iter()
        .flat_map(|row| Profile::EVERY.map(|profile| (row, profile)));
    let sequences = rows.map(|(row, profile)| {
        let mut draft = Draft::new(row.name);
        (row.write)(&mut draft);
        Directed {
            sequence: draft.finish(profile),
            differs: row.differs,
        }
    });
    sequences.collect()
}
