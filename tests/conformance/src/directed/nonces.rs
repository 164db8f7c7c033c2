//! Nonce accounts that are shorter or longer than others.

use isobath_sdk::builtins::nonce::{NONCE_ACCOUNT_LEN, NonceData, NonceState};
use isobath_sdk::builtins::system::{advance_nonce_account, transfer};
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;

use super::draft::{Draft, owned};

/// More than the rent minimum of an account without data.
const LAMPORTS: u64 = 2_000_000;

/// Durable nonces in accounts of one byte less, of the usual length, and of more.
pub(super) fn lengths(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let to = draft.key("to");
    let lens = [
        NONCE_ACCOUNT_LEN - 1,
        NONCE_ACCOUNT_LEN,
        NONCE_ACCOUNT_LEN + 1,
        200,
    ];
    let nonces = lens.map(|len| {
        let state = NonceState::initialized(NonceData {
            authority: payer,
            durable_nonce: Hash([7; 32]),
            lamports_per_signature: 5_000,
        });
        let mut data = state.to_bytes().to_vec();
        data.resize(len, 0xEE);
        draft.account(&format!("nonce of {len}"), owned(ids::SYSTEM_PROGRAM, data))
    });
    for round in 0..3 {
        for (index, nonce) in nonces.iter().enumerate() {
            let lamports = LAMPORTS + index as u64 + round;
            let advance = advance_nonce_account(nonce, &payer);
            draft.send_stored(payer, &[advance, transfer(&payer, &to, lamports)], *nonce);
        }
        draft.end_block();
    }
}
