//! Lookup tables from their creation to their end.

use isobath_sdk::builtins::lookup_table_instruction::{
    close_lookup_table, create_lookup_table, deactivate_lookup_table, extend_lookup_table,
};
use isobath_sdk::builtins::system::transfer;
use isobath_sdk::pubkey::Pubkey;

use super::draft::Draft;

/// A table can be used for this many blocks after its deactivation began.
const COOLDOWN: u64 = 512;

/// Transfers to a key of the table.
fn use_table(draft: &mut Draft, payer: Pubkey, table: Pubkey, keys: &[Pubkey], index: usize) {
    let lamports = 2_000_000 + index as u64;
    draft.send_loading(payer, &[transfer(&payer, &keys[index], lamports)], table, keys);
}

/// A table that is created and extended in the block that uses it.
pub(super) fn created(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let keys = [draft.key("first"), draft.key("second")];
    draft.wait(3);
    let (create, table) = create_lookup_table(&payer, &payer, draft.height() - 1).expect("it has an address");
    draft.send(payer, &[create]);
    draft.send(
        payer,
        &[extend_lookup_table(&table, &payer, Some(&payer), keys.to_vec())],
    );
    use_table(draft, payer, table, &keys, 0);
    draft.end_block();
    use_table(draft, payer, table, &keys, 0);
}

pub(super) fn extended(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let keys = ["first", "second", "third"].map(|label| draft.key(label));
    let table = draft.table("table", payer, &keys[..1]);
    for key in &keys[1..] {
        draft.send(
            payer,
            &[extend_lookup_table(&table, &payer, Some(&payer), vec![*key])],
        );
        for index in 0..3 {
            use_table(draft, payer, table, &keys, index);
        }
        draft.end_block();
    }
    for index in 0..3 {
        use_table(draft, payer, table, &keys, index);
    }
}

pub(super) fn cooldown(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let keys = [draft.key("first")];
    let table = draft.table("table", payer, &keys);
    draft.wait(2);
    draft.send(payer, &[deactivate_lookup_table(&table, &payer)]);
    try_both(draft, payer, table, &keys);
    draft.wait(COOLDOWN - 3);
    for _ in 0..6 {
        try_both(draft, payer, table, &keys);
    }
}

/// A block that uses the table, closes it, and uses it again.
fn try_both(draft: &mut Draft, payer: Pubkey, table: Pubkey, keys: &[Pubkey]) {
    use_table(draft, payer, table, keys, 0);
    draft.send(payer, &[close_lookup_table(&table, &payer, &payer)]);
    let again = transfer(&payer, &keys[0], 3_000_000);
    draft.send_loading(payer, &[again], table, keys);
    draft.end_block();
}

pub(super) fn size(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let keys: Vec<Pubkey> = (0..257).map(|index| draft.key(&format!("key {index}"))).collect();
    let nearly = draft.table("nearly full", payer, &keys[..254]);
    let full = draft.table("full", payer, &keys[..256]);
    let over = draft.table("over", payer, &keys);
    for (table, more) in [
        (nearly, 1),
        (nearly, 2),
        (nearly, 1),
        (nearly, 1),
        (full, 1),
        (over, 1),
    ] {
        let more = keys[..more].to_vec();
        draft.send(payer, &[extend_lookup_table(&table, &payer, Some(&payer), more)]);
        draft.end_block();
    }
    for table in [nearly, full, over] {
        use_table(draft, payer, table, &keys[..256], 255);
    }
}
