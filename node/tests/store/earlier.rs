//! A ledger that an earlier build wrote is refused by the number of its format, and stays as it is.
//!
//! `fixtures/2026-11-28.blocks.log` was written by a build whose ledgers had format 1: leaves of accounts hashed the
//! contents, and deltas recorded them whole.

use isobath_ledger::OpenError;
use isobath_node::Store;
use isobath_sdk::chain::genesis::Genesis;
use isobath_storage::LossyStorage;

const LEDGER: &[u8] = include_bytes!("fixtures/2026-11-28.blocks.log");

#[test]
fn a_ledger_of_an_earlier_format_is_refused_by_its_number() {
    let disk = LossyStorage::from_bytes(LEDGER.to_vec());
    let refusals = [
        Store::open(Box::new(disk.clone()), &Genesis::development(), &mut |_| Ok(())).err(),
        Store::genesis_of(&disk).err(),
        Store::newest_slot_of(&disk).err(),
    ];
    for refusal in refusals {
        let refusal = refusal.expect("an earlier format is refused");
        assert!(
            matches!(
                refusal,
                OpenError::UnsupportedFormat {
                    found: 1,
                    supported: 2
                }
            ),
            "{refusal:?}"
        );
        assert_eq!(
            refusal.to_string(),
            "the ledger was written by format 1, this version reads format 2; start a new ledger in another folder, or open \
             this one with the version that wrote it"
        );
    }
    assert_eq!(disk.bytes(), LEDGER, "a refusal changes nothing");
}
