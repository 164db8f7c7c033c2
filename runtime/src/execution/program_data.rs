//! Accounts that count as loaded because a program among the loaded ones refers to them (SIMD-0186).

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;

/// Tag of the state of a program, among those of accounts of the upgradeable loader.
const PROGRAM: [u8; 4] = 2_u32.to_le_bytes();

/// The account with the code of a program of the upgradeable loader; `None` for any other account.
///
/// ```text
///  tag u32 = 2 | key 32
/// ```
pub(crate) fn program_data_key(account: &Account) -> Option<Pubkey> {
    let is_loaders = account.owner == ids::BPF_LOADER_UPGRADEABLE;
    let (tag, rest) = account.data.split_first_chunk()?;
    let key = rest.first_chunk()?;
    (is_loaders && *tag == PROGRAM).then_some(Pubkey(*key))
}
