//! What the history of a block shows of a transaction beside its result: log, inner instructions, return data,
//! balances.
//!
//! Invariant: a trace holds nothing that the two sides have differently on purpose (`docs/differences.md`). The lookup
//! table program is bytecode on Solana and built in here, so what it logs itself is dropped, and the balances of
//! accounts that exist on one side only are. The token, associated token account and memo programs are bytecode on Solana
//! too; of their log only the numbers of compute units are dropped, and which bytes of a memo are not UTF-8.

use borsh::{BorshDeserialize, BorshSerialize};
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;

use crate::sequence::{Oracle, short};

/// Keys whose accounts differ from Solana's: programs and sysvars that do not exist here, and the one that is built in
/// here.
const DIFFERENT_ACCOUNTS: [Pubkey; 18] = [
    ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
    ids::BPF_LOADER_DEPRECATED,
    ids::BPF_LOADER,
    ids::BPF_LOADER_UPGRADEABLE,
    ids::LOADER_V4,
    ids::CONFIG_PROGRAM,
    ids::ED25519_PRECOMPILE,
    ids::SECP256K1_PRECOMPILE,
    ids::SECP256R1_PRECOMPILE,
    ids::VOTE_PROGRAM,
    ids::STAKE_PROGRAM,
    ids::STAKE_CONFIG,
    ids::ZK_TOKEN_PROOF_PROGRAM,
    ids::ZK_ELGAMAL_PROOF_PROGRAM,
    ids::NATIVE_LOADER,
    ids::FEATURE,
    ids::SYSVAR_SLOT_HISTORY,
    ids::SYSVAR_STAKE_HISTORY,
];

/// Programs that are bytecode on Solana and loaded by litesvm, whose log is compared. A Bank does not have them.
pub(crate) const DEPLOYED: [Pubkey; 4] = [
    ids::TOKEN_PROGRAM,
    ids::ASSOCIATED_TOKEN_PROGRAM,
    ids::MEMO_PROGRAM,
    ids::MEMO_PROGRAM_V1,
];

/// Accounts whose balances litesvm has differently: it gives sysvars one lamport, a Bank the rent minimum, and it ends no
/// block, so what the incinerator received stays there.
const DIFFERENT_IN_LITESVM: [Pubkey; 5] = [
    ids::INCINERATOR,
    ids::SYSVAR_CLOCK,
    ids::SYSVAR_RENT,
    ids::SYSVAR_RECENT_BLOCKHASHES,
    ids::SYSVAR_SLOT_HASHES,
];

/// An instruction that a program called.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Inner {
    /// Index of the instruction of the transaction under which it was called.
    pub outer: u8,
    /// 2 for one that an instruction of the transaction called.
    pub height: u8,
    /// Index of its program among the keys of the transaction.
    pub program: u8,
    /// Indexes of its accounts.
    pub accounts: Vec<u8>,
    /// Its data.
    pub data: Vec<u8>,
}

/// What a transaction that was accepted left in the history.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Trace {
    /// The lines of its log.
    pub logs: Vec<String>,
    /// The instructions that programs called, in order.
    pub inner: Vec<Inner>,
    /// What the program that set it last returned.
    pub returned: Option<(Pubkey, Vec<u8>)>,
    /// Its keys, loaded ones included.
    pub keys: Vec<Pubkey>,
    /// Balances of its accounts before it, in the order of its keys.
    pub before: Vec<u64>,
    /// The same after it.
    pub after: Vec<u64>,
    /// Bytes that count against its limit of loaded data.
    pub loaded: Option<u32>,
}

impl Trace {
    /// Drops what the two sides have differently on purpose, or what this oracle does not say.
    #[must_use]
    pub fn comparable(mut self, oracle: Oracle) -> Self {
        self.logs = without_lines_of_the_table_program(self.logs);
        self.logs.iter_mut().for_each(drop_units);
        let is_litesvm = oracle == Oracle::Instructions;
        if is_litesvm {
            self.loaded = None;
        }
        for (index, key) in self.keys.iter().enumerate() {
            let is_different = DIFFERENT_IN_LITESVM.contains(key) || DEPLOYED.contains(key);
            if DIFFERENT_ACCOUNTS.contains(key) || is_litesvm && is_different {
                self.loaded = None;
                for balances in [&mut self.before, &mut self.after] {
                    balances[index] = 0;
                }
            }
        }
        self
    }
}

/// The log without the lines that the lookup table program writes itself; those about its beginning and end stay.
fn without_lines_of_the_table_program(logs: Vec<String>) -> Vec<String> {
    let table = ids::ADDRESS_LOOKUP_TABLE_PROGRAM.to_string();
    let mut running: Vec<bool> = Vec::new();
    let mut kept = Vec::with_capacity(logs.len());
    for line in logs {
        let mut words = line.split(' ');
        let program = (words.next() == Some("Program")).then(|| words.next()).flatten();
        let verb = words.next();
        let is_end = program.is_some() && (verb == Some("success") || verb == Some("failed:"));
        if program.is_some() && verb == Some("invoke") {
            running.push(program == Some(&table));
            kept.push(line);
        } else if is_end {
            running.pop();
            kept.push(line);
        } else if running.last() != Some(&true) {
            kept.push(line);
        }
    }
    kept
}

/// Drops from a line about one of the [`DEPLOYED`] programs what it consumed, and from one about a memo in what way it is
/// not UTF-8.
fn drop_units(line: &mut String) {
    let Some((program, rest)) = line
        .strip_prefix("Program ")
        .and_then(|rest| rest.split_once(' '))
    else {
        return;
    };
    let is_units = rest.starts_with("consumed ");
    let is_text = ["invalid utf-8", "incomplete utf-8", "Program failed to complete"]
        .iter()
        .any(|reason| {
            rest.strip_prefix("failed: ")
                .is_some_and(|rest| rest.starts_with(reason))
        });
    let is_of = |programs: &[Pubkey]| programs.iter().any(|id| id.to_string() == program);
    if is_units && is_of(&DEPLOYED) || is_text && is_of(&[ids::MEMO_PROGRAM]) {
        let verb = if is_units { "consumed" } else { "failed" };
        *line = format!("Program {program} {verb}");
    }
}

/// A digest of the traces of a block.
pub(crate) fn digest(traces: &[Trace]) -> u32 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&borsh::to_vec(traces).expect("writing to a vector does not fail"));
    short(&hasher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_units_of_bytecode_and_the_bytes_of_a_memo_are_dropped() {
        let (memo, token) = (ids::MEMO_PROGRAM, ids::TOKEN_PROGRAM);
        let lines = [
            (
                format!("Program {token} consumed 5 of 6 compute units"),
                format!("Program {token} consumed"),
            ),
            (
                format!("Program {memo} failed: invalid utf-8 [1]"),
                format!("Program {memo} failed"),
            ),
            (
                format!("Program {token} failed: x"),
                format!("Program {token} failed: x"),
            ),
            (
                "Program A consumed 5 of 6".to_owned(),
                "Program A consumed 5 of 6".to_owned(),
            ),
        ];
        for (mut line, expected) in lines {
            drop_units(&mut line);
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn only_the_own_lines_of_the_table_program_are_dropped() {
        let table = ids::ADDRESS_LOOKUP_TABLE_PROGRAM;
        let lines = [
            "Program A invoke [1]".to_owned(),
            "Program log: Program A success".to_owned(),
            format!("Program {table} invoke [2]"),
            "Program log: dropped".to_owned(),
            "Program B invoke [3]".to_owned(),
            "a line of B".to_owned(),
            "Program B failed: custom program error: 0x0".to_owned(),
            format!("Program {table} consumed 5 of 6 compute units"),
            format!("Program {table} success"),
            "a line of A".to_owned(),
        ];
        let mut kept = lines.to_vec();
        kept.remove(7);
        kept.remove(3);
        assert_eq!(without_lines_of_the_table_program(lines.to_vec()), kept);
    }
}
