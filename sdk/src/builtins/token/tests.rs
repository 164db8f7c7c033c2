//! Instructions and layouts as bytes.

use super::*;
use crate::builtins::token::layout::{
    MINT_LEN, MULTISIG_LEN, Mint, Multisig, TOKEN_ACCOUNT_LEN, TokenAccount, TokenAccountState, mint_data,
};

const KEY: Pubkey = Pubkey([7; 32]);

fn every_instruction() -> Vec<TokenInstruction<'static>> {
    use TokenInstruction as I;
    let mint = |freeze_authority| NewMint {
        decimals: 9,
        mint_authority: KEY,
        freeze_authority,
    };
    let checked = CheckedAmount {
        amount: 500,
        decimals: 2,
    };
    vec![
        I::InitializeMint(mint(None)),
        I::InitializeAccount,
        I::InitializeMultisig { required: 2 },
        I::Transfer { amount: 1 },
        I::Approve { amount: 2 },
        I::Revoke,
        I::SetAuthority {
            authority: AuthorityType::CloseAccount,
            new: Some(KEY),
        },
        I::MintTo { amount: 3 },
        I::Burn { amount: u64::MAX },
        I::CloseAccount,
        I::FreezeAccount,
        I::ThawAccount,
        I::TransferChecked(checked),
        I::ApproveChecked(checked),
        I::MintToChecked(checked),
        I::BurnChecked(checked),
        I::InitializeAccount2 { owner: KEY },
        I::SyncNative,
        I::InitializeAccount3 { owner: KEY },
        I::InitializeMultisig2 { required: 11 },
        I::InitializeMint2(mint(Some(KEY))),
        I::GetAccountDataSize,
        I::InitializeImmutableOwner,
        I::AmountToUiAmount { amount: 4 },
        I::UiAmountToAmount { text: "1.5" },
        I::WithdrawExcessLamports,
        I::UnwrapLamports { amount: None },
        I::UnwrapLamports { amount: Some(5) },
        I::Batch { parts: &[1, 1, 17] },
    ]
}

#[test]
fn what_is_encoded_decodes_and_more_bytes_are_allowed() {
    for instruction in every_instruction() {
        let mut data = instruction.encode();
        assert_eq!(TokenInstruction::decode(&data), Ok(instruction));
        if !matches!(
            instruction,
            TokenInstruction::UiAmountToAmount { .. } | TokenInstruction::Batch { .. }
        ) {
            data.push(0xff);
            assert_eq!(TokenInstruction::decode(&data), Ok(instruction));
        }
    }
}

#[test]
fn what_is_cut_short_does_not_decode() {
    for instruction in every_instruction() {
        let data = instruction.encode();
        let has_fields = data.len() > 1
            && !matches!(
                instruction,
                TokenInstruction::UiAmountToAmount { .. } | TokenInstruction::Batch { .. }
            );
        if has_fields {
            let short = &data[..data.len() - 1];
            assert_eq!(
                TokenInstruction::decode(short),
                Err(TokenError::InvalidInstruction),
                "{instruction:?}"
            );
        }
    }
    for data in [
        &[][..],
        &[25],
        &[200],
        &[6, 4, 0],
        &[6, 0, 2],
        &[45, 2],
        &[24, 0xff],
    ] {
        assert_eq!(
            TokenInstruction::decode(data),
            Err(TokenError::InvalidInstruction),
            "{data:?}"
        );
    }
}

#[test]
fn fields_are_where_the_layout_draws_them() {
    let data: Vec<u8> = (0..).take(TOKEN_ACCOUNT_LEN).collect();
    let account = TokenAccount::new(&data).unwrap();
    assert_eq!((account.mint().0[0], account.owner().0[0]), (0, 32));
    assert_eq!(account.amount().to_le_bytes()[0], 64);
    assert_eq!(account.delegated_amount().to_le_bytes()[0], 121);
    assert_eq!((account.state(), account.has_strict_options()), (None, false));
    assert_eq!((account.delegate(), account.native_reserve()), (None, None));
    assert_eq!(TokenAccount::new(&data[1..]), None);
    let mut data = data;
    for tag in [72, 109, 129] {
        data[tag] = 1;
    }
    data[108] = 2;
    let account = TokenAccount::new(&data).unwrap();
    assert_eq!(account.state(), Some(TokenAccountState::Frozen));
    assert_eq!(account.delegate().unwrap().0[0], 76);
    assert_eq!(account.native_reserve().unwrap().to_le_bytes()[0], 113);
    assert_eq!(account.close_authority().unwrap().0[31], 164);
}

#[test]
fn a_mint_is_read_as_it_is_written() {
    let data = mint_data(9, [None, Some(KEY)], 77);
    assert_eq!(data.len(), MINT_LEN);
    let mint = Mint::new(&data).unwrap();
    assert_eq!((mint.decimals(), mint.supply()), (9, 77));
    assert_eq!(
        (mint.mint_authority(), mint.freeze_authority()),
        (None, Some(KEY))
    );
    assert_eq!(
        (mint.is_initialized(), mint.has_strict_options()),
        (Some(true), true)
    );
}

#[test]
fn a_multisig_names_only_signers_that_it_has_room_for() {
    let mut data = vec![0; MULTISIG_LEN];
    data[..3].copy_from_slice(&[2, 11, 1]);
    data[MULTISIG_LEN - 1] = 5;
    let multisig = Multisig::new(&data).unwrap();
    assert_eq!((multisig.required(), multisig.is_initialized()), (2, Some(true)));
    assert_eq!(multisig.signers().unwrap()[10][31], 5);
    data[1] = 12;
    assert_eq!(Multisig::new(&data).unwrap().signers(), None);
}
