//! Transactions of the ledger that today's rules would not admit are rendered like any other.

use isobath_sdk::chain::event::Event;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass};
use isobath_sdk::chain::record::{Execution, Executions};
use isobath_sdk::{
    Hash, Instruction, Message, MessageVersion, Pubkey, Transaction, TransactionView, builtins::system, ids,
};
use serde_json::{Value, json};

use super::{Details, RenderConfig, render_transaction};
use crate::params::encoding::TransactionEncoding;

const PAYER: Pubkey = Pubkey([1; 32]);
const TO: Pubkey = Pubkey([2; 32]);

/// A transfer beside an instruction of the compute budget program that it does not know.
fn inadmissible() -> Vec<u8> {
    let unknown = Instruction {
        program_id: ids::COMPUTE_BUDGET_PROGRAM,
        accounts: Vec::new(),
        data: vec![0xff],
    };
    let instructions = [system::transfer(&PAYER, &TO, 7), unknown];
    let message = Message::compile(MessageVersion::Legacy, &PAYER, &instructions, Hash([3; 32]));
    Transaction::unsigned(message.expect("a message")).serialize()
}

fn rendered(wire: &[u8], encoding: TransactionEncoding, details: Details) -> Value {
    let execution = Execution {
        outcome: Outcome {
            class: OutcomeClass::Executed,
            error: None,
            fee: 5_000,
            compute_units: 450,
            return_data: None,
        },
        pre_balances: vec![10_000, 0, 1, 1],
        post_balances: vec![4_993, 7, 1, 1],
        loaded_addresses: Default::default(),
        events: vec![Event::Loaded { data_len: 100 }],
    };
    let executions = Executions::from_iter([execution]);
    let config = RenderConfig {
        encoding,
        version_max: Some(0),
        details,
        rewards: true,
    };
    let view = TransactionView::parse(wire).expect("it decodes");
    let rendered = render_transaction(view, executions.get(0).expect("one"), config).expect("it is rendered");
    serde_json::to_value(rendered).expect("it serializes")
}

#[test]
fn no_rule_of_admission_hides_a_transaction_of_the_ledger() {
    let wire = inadmissible();
    let rules = Genesis::development().rules();
    isobath_runtime::admit(&wire, &rules, KeyHasher::new([0; 2])).expect_err("today's rules reject it");

    let full = rendered(&wire, TransactionEncoding::Json, Details::Full);
    assert_eq!(full["version"], "legacy");
    assert_eq!(full["meta"]["costUnits"], 720 + 2 * 300 + (12 + 1) / 4 + 450 + 8);
    assert_eq!(full["meta"]["fee"], 5_000);
    assert_eq!(full["transaction"]["message"]["instructions"][1]["data"], "5Q");

    let parsed = rendered(&wire, TransactionEncoding::JsonParsed, Details::Full);
    let message = &parsed["transaction"]["message"];
    assert_eq!(message["instructions"][0]["parsed"]["info"]["lamports"], 7);
    let key = |pubkey: Pubkey, writable: bool, signer: bool| json!({ "pubkey": pubkey, "writable": writable, "signer": signer, "source": "transaction" });
    let keys = json!([
        key(PAYER, true, true),
        key(TO, true, false),
        key(ids::SYSTEM_PROGRAM, false, false),
        key(ids::COMPUTE_BUDGET_PROGRAM, false, false),
    ]);
    assert_eq!(message["accountKeys"], keys);

    let accounts = rendered(&wire, TransactionEncoding::Base64, Details::Accounts);
    assert_eq!(accounts["transaction"]["accountKeys"], keys);
    let encoded = rendered(&wire, TransactionEncoding::Base64, Details::Full);
    assert_eq!(encoded["transaction"][1], "base64");
}
