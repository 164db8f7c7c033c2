//! Instructions by index and by address.

use isobath_sdk::builtins::system::SystemInstruction;
use isobath_sdk::chain::event::Event;
use isobath_sdk::wire::view::InstructionView;
use isobath_sdk::{Pubkey, ids};
use serde_json::{Value, json};

use super::{Form, render_inner_instructions, render_instruction};

const A: Pubkey = Pubkey([1; 32]);
const B: Pubkey = Pubkey([2; 32]);
const PROGRAM: Pubkey = Pubkey([3; 32]);

/// Transfer of 1_000_000.
const TRANSFER: [u8; 12] = [2, 0, 0, 0, 0x40, 0x42, 0x0f, 0, 0, 0, 0, 0];

fn keys() -> [Pubkey; 4] {
    [A, B, ids::SYSTEM_PROGRAM, PROGRAM]
}

fn value(form: Form, program_id_index: u8, accounts: &[u8], data: &[u8]) -> Value {
    let rendered = render_instruction(
        form,
        &keys(),
        InstructionView {
            program_id_index,
            accounts,
            data,
        },
        1,
    );
    serde_json::to_value(rendered).expect("an instruction serializes")
}

#[test]
fn compiled_instructions_are_indexes() {
    assert_eq!(
        value(Form::Compiled, 2, &[0, 1], &TRANSFER),
        json!({ "programIdIndex": 2, "accounts": [0, 1], "data": "3Bxs4Bc3VYuGVB19", "stackHeight": 1 })
    );
}

#[test]
fn system_instructions_are_parsed() {
    assert_eq!(
        value(Form::Parsed, 2, &[0, 1], &TRANSFER),
        json!({
            "program": "system",
            "programId": "11111111111111111111111111111111",
            "parsed": {
                "type": "transfer",
                "info": { "source": A.to_string(), "destination": B.to_string(), "lamports": 1_000_000 },
            },
            "stackHeight": 1,
        })
    );
}

#[test]
fn an_account_that_may_be_funded_names_its_payer_only_if_there_is_one() {
    let create = |lamports| {
        let instruction = SystemInstruction::CreateAccountAllowPrefund {
            lamports,
            space: 9,
            owner: PROGRAM,
        };
        instruction.encode()
    };
    let owner = PROGRAM.to_string();
    let parsed =
        |accounts: &[u8], lamports| value(Form::Parsed, 2, accounts, &create(lamports))["parsed"].clone();
    assert_eq!(
        parsed(&[0, 1], 5),
        json!({
            "type": "createAccountAllowPrefund",
            "info": { "newAccount": A, "source": B, "lamports": 5, "space": 9, "owner": owner },
        })
    );
    let unfunded = json!({
        "type": "createAccountAllowPrefund", "info": { "newAccount": A, "space": 9, "owner": owner },
    });
    assert_eq!(parsed(&[0], 0), unfunded);
    assert_eq!(parsed(&[0, 1], 0), unfunded);
    assert_eq!(parsed(&[0], 5), Value::Null, "an account is missing");
}

#[test]
fn memos_are_texts() {
    let keys = [A, ids::MEMO_PROGRAM, ids::MEMO_PROGRAM_V1, ids::MEMO_PROGRAM_V4];
    let render = |program_id_index: u8, data: &[u8]| {
        let instruction = InstructionView {
            program_id_index,
            accounts: &[],
            data,
        };
        serde_json::to_value(render_instruction(Form::Parsed, &keys, instruction, 1)).expect("it serializes")
    };
    for index in 1..=3 {
        let shown = render(index, b"hi");
        assert_eq!(
            (&shown["program"], &shown["parsed"]),
            (&json!("spl-memo"), &json!("hi"))
        );
    }
    assert_eq!(render(1, &[0xff])["data"], "5Q", "not a text");
}

#[test]
fn unknown_programs_and_odd_system_calls_are_partially_decoded() {
    let partial = |program: Pubkey, accounts: &[Pubkey], data: &str| {
        let accounts: Vec<_> = accounts.iter().map(ToString::to_string).collect();
        json!({ "programId": program.to_string(), "accounts": accounts, "data": data, "stackHeight": 1 })
    };
    assert_eq!(
        value(Form::Parsed, 3, &[1, 1], b"abc"),
        partial(PROGRAM, &[B, B], "ZiCa")
    );
    assert_eq!(
        value(Form::Parsed, 2, &[0], &TRANSFER),
        partial(ids::SYSTEM_PROGRAM, &[A], "3Bxs4Bc3VYuGVB19")
    );
    assert_eq!(
        value(Form::Parsed, 2, &[], b""),
        partial(ids::SYSTEM_PROGRAM, &[], "")
    );
    // An index that no sane transaction has is rendered as it is.
    assert_eq!(value(Form::Parsed, 3, &[9], b"")["accounts"], json!([9]));
}

#[test]
fn inner_instructions_are_grouped_by_their_outer_one() {
    let call = |outer_index, depth| Event::InnerInstruction {
        outer_index,
        depth,
        program_id_index: 2,
        accounts: vec![0, 1],
        data: TRANSFER.to_vec(),
    };
    let events = [
        Event::Log("x".to_owned()),
        call(0, 2),
        call(0, 3),
        call(2, 2),
        Event::LogTruncated,
    ];
    let rendered = serde_json::to_value(render_inner_instructions(Form::Compiled, &keys(), &events))
        .expect("groups serialize");
    assert_eq!(rendered[0]["index"], 0);
    assert_eq!(rendered[0]["instructions"][1]["stackHeight"], 3);
    assert_eq!(rendered[1]["index"], 2);
    assert_eq!(rendered.as_array().map(Vec::len), Some(2));
    assert_eq!(
        serde_json::to_value(render_inner_instructions(Form::Parsed, &keys(), &[] as &[Event]))
            .expect("empty"),
        json!([])
    );
}
