//! The nonce instructions.

use isobath_sdk::builtins::nonce::{NONCE_ACCOUNT_LEN, NonceData, NonceState, NonceVersion, durable_nonce};

use super::*;

const MINIMUM: u64 = 1_447_680;
const OLD: Hash = Hash([9; 32]);

fn state(version: NonceVersion, durable_nonce: Hash) -> Vec<u8> {
    let data = NonceData {
        authority: A,
        durable_nonce,
        lamports_per_signature: 1,
    };
    NonceState {
        version,
        data: Some(data),
    }
    .to_bytes()
    .to_vec()
}

fn nonce(data: &[u8]) -> Given {
    given(B, MINIMUM).data(data).unsigned()
}

const fn sysvar(key: Pubkey) -> Given {
    given(key, 1).unsigned().readonly()
}

const fn blockhashes() -> Given {
    sysvar(ids::SYSVAR_RECENT_BLOCKHASHES)
}

const fn rent() -> Given {
    sysvar(ids::SYSVAR_RENT)
}

fn data_of(account: &Account) -> NonceData {
    NonceState::from_bytes(&account.data).unwrap().data.unwrap()
}

#[test]
fn initialize_stores_the_next_nonce() {
    let initialize = I::InitializeNonceAccount { authority: A };
    let empty = nonce(&[0; NONCE_ACCOUNT_LEN]);
    let (result, after, _) = run(&initialize.encode(), &[empty.clone(), blockhashes(), rent()]);
    assert_eq!(result, Ok(()));
    let expected = NonceData {
        authority: A,
        durable_nonce: durable_nonce(&BLOCKHASH),
        lamports_per_signature: 5_000,
    };
    assert_eq!(data_of(&after[0]), expected);

    let twice = [nonce(&after[0].data), blockhashes(), rent()];
    assert_eq!(error(&initialize, &twice).0, E::InvalidAccountData);
    let mut poor = empty.clone();
    poor.account.lamports = MINIMUM - 1;
    let text = format!(
        "Initialize nonce account: insufficient lamports {}, need {MINIMUM}",
        MINIMUM - 1
    );
    assert_eq!(
        error(&initialize, &[poor, blockhashes(), rent()]),
        (E::InsufficientFunds, text)
    );
    assert_eq!(
        error(&initialize, &[empty.clone(), rent(), rent()]).0,
        E::InvalidArgument
    );
    assert_eq!(error(&initialize, &[empty]).0, E::MissingAccount);
}

#[test]
fn advance_moves_on_once_and_only_for_the_authority() {
    let old = nonce(&state(NonceVersion::Current, OLD));
    let (result, after, _) = run(
        &I::AdvanceNonceAccount.encode(),
        &[old.clone(), blockhashes(), given(A, 0)],
    );
    assert_eq!(result, Ok(()));
    assert_eq!(data_of(&after[0]).durable_nonce, durable_nonce(&BLOCKHASH));
    let again = [nonce(&after[0].data), blockhashes(), given(A, 0)];
    assert_eq!(error(&I::AdvanceNonceAccount, &again).0, E::Custom(7));
    let unsigned = [old.clone(), blockhashes(), given(A, 0).unsigned()];
    let text = format!("Advance nonce account: Account {A} must be a signer");
    assert_eq!(
        error(&I::AdvanceNonceAccount, &unsigned),
        (E::MissingRequiredSignature, text)
    );
    let mut readonly = old;
    readonly.is_writable = false;
    let refused = error(&I::AdvanceNonceAccount, &[readonly, blockhashes(), given(A, 0)]);
    assert_eq!(refused.0, E::InvalidArgument);
    let plain = [nonce(&[0; NONCE_ACCOUNT_LEN]), blockhashes(), given(A, 0)];
    assert_eq!(error(&I::AdvanceNonceAccount, &plain).0, E::InvalidAccountData);
    assert_eq!(
        error(&I::AdvanceNonceAccount, &[nonce(&[1]), blockhashes()]).0,
        E::InvalidAccountData
    );
}

#[test]
fn withdraw_keeps_the_minimum_or_closes() {
    let mut rich = nonce(&state(NonceVersion::Current, OLD));
    rich.account.lamports = MINIMUM + 10;
    let withdraw = |lamports, nonce: &Given| {
        let accounts = [
            nonce.clone(),
            given(PROGRAM, 5).unsigned(),
            blockhashes(),
            rent(),
            given(A, 0),
        ];
        run(&I::WithdrawNonceAccount { lamports }.encode(), &accounts)
    };
    let (result, after, _) = withdraw(10, &rich);
    assert_eq!(
        (result, after[0].lamports, after[1].lamports),
        (Ok(()), MINIMUM, 15)
    );
    assert_eq!(data_of(&after[0]).authority, A, "it is still a nonce");
    assert_eq!(withdraw(11, &rich).0, Err(E::InsufficientFunds));
    let (result, after, _) = withdraw(MINIMUM + 10, &rich);
    assert_eq!((result, after[0].lamports), (Ok(()), 0));
    assert_eq!(NonceState::from_bytes(&after[0].data).unwrap().data, None);
    let mut fresh = nonce(&state(NonceVersion::Current, durable_nonce(&BLOCKHASH)));
    fresh.account.lamports = 7;
    assert_eq!(withdraw(7, &fresh).0, Err(E::Custom(7)));
    let plain = nonce(&[0; NONCE_ACCOUNT_LEN]);
    assert_eq!(
        withdraw(1, &plain).0,
        Err(E::MissingRequiredSignature),
        "an empty nonce signs for itself"
    );
}

/// Only an initialized nonce is reset by being emptied.
#[test]
fn emptying_an_account_that_is_no_nonce_leaves_its_data() {
    let mut plain = nonce(&[0; NONCE_ACCOUNT_LEN]);
    plain.is_signer = true;
    plain.account.lamports = 7;
    let accounts = [plain, given(PROGRAM, 5).unsigned(), blockhashes(), rent()];
    let all = I::WithdrawNonceAccount { lamports: 7 };
    let (result, after, _) = run(&all.encode(), &accounts);
    assert_eq!((result, after[0].lamports, after[1].lamports), (Ok(()), 0, 12));
    assert_eq!(*after[0].data, [0; NONCE_ACCOUNT_LEN]);
}

#[test]
fn a_missing_signature_is_said_before_a_withdrawal_touches_anything() {
    // The account only looks like a nonce: no write to it would be allowed.
    let lookalike = nonce(&state(NonceVersion::Current, OLD)).owner(PROGRAM);
    let recipient = given(PROGRAM, 5).unsigned();
    let all = I::WithdrawNonceAccount { lamports: MINIMUM };
    let unsigned = [
        lookalike,
        recipient,
        blockhashes(),
        rent(),
        given(A, 0).unsigned(),
    ];
    assert_eq!(error(&all, &unsigned).0, E::MissingRequiredSignature);
}

#[test]
fn authorize_changes_the_authority_and_nothing_else() {
    let authorize = I::AuthorizeNonceAccount { authority: PROGRAM };
    let legacy = nonce(&state(NonceVersion::Legacy, OLD));
    let (result, after, _) = run(&authorize.encode(), &[legacy.clone(), given(A, 0)]);
    assert_eq!((result, data_of(&after[0]).authority), (Ok(()), PROGRAM));
    assert_eq!(
        NonceState::from_bytes(&after[0].data).unwrap().version,
        NonceVersion::Legacy
    );
    assert_eq!(error(&authorize, &[legacy]).0, E::MissingRequiredSignature);
}

#[test]
fn upgrade_rewrites_only_a_legacy_nonce() {
    let upgrade = |nonce: Given| run(&I::UpgradeNonceAccount.encode(), &[nonce]);
    let (result, after, _) = upgrade(nonce(&state(NonceVersion::Legacy, OLD)));
    assert_eq!(
        (result, data_of(&after[0]).durable_nonce),
        (Ok(()), durable_nonce(&OLD))
    );
    assert_eq!(
        upgrade(nonce(&state(NonceVersion::Current, OLD))).0,
        Err(E::InvalidArgument)
    );
    assert_eq!(upgrade(nonce(&[0; NONCE_ACCOUNT_LEN])).0, Err(E::InvalidArgument));
    let foreign = nonce(&state(NonceVersion::Legacy, OLD)).owner(PROGRAM);
    assert_eq!(upgrade(foreign).0, Err(E::InvalidAccountOwner));
}
