//! Airdrops differ from each other and only the known faucet signs.

use isobath_sdk::chain::genesis::{Genesis, faucet_keypair};
use isobath_sdk::{Hash, Pubkey, TransactionView};

use super::{DISTINCT, LOADED_BYTES_MAX, distinct_limit, known_faucet, sign_airdrop};

#[test]
fn equal_airdrops_are_different_messages() {
    let faucet = faucet_keypair();
    let wire =
        |number| sign_airdrop(&faucet, &Pubkey([9; 32]), 5, Hash([7; 32]), number).expect("an airdrop");
    let (first, second) = (wire(0), wire(1));
    let hash = |wire: &[u8]| {
        TransactionView::parse(wire)
            .expect("a transaction")
            .message_hash()
    };
    assert_ne!(hash(&first), hash(&second));
    assert_eq!(first, wire(0));
}

#[test]
fn limits_stay_in_the_upper_half() {
    assert_eq!(distinct_limit(0), LOADED_BYTES_MAX);
    assert_eq!(distinct_limit(DISTINCT - 1), LOADED_BYTES_MAX / 2 + 1);
    assert_eq!(distinct_limit(DISTINCT), LOADED_BYTES_MAX);
    assert_eq!(distinct_limit(u64::MAX), LOADED_BYTES_MAX / 2 + 1);
}

#[test]
fn only_the_development_faucet_is_known() {
    let mut genesis = Genesis::development();
    assert!(known_faucet(&genesis).is_some());
    genesis.faucet = Some(Pubkey([5; 32]));
    assert!(known_faucet(&genesis).is_none());
    genesis.faucet = None;
    assert!(known_faucet(&genesis).is_none());
}
