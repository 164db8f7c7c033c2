//! Who is credited with the fees of a block.

use isobath_sdk::builtins::compute_budget::set_compute_unit_price;
use isobath_sdk::builtins::system::transfer;
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;

use super::draft::{Draft, owned};
use crate::generate::PRODUCER;

/// A block with a small fee, one with a large one, one without.
fn blocks(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let to = draft.rich("to");
    draft.send(payer, &[transfer(&payer, &to, 1)]);
    draft.end_block();
    draft.send(
        payer,
        &[set_compute_unit_price(10_000_000_000), transfer(&payer, &to, 2)],
    );
    draft.end_block();
    draft.wait(1);
    draft.send(payer, &[transfer(&payer, &to, 3)]);
}

pub(super) fn absent(draft: &mut Draft) {
    blocks(draft);
}

pub(super) fn plain(draft: &mut Draft) {
    draft.put(PRODUCER, Account::new(1_000_000, ids::SYSTEM_PROGRAM));
    blocks(draft);
}

pub(super) fn with_data(draft: &mut Draft) {
    draft.put(PRODUCER, owned(ids::SYSTEM_PROGRAM, vec![7; 40]));
    blocks(draft);
}

pub(super) fn of_a_program(draft: &mut Draft) {
    let owner = draft.key("owner");
    draft.put(PRODUCER, owned(owner, Vec::new()));
    blocks(draft);
}
