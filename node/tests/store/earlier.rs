//! A ledger that an earlier build wrote opens and shows the same blocks.
//!
//! `fixtures/2026-11-28.blocks.log` was written by the build of 2026-11-28, before ledger, accounts and node became crates
//! of their own: a development node with 300 ms slots and three transfers of one SOL from the first development key. The
//! expected values are what that build answered over JSON-RPC.

use isobath_node::{Store, effective_transactions};
use isobath_sdk::chain::genesis::{Genesis, dev_keypairs};
use isobath_storage::LossyStorage;

const LEDGER: &[u8] = include_bytes!("fixtures/2026-11-28.blocks.log");
const BLOCKHASH_OF_SLOT_7: &str = "3vQWhGT1L3DyUFJ47ZdRuZc17EC1nM3Hz6TBwqYVoTmy";
const SIGNATURES: [&str; 3] = [
    "22N54Evo5JiS2gogsyNdatZdDrsJer7p8fbwAQntXJ9GoqKbYcntiYzrX7bytNZgKs7qz4w1LqcApdV6g9ci6rig",
    "4ZLr3v6PkQ3uzvHR1RQahyRGaNXydgsViLdrZyT3vcgiZLmQ1sJjs44NKVFMdCxVNNBNMUn67uk9gRxR8cm7XnkX",
    "35GYj2oDLgbNJp1t3kgyv6NFt56Rr6gLEypo9SSb1HkJ4P4pU2XWepQyn7d36meJMrBAhedZt4quZdCcUZCtCKrc",
];

#[test]
fn a_ledger_of_an_earlier_build_shows_the_same_blocks() {
    let genesis = Genesis::development();
    let disk = LossyStorage::from_bytes(LEDGER.to_vec());
    let (db, report) = Store::open(Box::new(disk.clone()), &genesis, &mut |_| Ok(())).unwrap();
    assert!(!report.created && report.blocks >= 7, "{report:?}");
    assert_eq!(report.torn_bytes_cut, 0);
    assert_eq!(disk.bytes(), LEDGER, "opening changes nothing");

    let blockhash = db.history(7).unwrap().unwrap().header.blockhash();
    assert_eq!(blockhash.to_string(), BLOCKHASH_OF_SLOT_7);
    let mut signatures = Vec::new();
    for slot in 1..=report.blocks {
        let history = db.history(slot).unwrap().unwrap();
        signatures.extend(
            effective_transactions(&history)
                .iter()
                .map(|tx| tx.view.signature(0).to_string()),
        );
    }
    assert_eq!(signatures, SIGNATURES);

    let sender = dev_keypairs()[0].pubkey();
    let before = genesis.accounts.iter().find(|account| account.pubkey == sender);
    let spent = 3 * (1_000_000_000 + 5_000);
    let after = db.view().get(&sender).unwrap().lamports;
    assert_eq!(after, before.unwrap().lamports - spent);
    assert_eq!(u128::from(db.view().capitalization()), db.view().sum_lamports());
}
