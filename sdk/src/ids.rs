//! Fixed addresses: native programs, loaders, sysvars.
//!
//! The texts are Solana's; they are decoded at compile time, so a misspelt one does not build.
//!
//! A *reserved* key loses its write lock in every transaction. The reserved keys are the native programs, their loader
//! and the sysvars, exactly as in Solana's runtime with all features active; deployed programs such as the token
//! program are not reserved.

use crate::pubkey::Pubkey;

/// Declares the constants, each from its base58 text.
macro_rules! addresses {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Pubkey = Pubkey::new(decode_base58($text));)*

        /// Every name with its text, to check the compile-time decoder against the ordinary one.
        #[cfg(test)]
        const TEXTS: &[(Pubkey, &str)] = &[$(($name, $text)),*];
    };
}

addresses! {
    /// System program: accounts, transfers, nonces.
    SYSTEM_PROGRAM = "11111111111111111111111111111111";
    /// Compute budget program: limits and price of a transaction.
    COMPUTE_BUDGET_PROGRAM = "ComputeBudget111111111111111111111111111111";
    /// SPL token program.
    TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    /// SPL associated token account program.
    ASSOCIATED_TOKEN_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
    /// SPL token program, with extensions.
    TOKEN_2022_PROGRAM = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
    /// Mint of wrapped lamports.
    NATIVE_MINT = "So11111111111111111111111111111111111111112";
    /// SPL memo program.
    MEMO_PROGRAM = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
    /// SPL memo program, first version.
    MEMO_PROGRAM_V1 = "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo";
    /// SPL memo program, fourth version.
    MEMO_PROGRAM_V4 = "Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH";
    /// Address lookup table program.
    ADDRESS_LOOKUP_TABLE_PROGRAM = "AddressLookupTab1e1111111111111111111111111";
    /// First loader, deprecated.
    BPF_LOADER_DEPRECATED = "BPFLoader1111111111111111111111111111111111";
    /// Second loader.
    BPF_LOADER = "BPFLoader2111111111111111111111111111111111";
    /// Third loader, the upgradeable one. A message that names it keeps write locks on the programs that it calls.
    BPF_LOADER_UPGRADEABLE = "BPFLoaderUpgradeab1e11111111111111111111111";
    /// Fourth loader, never in use; the key stays reserved.
    LOADER_V4 = "LoaderV411111111111111111111111111111111111";
    /// Owner of native programs.
    NATIVE_LOADER = "NativeLoader1111111111111111111111111111111";
    /// Config program.
    CONFIG_PROGRAM = "Config1111111111111111111111111111111111111";
    /// Ed25519 signature precompile.
    ED25519_PRECOMPILE = "Ed25519SigVerify111111111111111111111111111";
    /// Secp256k1 recovery precompile.
    SECP256K1_PRECOMPILE = "KeccakSecp256k11111111111111111111111111111";
    /// Secp256r1 signature precompile.
    SECP256R1_PRECOMPILE = "Secp256r1SigVerify1111111111111111111111111";
    /// Vote program.
    VOTE_PROGRAM = "Vote111111111111111111111111111111111111111";
    /// Stake program.
    STAKE_PROGRAM = "Stake11111111111111111111111111111111111111";
    /// Account with the configuration of the stake program.
    STAKE_CONFIG = "StakeConfig11111111111111111111111111111111";
    /// Zero-knowledge token proof program, removed; the key stays reserved.
    ZK_TOKEN_PROOF_PROGRAM = "ZkTokenProof1111111111111111111111111111111";
    /// Zero-knowledge ElGamal proof program.
    ZK_ELGAMAL_PROOF_PROGRAM = "ZkE1Gama1Proof11111111111111111111111111111";
    /// Owner of feature accounts.
    FEATURE = "Feature111111111111111111111111111111111111";
    /// Lamports sent here are destroyed on Solana. Not reserved.
    INCINERATOR = "1nc1nerator11111111111111111111111111111111";
    /// Owner of all sysvar accounts.
    SYSVAR_OWNER = "Sysvar1111111111111111111111111111111111111";
    /// Slot, epoch and time.
    SYSVAR_CLOCK = "SysvarC1ock11111111111111111111111111111111";
    /// Rent rate.
    SYSVAR_RENT = "SysvarRent111111111111111111111111111111111";
    /// Lengths of epochs.
    SYSVAR_EPOCH_SCHEDULE = "SysvarEpochSchedu1e111111111111111111111111";
    /// Recent blockhashes, deprecated; nonce instructions still name it.
    SYSVAR_RECENT_BLOCKHASHES = "SysvarRecentB1ockHashes11111111111111111111";
    /// Blockhashes by slot.
    SYSVAR_SLOT_HASHES = "SysvarS1otHashes111111111111111111111111111";
    /// Which slots have a block.
    SYSVAR_SLOT_HISTORY = "SysvarS1otHistory11111111111111111111111111";
    /// Stake by epoch.
    SYSVAR_STAKE_HISTORY = "SysvarStakeHistory1111111111111111111111111";
    /// Progress of the distribution of rewards.
    SYSVAR_EPOCH_REWARDS = "SysvarEpochRewards1111111111111111111111111";
    /// Slot of the last restart of the cluster.
    SYSVAR_LAST_RESTART_SLOT = "SysvarLastRestartS1ot1111111111111111111111";
    /// The instructions of the running transaction; exists only while it runs.
    SYSVAR_INSTRUCTIONS = "Sysvar1nstructions1111111111111111111111111";
    /// Fee rate, removed; the key stays reserved.
    SYSVAR_FEES = "SysvarFees111111111111111111111111111111111";
    /// Rewards, removed; the key stays reserved.
    SYSVAR_REWARDS = "SysvarRewards111111111111111111111111111111";
}

/// The sysvar accounts.
const SYSVARS: [Pubkey; 12] = [
    SYSVAR_CLOCK,
    SYSVAR_RENT,
    SYSVAR_EPOCH_SCHEDULE,
    SYSVAR_RECENT_BLOCKHASHES,
    SYSVAR_SLOT_HASHES,
    SYSVAR_SLOT_HISTORY,
    SYSVAR_STAKE_HISTORY,
    SYSVAR_EPOCH_REWARDS,
    SYSVAR_LAST_RESTART_SLOT,
    SYSVAR_INSTRUCTIONS,
    SYSVAR_FEES,
    SYSVAR_REWARDS,
];

/// Reserved keys that are not sysvar accounts.
const RESERVED_PROGRAMS: [Pubkey; 19] = [
    SYSTEM_PROGRAM,
    COMPUTE_BUDGET_PROGRAM,
    ADDRESS_LOOKUP_TABLE_PROGRAM,
    BPF_LOADER_DEPRECATED,
    BPF_LOADER,
    BPF_LOADER_UPGRADEABLE,
    LOADER_V4,
    NATIVE_LOADER,
    CONFIG_PROGRAM,
    ED25519_PRECOMPILE,
    SECP256K1_PRECOMPILE,
    SECP256R1_PRECOMPILE,
    VOTE_PROGRAM,
    STAKE_PROGRAM,
    STAKE_CONFIG,
    ZK_TOKEN_PROOF_PROGRAM,
    ZK_ELGAMAL_PROOF_PROGRAM,
    FEATURE,
    SYSVAR_OWNER,
];

/// Which first bytes a reserved key can have. Every key of every transaction is checked, so the usual answer, no, must
/// be cheap.
const RESERVED_FIRST_BYTES: [bool; 256] = first_bytes();

/// Whether `key` loses its write lock in every transaction.
#[must_use]
pub fn is_reserved(key: &Pubkey) -> bool {
    RESERVED_FIRST_BYTES[usize::from(key.0[0])] && (RESERVED_PROGRAMS.contains(key) || SYSVARS.contains(key))
}

/// Whether `key` is the address of a sysvar account.
#[must_use]
pub fn is_sysvar(key: &Pubkey) -> bool {
    key.0[..3] == SYSVAR_PREFIX && SYSVARS.contains(key)
}

/// The first bytes of every key whose text begins with `Sysvar` and has 43 or 44 characters.
const SYSVAR_PREFIX: [u8; 3] = [SYSVAR_OWNER.0[0], SYSVAR_OWNER.0[1], SYSVAR_OWNER.0[2]];

#[expect(
    clippy::arithmetic_side_effects,
    reason = "loop counters bounded by array lengths, run at compile time"
)]
const fn first_bytes() -> [bool; 256] {
    let mut table = [false; 256];
    let mut index = 0;
    while index < RESERVED_PROGRAMS.len() {
        table[RESERVED_PROGRAMS[index].0[0] as usize] = true;
        index += 1;
    }
    index = 0;
    while index < SYSVARS.len() {
        table[SYSVARS[index].0[0] as usize] = true;
        index += 1;
    }
    table
}

/// Decodes the base58 text of 32 bytes at compile time. Any other text does not build.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "run at compile time, where overflow does not build"
)]
#[expect(clippy::cast_possible_truncation, reason = "the low byte is what is kept")]
pub(crate) const fn decode_base58(text: &str) -> [u8; 32] {
    let text = text.as_bytes();
    let mut bytes = [0u8; 32];
    let mut position = 0;
    while position < text.len() {
        let mut carry = base58_digit(text[position]);
        let mut index = bytes.len();
        while index > 0 {
            index -= 1;
            carry += bytes[index] as u32 * 58;
            bytes[index] = carry as u8;
            carry >>= 8;
        }
        assert!(carry == 0, "text of more than 32 bytes");
        position += 1;
    }
    bytes
}

/// The value of a character of the Bitcoin alphabet.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "bounded by the alphabet, whose end does not build"
)]
const fn base58_digit(character: u8) -> u32 {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digit = 0;
    while ALPHABET[digit as usize] != character {
        digit += 1;
    }
    digit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_equal_their_texts() {
        for (key, text) in TEXTS {
            assert_eq!(key.to_string(), *text);
        }
    }

    #[test]
    fn sysvars_are_the_keys_named_so_but_the_owner() {
        for (key, text) in TEXTS {
            let named = text.starts_with("Sysvar") && *key != SYSVAR_OWNER;
            assert_eq!(is_sysvar(key), named, "{text}");
        }
        assert!(!is_sysvar(&Pubkey::new([7; 32])));
    }

    #[test]
    fn reserved_keys_are_all_but_those_of_token_and_memo_and_the_incinerator() {
        let free = [
            TOKEN_PROGRAM,
            TOKEN_2022_PROGRAM,
            ASSOCIATED_TOKEN_PROGRAM,
            NATIVE_MINT,
            MEMO_PROGRAM,
            MEMO_PROGRAM_V1,
            MEMO_PROGRAM_V4,
            INCINERATOR,
        ];
        for (key, text) in TEXTS {
            assert_eq!(is_reserved(key), !free.contains(key), "{text}");
        }
        assert!(!is_reserved(&Pubkey::new([7; 32])));
    }

    #[test]
    fn a_near_miss_is_not_reserved() {
        for (key, text) in TEXTS {
            let mut near = *key;
            near.0[31] ^= 1;
            assert!(!is_reserved(&near) && !is_sysvar(&near), "{text}");
        }
    }
}
