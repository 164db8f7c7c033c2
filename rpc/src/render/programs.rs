//! Programs by name, for texts about a program that this node does not have.

use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::{Pubkey, ids};

/// Well-known programs.
const NAMES: [(Pubkey, &str); 16] = [
    (ids::SYSTEM_PROGRAM, "System"),
    (ids::COMPUTE_BUDGET_PROGRAM, "Compute Budget"),
    (ids::ADDRESS_LOOKUP_TABLE_PROGRAM, "Address Lookup Table"),
    (ids::MEMO_PROGRAM, "Memo"),
    (ids::MEMO_PROGRAM_V1, "Memo 1"),
    (ids::MEMO_PROGRAM_V4, "Memo 4"),
    (ids::TOKEN_PROGRAM, "Token"),
    (ids::TOKEN_2022_PROGRAM, "Token-2022"),
    (ids::ASSOCIATED_TOKEN_PROGRAM, "Associated Token Account"),
    (ids::STAKE_PROGRAM, "Stake"),
    (ids::VOTE_PROGRAM, "Vote"),
    (ids::CONFIG_PROGRAM, "Config"),
    (ids::BPF_LOADER_UPGRADEABLE, "BPF Upgradeable Loader"),
    (ids::ED25519_PRECOMPILE, "Ed25519 Signature Verification"),
    (ids::SECP256K1_PRECOMPILE, "Secp256k1 Signature Verification"),
    (ids::SECP256R1_PRECOMPILE, "Secp256r1 Signature Verification"),
];

/// The name of a well-known program.
fn name(program: &Pubkey) -> Option<&'static str> {
    let known = NAMES.iter().find(|(id, _)| id == program);
    known.map(|(_, name)| *name)
}

/// Which program does not exist, and which do.
pub(crate) fn describe_missing(program: &Pubkey, genesis: &Genesis) -> String {
    let named = name(program).map_or_else(String::new, |name| format!(" ({name})"));
    let built_in: Vec<&str> = genesis
        .builtin_programs
        .iter()
        .map(|built_in| name(&built_in.program_id).unwrap_or(built_in.name.as_str()))
        .collect();
    format!(
        "{program}{named} is not available here; built in: {}",
        built_in.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_beside_those_that_exist() {
        let genesis = Genesis::development();
        assert_eq!(
            describe_missing(&ids::TOKEN_2022_PROGRAM, &genesis),
            "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb (Token-2022) is not available here; built in: System, Address \
             Lookup Table, Compute Budget, Memo 1, Memo 4, Memo, Token, Associated Token Account"
        );
        let unknown = describe_missing(&Pubkey([7; 32]), &genesis);
        assert!(unknown.starts_with(&format!("{} is not available here; ", Pubkey([7; 32]))));
    }
}
