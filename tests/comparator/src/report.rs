//! Showing one sequence and where the two sides part.

use isobath_conformance::compare::{Difference, What, first_difference};
use isobath_conformance::ledger::Run;
use isobath_conformance::sequence::{Recipe, Sequence};
use isobath_sdk::chain::account::Account;
use isobath_sdk::pubkey::Pubkey;

/// The first difference in full; nothing if there is none.
pub(crate) fn difference(sequence: &Sequence, expected: &Run, found: &Run) -> Option<String> {
    let difference = first_difference(sequence.oracle, &expected.blocks, &found.blocks)?;
    let mut text = format!("{} ({:?}): {difference}\n", sequence.name, sequence.oracle);
    text.push_str(&transactions(sequence, &difference));
    text.push_str(&accounts(&difference, expected, found));
    text.push_str(&traces(&difference, expected, found));
    Some(text)
}

fn transactions(sequence: &Sequence, difference: &Difference) -> String {
    let recipes = sequence.recipes();
    let before: usize = sequence.blocks[..difference.block]
        .iter()
        .map(|block| block.items.len())
        .sum();
    let count = sequence
        .blocks
        .get(difference.block)
        .map_or(0, |block| block.items.len());
    let shown = match &difference.what {
        What::Transaction { index, .. } => before + index..before + index + 1,
        What::Accounts { .. } | What::Traces { .. } | What::Shape => before..before + count,
    };
    shown
        .map(|index| recipe(index - before, recipes[index]))
        .collect()
}

fn recipe(index: usize, recipe: &Recipe) -> String {
    let message = &recipe.message;
    let mut text = format!(
        "  transaction {index}: {:?} {:?}, blockhash {:?}, {} signatures more than required\n",
        message.version, message.header, recipe.lifetime, recipe.extra_signatures
    );
    for (index, key) in message.account_keys.iter().enumerate() {
        text.push_str(&format!("    key {index} {key}\n"));
    }
    for lookup in &message.lookups {
        text.push_str(&format!("    {lookup:?}\n"));
    }
    for instruction in &message.instructions {
        text.push_str(&format!(
            "    call {} {:?} {:?}\n",
            instruction.program_id_index, instruction.accounts, instruction.data
        ));
    }
    text
}

fn accounts(difference: &Difference, expected: &Run, found: &Run) -> String {
    let (Some(expected), Some(found)) = (
        expected.accounts.get(difference.block),
        found.accounts.get(difference.block),
    ) else {
        return String::new();
    };
    let mut text = String::new();
    for ((key, expected), (_, found)) in expected.iter().zip(found) {
        if !same(expected.as_ref(), found.as_ref()) {
            text.push_str(&format!(
                "  account {key}\n    expected {}\n    found    {}\n",
                account(expected.as_ref()),
                account(found.as_ref())
            ));
        }
    }
    text
}

/// The traces of the transactions whose traces differ.
fn traces(difference: &Difference, expected: &Run, found: &Run) -> String {
    let (Some(expected), Some(found)) = (
        expected.traces.get(difference.block),
        found.traces.get(difference.block),
    ) else {
        return String::new();
    };
    let pairs = expected.iter().zip(found).enumerate();
    pairs
        .filter(|(_, (expected, found))| expected != found)
        .map(|(index, (expected, found))| {
            format!("  trace {index}\n    expected {expected:?}\n    found    {found:?}\n")
        })
        .collect()
}

fn same(one: Option<&Account>, other: Option<&Account>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one.same_contents(other),
        _ => false,
    }
}

fn account(account: Option<&Account>) -> String {
    account.map_or_else(
        || "none".to_owned(),
        |account| {
            let shown: &[u8] = &account.data[..account.data.len().min(160)];
            format!(
                "{} lamports, owner {}, executable {}, {} bytes {shown:?}",
                account.lamports,
                account.owner,
                account.executable,
                account.data.len()
            )
        },
    )
}

/// The initial accounts of a sequence, for reading a difference.
pub(crate) fn initial(sequence: &Sequence) -> String {
    let shown = |(key, value): &(Pubkey, Account)| format!("  {key}: {}\n", account(Some(value)));
    sequence.accounts.iter().map(shown).collect()
}
