//! Blocks that are given up after some of their transactions.

use isobath_program_abi::Pubkey;
use isobath_runtime::Tx;
use isobath_sdk::builtins::system;
use isobath_testkit::keys::dev_key;
use isobath_testkit::world::World;

use crate::support::{RENT_MINIMUM, world};

/// Transfers among old and new accounts, some of which fail, and one message twice.
fn transactions(world: &World) -> Vec<Tx> {
    let payers = [dev_key(0), dev_key(1), dev_key(2)];
    let mut txs: Vec<Tx> = (0..24_u8)
        .map(|number| {
            let payer = &payers[usize::from(number % 3)];
            let to = Pubkey([40 + number % 5; 32]);
            // Every fifth asks for more than there is.
            let lamports = match number % 5 {
                4 => u64::MAX - u64::from(number),
                _ => RENT_MINIMUM + u64::from(number),
            };
            world.tx(&[payer], &[system::transfer(&payer.pubkey(), &to, lamports)])
        })
        .collect();
    txs.push(txs[3].clone());
    txs
}

#[test]
fn a_block_that_is_given_up_leaves_no_trace_and_returns_its_transactions() {
    let mut tried = world();
    let mut plain = world();
    for _ in 0..3 {
        let txs = transactions(&tried);
        for count in 0..=txs.len() {
            let mut block = tried.open_block(0);
            block.look_ahead(txs.iter());
            let kept: Vec<&Tx> = txs[..count]
                .iter()
                .filter(|tx| block.try_execute(tx).is_ok())
                .collect();
            let returned = block.abort();
            assert!(returned.iter().map(Tx::wire).eq(kept.iter().map(|tx| tx.wire())));
        }
        let (once, same) = (&txs[..24], transactions(&plain));
        let expected = plain.block(&same[..24]);
        let record = tried.block(once);
        assert_eq!(record, expected);
        assert_eq!(tried.db.view().sum_lamports(), plain.db.view().sum_lamports());
        drop(tried.db.open_block());
        assert_eq!(tried.db.resident_count(), tried.db.view().len());
    }
}
