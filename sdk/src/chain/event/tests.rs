//! Exact log text, and the collector against Agave's rule applied to finished text.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use proptest::prelude::*;

use super::*;
use crate::ids;

const KEY: Pubkey = Pubkey::new([7; 32]);
const KEY_TEXT: &str = "US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx";

fn inner(depth: u8) -> Event {
    Event::InnerInstruction {
        outer_index: 0,
        depth,
        program_id_index: 3,
        accounts: vec![0, 1],
        data: vec![2],
    }
}

#[test]
fn lines_have_the_exact_text() {
    let custom = InstructionError::Custom(1);
    let cases = [
        (
            Event::Invoke {
                program_id: KEY,
                depth: 2,
            },
            format!("Program {KEY_TEXT} invoke [2]"),
        ),
        (Event::Log("hello".into()), "Program log: hello".into()),
        (
            Event::Line("Transfer: insufficient lamports 1, need 2".into()),
            "Transfer: insufficient lamports 1, need 2".into(),
        ),
        (Event::Data(vec![]), "Program data: ".into()),
        (Event::Data(vec![vec![1, 2, 3]]), "Program data: AQID".into()),
        (
            Event::Data(vec![vec![1], vec![], vec![2, 3]]),
            "Program data: AQ==  AgM=".into(),
        ),
        (
            Event::ReturnData {
                program_id: KEY,
                data: vec![165, 0],
            },
            format!("Program return: {KEY_TEXT} pQA="),
        ),
        (
            Event::Consumption { units_remaining: 9 },
            "Program consumption: 9 units remaining".into(),
        ),
        (
            Event::Consumed {
                program_id: KEY,
                units: 150,
                limit: 200_000,
            },
            format!("Program {KEY_TEXT} consumed 150 of 200000 compute units"),
        ),
        (
            Event::Success { program_id: KEY },
            format!("Program {KEY_TEXT} success"),
        ),
        (
            Event::Failed {
                program_id: KEY,
                error: custom,
            },
            format!("Program {KEY_TEXT} failed: custom program error: 0x1"),
        ),
        (
            Event::Failed {
                program_id: KEY,
                error: InstructionError::InvalidArgument,
            },
            format!("Program {KEY_TEXT} failed: invalid program argument"),
        ),
        (Event::LogTruncated, "Log truncated".into()),
    ];
    for (event, text) in cases {
        assert_eq!(event.log_line().as_deref(), Some(text.as_str()));
        assert_eq!(event.line_len(), text.len());
        assert!(event.line_len_max() >= text.len(), "{event:?}");
    }
    assert_eq!(inner(2).log_line(), None);
}

#[test]
fn a_system_transfer_logs_two_lines() {
    let mut events = Events::new();
    events.push_invoke(ids::SYSTEM_PROGRAM, 1);
    events.push_success(ids::SYSTEM_PROGRAM);
    let expected = [
        "Program 11111111111111111111111111111111 invoke [1]",
        "Program 11111111111111111111111111111111 success",
    ];
    assert_eq!(render_logs(events.list()), expected);
    assert!(!events.is_truncated());
}

#[test]
fn inner_instructions_survive_truncation_and_print_nothing() {
    let mut events = Events::new();
    events.push(inner(2));
    events.push_log(&"x".repeat(LOG_TEXT_LIMIT_BYTES));
    events.push_log(&"y".repeat(LOG_TEXT_LIMIT_BYTES));
    events.push(inner(3));
    events.push_log("short");
    assert!(events.is_truncated());
    assert_eq!(
        events.list().to_vec(),
        [
            inner(2),
            Event::LogTruncated,
            inner(3),
            Event::Log("short".into())
        ]
    );
    assert_eq!(
        render_logs(events.list()),
        ["Log truncated", "Program log: short"]
    );
}

#[test]
fn the_limit_itself_is_too_much() {
    let room = LOG_TEXT_LIMIT_BYTES - "Program log: ".len();
    let mut fits = Events::new();
    fits.push_log(&"x".repeat(room - 1));
    assert!(!fits.is_truncated());
    fits.push_line("");
    assert!(!fits.is_truncated());
    fits.push_line("z");
    assert!(fits.is_truncated());
    let mut full = Events::new();
    full.push_log(&"x".repeat(room));
    assert_eq!(full.list().to_vec(), [Event::LogTruncated]);
}

#[test]
fn events_survive_borsh() {
    let events = vec![
        Event::Invoke {
            program_id: KEY,
            depth: 1,
        },
        Event::Log("a".into()),
        inner(2),
        Event::Data(vec![vec![1], vec![]]),
        Event::Failed {
            program_id: KEY,
            error: InstructionError::Custom(7),
        },
        Event::LogTruncated,
    ];
    let bytes = borsh::to_vec(&events).unwrap();
    assert_eq!(borsh::from_slice::<Vec<Event>>(&bytes).unwrap(), events);
}

/// Agave's collector over finished lines.
fn truncate_oracle(lines: &[String]) -> Vec<String> {
    let (mut kept, mut bytes, mut warned) = (Vec::new(), 0, false);
    for line in lines {
        if bytes + line.len() >= LOG_TEXT_LIMIT_BYTES {
            if !warned {
                warned = true;
                kept.push("Log truncated".to_owned());
            }
        } else {
            bytes += line.len();
            kept.push(line.clone());
        }
    }
    kept
}

fn any_key() -> impl Strategy<Value = Pubkey> {
    // Leading zero bytes make the shortest texts.
    (0usize..=32, any::<[u8; 32]>()).prop_map(|(zeros, mut bytes)| {
        bytes[..zeros].fill(0);
        Pubkey::new(bytes)
    })
}

fn any_event() -> impl Strategy<Value = Event> {
    let data = || prop::collection::vec(any::<u8>(), 0..300);
    prop_oneof![
        (any_key(), any::<u8>()).prop_map(|(program_id, depth)| Event::Invoke { program_id, depth }),
        "[a-z]{0,400}".prop_map(Event::Log),
        "[a-z]{0,400}".prop_map(Event::Line),
        prop::collection::vec(data(), 0..4).prop_map(Event::Data),
        (any_key(), data()).prop_map(|(program_id, data)| Event::ReturnData { program_id, data }),
        any::<u64>().prop_map(|units_remaining| Event::Consumption { units_remaining }),
        (any_key(), any::<u64>(), any::<u64>()).prop_map(|(program_id, units, limit)| Event::Consumed {
            program_id,
            units,
            limit
        }),
        any_key().prop_map(|program_id| Event::Success { program_id }),
        (any_key(), any::<u32>()).prop_map(|(program_id, code)| Event::Failed {
            program_id,
            error: InstructionError::Custom(code)
        }),
        Just(inner(2)),
    ]
}

proptest! {
    #[test]
    fn collector_equals_the_rule_on_finished_text(events in prop::collection::vec(any_event(), 0..160)) {
        let mut collector = Events::new();
        for event in &events {
            prop_assert!(event.line_len_max() >= event.line_len());
            collector.push(event.clone());
        }
        let collected = collector.list().to_vec();
        prop_assert_eq!(render_logs(&collected), truncate_oracle(&render_logs(&events)));
        let count = |list: &[Event]| list.iter().filter(|event| event.log_line().is_none()).count();
        prop_assert_eq!(count(&collected), count(&events));
    }

    #[test]
    fn dedicated_pushes_equal_the_general_one(messages in prop::collection::vec("[a-z]{0,900}", 0..30)) {
        let (mut direct, mut general) = (Events::new(), Events::new());
        for message in &messages {
            direct.push_log(message);
            direct.push_line(message);
            direct.push_data(&[message.as_bytes()]);
            direct.push_return_data(KEY, message.as_bytes());
            general.push(Event::Log(message.clone()));
            general.push(Event::Line(message.clone()));
            general.push(Event::Data(vec![message.as_bytes().to_vec()]));
            general.push(Event::ReturnData { program_id: KEY, data: message.as_bytes().to_vec() });
        }
        prop_assert_eq!(direct.list(), general.list());
    }
}
