//! Instruction bytes against vectors of Solana's own crates, decoding rules, account lists of the builders.

use proptest::prelude::*;

use super::*;
use crate::ids;
use crate::instruction::{AccountMeta, Instruction};
use crate::test_hex;

const OWNER: Pubkey = Pubkey::new([4; 32]);

fn a() -> Pubkey {
    "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9".parse().unwrap()
}

fn c() -> Pubkey {
    "GyGKxMyg1p9SsHfm15MkNUu1u9TN2JtTspcdmrtGUdse".parse().unwrap()
}

fn seed() -> String {
    "seed".to_owned()
}

fn vectors() -> Vec<(SystemInstruction, &'static str)> {
    vec![
        (
            SystemInstruction::CreateAccount {
                lamports: 1,
                space: 2,
                owner: OWNER,
            },
            "00000000010000000000000002000000000000000404040404040404040404040404040404040404040404040404040404040404",
        ),
        (
            SystemInstruction::Assign { owner: OWNER },
            "010000000404040404040404040404040404040404040404040404040404040404040404",
        ),
        (
            SystemInstruction::Transfer { lamports: 1_000_000 },
            "0200000040420f0000000000",
        ),
        (
            SystemInstruction::CreateAccountWithSeed {
                base: a(),
                seed: seed(),
                lamports: 1,
                space: 2,
                owner: OWNER,
            },
            "030000008a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c040000000000000073656564\
             010000000000000002000000000000000404040404040404040404040404040404040404040404040404040404040404",
        ),
        (SystemInstruction::AdvanceNonceAccount, "04000000"),
        (
            SystemInstruction::WithdrawNonceAccount { lamports: 7 },
            "050000000700000000000000",
        ),
        (
            SystemInstruction::InitializeNonceAccount { authority: a() },
            "060000008a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
        ),
        (
            SystemInstruction::AuthorizeNonceAccount { authority: c() },
            "07000000ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1",
        ),
        (
            SystemInstruction::Allocate { space: 2 },
            "080000000200000000000000",
        ),
        (
            SystemInstruction::AllocateWithSeed {
                base: a(),
                seed: seed(),
                space: 2,
                owner: OWNER,
            },
            "090000008a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c040000000000000073656564\
             02000000000000000404040404040404040404040404040404040404040404040404040404040404",
        ),
        (
            SystemInstruction::AssignWithSeed {
                base: a(),
                seed: seed(),
                owner: OWNER,
            },
            "0a0000008a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c040000000000000073656564\
             0404040404040404040404040404040404040404040404040404040404040404",
        ),
        (
            SystemInstruction::TransferWithSeed {
                lamports: 5,
                from_seed: seed(),
                from_owner: OWNER,
            },
            "0b0000000500000000000000040000000000000073656564\
             0404040404040404040404040404040404040404040404040404040404040404",
        ),
        (SystemInstruction::UpgradeNonceAccount, "0c000000"),
        (
            // Not in the vectors of the crates: the layout of the first under the last tag.
            SystemInstruction::CreateAccountAllowPrefund {
                lamports: 1,
                space: 2,
                owner: OWNER,
            },
            "0d000000010000000000000002000000000000000404040404040404040404040404040404040404040404040404040404040404",
        ),
    ]
}

#[test]
fn data_equals_the_vectors() {
    for (index, (instruction, hex)) in vectors().into_iter().enumerate() {
        let data = test_hex::decode(hex);
        assert_eq!(usize::from(data[0]), index);
        assert_eq!(instruction.encode(), data, "{instruction:?}");
        assert_eq!(SystemInstruction::decode(&data), Ok(instruction));
    }
}

#[test]
fn trailing_bytes_are_allowed_and_missing_ones_are_not() {
    for (instruction, hex) in vectors() {
        let mut data = test_hex::decode(hex);
        for len in 0..data.len() {
            let refused = SystemInstruction::decode(&data[..len]);
            assert_eq!(
                refused,
                Err(InstructionError::InvalidInstructionData),
                "{len} bytes of {hex}"
            );
        }
        data.extend([9; 2_000]);
        assert_eq!(SystemInstruction::decode(&data), Ok(instruction));
    }
}

#[test]
fn unknown_tags_and_bad_text_are_refused() {
    let refused = Err(InstructionError::InvalidInstructionData);
    assert_eq!(SystemInstruction::decode(&[14, 0, 0, 0]), refused);
    assert_eq!(
        SystemInstruction::decode(&[2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        refused
    );
    let not_text = SystemInstruction::TransferWithSeed {
        lamports: 5,
        from_seed: seed(),
        from_owner: OWNER,
    };
    let mut data = not_text.encode();
    data[20] = 0xff;
    assert_eq!(SystemInstruction::decode(&data), refused);
}

#[test]
fn a_seed_may_be_long_but_not_beyond_a_packet() {
    // Tag, base, length, seed and owner must end within 1232 bytes. The program checks whether a seed is too long for
    // an address.
    let longest = 1_232 - 4 - 32 - 8 - 32;
    let with_len = |len: usize| SystemInstruction::AssignWithSeed {
        base: a(),
        seed: "s".repeat(len),
        owner: OWNER,
    };
    assert_eq!(
        SystemInstruction::decode(&with_len(longest).encode()),
        Ok(with_len(longest))
    );
    let too_long = SystemInstruction::decode(&with_len(longest + 1).encode());
    assert_eq!(too_long, Err(InstructionError::InvalidInstructionData));
}

#[test]
fn errors_have_their_codes() {
    let errors = [
        SystemError::AccountAlreadyInUse,
        SystemError::ResultWithNegativeLamports,
        SystemError::InvalidProgramId,
        SystemError::InvalidAccountDataLength,
        SystemError::MaxSeedLengthExceeded,
        SystemError::AddressWithSeedMismatch,
        SystemError::NonceNoRecentBlockhashes,
        SystemError::NonceBlockhashNotExpired,
        SystemError::NonceUnexpectedBlockhashValue,
    ];
    for (code, error) in (0u32..).zip(errors) {
        assert_eq!(InstructionError::from(error), InstructionError::Custom(code));
    }
}

/// Accounts as text: `s` signs, `w` is writable.
fn access(instruction: &Instruction) -> Vec<(Pubkey, &'static str)> {
    let letters = |meta: &AccountMeta| match (meta.is_signer, meta.is_writable) {
        (true, true) => "sw",
        (true, false) => "s",
        (false, true) => "w",
        (false, false) => "",
    };
    instruction
        .accounts
        .iter()
        .map(|meta| (meta.pubkey, letters(meta)))
        .collect()
}

#[test]
fn builders_list_the_accounts_in_order() {
    let [funder, new, to, base] = [10, 11, 12, 13].map(|byte| Pubkey::new([byte; 32]));
    let seeded = SeededAddress {
        address: new,
        base,
        seed: "seed",
    };
    let own = SeededAddress {
        address: new,
        base: funder,
        seed: "seed",
    };
    let hashes = (ids::SYSVAR_RECENT_BLOCKHASHES, "");
    let rent = (ids::SYSVAR_RENT, "");
    let cases = [
        (transfer(&funder, &to, 1), vec![(funder, "sw"), (to, "w")]),
        (
            transfer_with_seed(&seeded, &OWNER, &to, 1),
            vec![(new, "w"), (base, "s"), (to, "w")],
        ),
        (
            create_account(&funder, &new, 1, 2, &OWNER),
            vec![(funder, "sw"), (new, "sw")],
        ),
        (
            create_account_allow_prefund(&new, None, 2, &OWNER),
            vec![(new, "sw")],
        ),
        (
            create_account_allow_prefund(&new, Some((&funder, 1)), 2, &OWNER),
            vec![(new, "sw"), (funder, "sw")],
        ),
        (
            create_account_with_seed(&funder, &seeded, 1, 2, &OWNER),
            vec![(funder, "sw"), (new, "w"), (base, "s")],
        ),
        (
            create_account_with_seed(&funder, &own, 1, 2, &OWNER),
            vec![(funder, "sw"), (new, "w")],
        ),
        (assign(&new, &OWNER), vec![(new, "sw")]),
        (assign_with_seed(&seeded, &OWNER), vec![(new, "w"), (base, "s")]),
        (allocate(&new, 2), vec![(new, "sw")]),
        (
            allocate_with_seed(&seeded, 2, &OWNER),
            vec![(new, "w"), (base, "s")],
        ),
        (
            initialize_nonce_account(&new, &a()),
            vec![(new, "w"), hashes, rent],
        ),
        (
            advance_nonce_account(&new, &a()),
            vec![(new, "w"), hashes, (a(), "s")],
        ),
        (
            withdraw_nonce_account(&new, &a(), &to, 7),
            vec![(new, "w"), (to, "w"), hashes, rent, (a(), "s")],
        ),
        (
            authorize_nonce_account(&new, &a(), &c()),
            vec![(new, "w"), (a(), "s")],
        ),
        (upgrade_nonce_account(&new), vec![(new, "w")]),
    ];
    for (instruction, accounts) in cases {
        assert_eq!(instruction.program_id, ids::SYSTEM_PROGRAM);
        assert_eq!(access(&instruction), accounts);
    }
}

#[test]
fn builders_put_every_argument_in_its_place() {
    let [funder, new, to] = [10, 11, 12].map(|byte| Pubkey::new([byte; 32]));
    let seeded = SeededAddress {
        address: new,
        base: a(),
        seed: "seed",
    };
    let built = [
        create_account(&funder, &new, 1, 2, &OWNER),
        assign(&new, &OWNER),
        transfer(&funder, &to, 1_000_000),
        create_account_with_seed(&funder, &seeded, 1, 2, &OWNER),
        advance_nonce_account(&new, &a()),
        withdraw_nonce_account(&new, &a(), &to, 7),
        initialize_nonce_account(&new, &a()),
        authorize_nonce_account(&new, &a(), &c()),
        allocate(&new, 2),
        allocate_with_seed(&seeded, 2, &OWNER),
        assign_with_seed(&seeded, &OWNER),
        transfer_with_seed(&seeded, &OWNER, &to, 5),
        upgrade_nonce_account(&new),
        create_account_allow_prefund(&new, Some((&funder, 1)), 2, &OWNER),
    ];
    for (instruction, (_, hex)) in built.iter().zip(vectors()) {
        assert_eq!(instruction.data, test_hex::decode(hex));
    }
    let [create, initialize] = create_nonce_account(&funder, &new, &a(), 9);
    assert_eq!(create, create_account(&funder, &new, 9, 80, &ids::SYSTEM_PROGRAM));
    assert_eq!(initialize, initialize_nonce_account(&new, &a()));
}

proptest! {
    #[test]
    fn any_bytes_decode_or_are_refused(data in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(instruction) = SystemInstruction::decode(&data) {
            prop_assert!(data.starts_with(&instruction.encode()));
        }
    }

    #[test]
    fn any_seed_survives(seed in "\\PC{0,40}", lamports: u64, space: u64, base: [u8; 32], owner: [u8; 32]) {
        let (base, owner) = (Pubkey::new(base), Pubkey::new(owner));
        let instruction = SystemInstruction::CreateAccountWithSeed { base, seed, lamports, space, owner };
        prop_assert_eq!(SystemInstruction::decode(&instruction.encode()), Ok(instruction));
    }
}
