//! Accounts of the token program, and how instructions run on them.

use isobath_program_abi::Pubkey;
use isobath_program_token::call;
use isobath_sdk::builtins::token::TokenInstruction;
use isobath_sdk::builtins::token::layout::{
    TOKEN_ACCOUNT_LEN, TokenAccount, account_offset as at, mint_data,
};
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;
use isobath_sdk::sysvar::rent::Rent;
use isobath_testkit::host::MockHost;
use isobath_testkit::instruction::{Given, Program, Ran, given};

pub(crate) const MINT: Pubkey = Pubkey([9; 32]);
pub(crate) const ALICE: Pubkey = Pubkey([21; 32]);
pub(crate) const BOB: Pubkey = Pubkey([22; 32]);
/// Rent minimum of a token account.
pub(crate) const RESERVE: u64 = (128 + 165) * 6_960;

/// Runs an instruction with enough compute units.
pub(crate) fn run(instruction: &TokenInstruction<'_>, accounts: &[Given]) -> Ran {
    run_data(&instruction.encode(), accounts)
}

/// Runs instruction data with enough compute units.
pub(crate) fn run_data(data: &[u8], accounts: &[Given]) -> Ran {
    run_with(1_000, data, accounts)
}

/// Runs instruction data.
pub(crate) fn run_with(compute_units: u64, data: &[u8], accounts: &[Given]) -> Ran {
    let program = Program {
        id: ids::TOKEN_PROGRAM,
        entry: call,
        compute_units,
    };
    let host = MockHost::new().with_sysvar(ids::SYSVAR_RENT, &Rent::new(6_960).to_bytes());
    program.run(data, accounts, host)
}

/// An account of the token program at a key of this byte.
pub(crate) fn own(key: u8, lamports: u64, data: &[u8]) -> Given {
    given(Pubkey([key; 32]), lamports)
        .unsigned()
        .owner(ids::TOKEN_PROGRAM)
        .data(data)
}

/// The bytes of an initialized account of [`MINT`].
pub(crate) fn token_data(owner: Pubkey, amount: u64) -> Vec<u8> {
    let mut data = vec![0; TOKEN_ACCOUNT_LEN];
    data[at::MINT..at::OWNER].copy_from_slice(&MINT.0);
    data[at::OWNER..at::AMOUNT].copy_from_slice(&owner.0);
    data[at::AMOUNT..at::DELEGATE_TAG].copy_from_slice(&amount.to_le_bytes());
    data[at::STATE] = 1;
    data
}

/// An initialized account of [`MINT`].
pub(crate) fn token(key: u8, owner: Pubkey, amount: u64) -> Given {
    own(key, RESERVE, &token_data(owner, amount))
}

/// An account of wrapped lamports.
pub(crate) fn native(key: u8, owner: Pubkey, amount: u64) -> Given {
    let mut data = token_data(owner, amount);
    data[at::MINT..at::OWNER].copy_from_slice(&ids::NATIVE_MINT.0);
    data[at::NATIVE_TAG] = 1;
    own(key, RESERVE.saturating_add(amount), &data)
}

/// The mint, with six decimals.
pub(crate) fn mint(authority: Option<Pubkey>, freezer: Option<Pubkey>, supply: u64) -> Given {
    let data = mint_data(6, [authority, freezer], supply);
    own(9, (128 + 82) * 6_960, &data)
}

/// A System account that has not signed.
pub(crate) const fn wallet(key: Pubkey) -> Given {
    given(key, 1_000_000).unsigned()
}

/// A System account that has signed.
pub(crate) const fn signed(key: Pubkey) -> Given {
    given(key, 1_000_000).readonly()
}

/// What a token account holds.
pub(crate) fn amount(account: &Account) -> u64 {
    view(account).amount()
}

/// A token account.
pub(crate) fn view(account: &Account) -> TokenAccount<'_> {
    TokenAccount::new(&account.data).unwrap()
}
