//! The arenas against plain vectors, and hostile encodings.

use proptest::prelude::*;

use super::*;
use crate::chain::event::Event;
use crate::chain::outcome::{OutcomeClass, ReturnData};
use crate::errors::TransactionError;

fn any_event() -> impl Strategy<Value = Event> {
    let data = || prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        "[a-z]{0,30}".prop_map(Event::Log),
        "[a-z]{0,30}".prop_map(Event::Line),
        prop::collection::vec(data(), 0..3).prop_map(Event::Data),
        any::<u32>().prop_map(|data_len| Event::Loaded { data_len }),
        any::<[u8; 32]>().prop_map(|key| Event::Success {
            program_id: Pubkey::new(key)
        }),
    ]
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let returned = prop::option::of((any::<[u8; 32]>(), prop::collection::vec(any::<u8>(), 0..40)));
    (any::<bool>(), any::<u64>(), any::<u64>(), returned).prop_map(|(is_ok, fee, compute_units, returned)| {
        Outcome {
            class: OutcomeClass::Executed,
            error: (!is_ok).then_some(TransactionError::AccountNotFound),
            fee,
            compute_units,
            return_data: returned.map(|(program, data)| ReturnData {
                program: Pubkey::new(program),
                data,
            }),
        }
    })
}

fn any_execution() -> impl Strategy<Value = Execution> {
    let keys = || prop::collection::vec(any::<[u8; 32]>().prop_map(Pubkey::new), 0..4);
    let balances = prop::collection::vec(any::<(u64, u64)>(), 0..5);
    let events = prop::collection::vec(any_event(), 0..6);
    (any_outcome(), balances, keys(), keys(), events).prop_map(
        |(outcome, balances, writable, readonly, events)| {
            let (pre_balances, post_balances) = balances.into_iter().unzip();
            Execution {
                outcome,
                pre_balances,
                post_balances,
                loaded_addresses: LoadedAddresses { writable, readonly },
                events,
            }
        },
    )
}

/// What an executor does with the next transaction.
#[derive(Debug, Clone)]
enum Step {
    Keep(Execution),
    NoOp(Execution),
    Discard(Execution),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any_execution().prop_map(Step::Keep),
        1 => any_execution().prop_map(Step::NoOp),
        1 => any_execution().prop_map(Step::Discard),
    ]
}

fn collect(executions: &mut Executions, execution: &Execution) -> Events {
    let mut events = executions.begin();
    for event in &execution.events {
        events.push(event.clone());
    }
    assert_eq!(events.list().to_vec(), execution.events);
    events
}

fn plain(executions: &Executions) -> Vec<Execution> {
    executions.iter().map(ExecutionRef::to_execution).collect()
}

fn no_op() -> Execution {
    Execution {
        outcome: Outcome::no_op(TransactionError::AlreadyProcessed),
        pre_balances: Vec::new(),
        post_balances: Vec::new(),
        loaded_addresses: LoadedAddresses::default(),
        events: Vec::new(),
    }
}

/// Two transactions with a part in every arena.
fn sample() -> Executions {
    let execution = |key: u8| Execution {
        outcome: Outcome {
            return_data: Some(ReturnData {
                program: Pubkey::new([key; 32]),
                data: vec![key, 1],
            }),
            ..Outcome::fees_only(TransactionError::AccountNotFound, 5_000)
        },
        pre_balances: vec![7, 8],
        post_balances: vec![6, 9],
        loaded_addresses: LoadedAddresses {
            writable: vec![Pubkey::new([key; 32])],
            readonly: vec![Pubkey::new([3; 32])],
        },
        events: vec![Event::Log("log".to_owned()), Event::LogTruncated],
    };
    [execution(1), execution(2)].into_iter().collect()
}

fn encodes(executions: &Executions) -> bool {
    let bytes = borsh::to_vec(executions).unwrap();
    borsh::from_slice::<Executions>(&bytes).is_ok()
}

#[test]
fn a_decoder_refuses_parts_that_do_not_fill_the_arenas() {
    type Damage = fn(&mut Arenas);
    let damages: [(&str, Damage); 13] = [
        ("a balance too many", |all| all.balances.push(1)),
        ("a balance too few", |all| all.balances.truncate(7)),
        ("a key too many", |all| all.loaded.push(Pubkey::new([9; 32]))),
        ("a key too few", |all| all.loaded.truncate(3)),
        ("a byte too many", |all| all.bytes.push(0)),
        ("a byte too few", |all| all.bytes.truncate(1)),
        ("an odd number of balances", |all| {
            all.entries[0].ends.balances -= 1
        }),
        ("ends that go back", |all| all.entries[0].ends.writable = 3),
        ("the largest end", |all| all.entries[1].ends.bytes = u32::MAX),
        ("an end inside an event", |all| all.entries[0].ends.events -= 2),
        ("an event of no kind", |all| all.bytes[0] = 99),
        ("return data of no program", |all| {
            all.entries[0].outcome.return_data = None;
        }),
        ("bytes without an entry", |all| all.entries.clear()),
    ];
    assert!(encodes(&sample()));
    for (name, damage) in damages {
        let mut damaged = sample();
        damage(&mut damaged.first);
        assert!(!encodes(&damaged), "{name}");
    }
}

#[test]
fn nothing_is_left_of_a_transaction_without_effect() {
    let mut executions = Executions::new();
    let mut events = executions.begin();
    events.push_log("dropped");
    executions.push_no_op(&no_op().outcome, events);
    assert_eq!(plain(&executions), [no_op()]);
    assert!(executions.room().bytes == 0);
    assert_eq!(executions.last().map(ExecutionRef::to_execution), Some(no_op()));
    assert_eq!(executions.get(1), None);
}

proptest! {
    #[test]
    fn those_of_several_threads_are_what_one_thread_makes(
        executions in prop::collection::vec((any_execution(), 0..3_u32), 0..12),
    ) {
        let mut parts: Vec<Vec<Execution>> = vec![Vec::new(); 3];
        let mut order = Vec::new();
        for (execution, part) in &executions {
            let own = &mut parts[*part as usize];
            order.push((*part, u32::try_from(own.len()).unwrap()));
            own.push(execution.clone());
        }
        let merged = Executions::merged(parts.into_iter().map(Executions::from_iter).collect(), order);
        let plain: Vec<Execution> = executions.into_iter().map(|(execution, _)| execution).collect();
        prop_assert_eq!(&self::plain(&merged), &plain);
        let alone = Executions::from_iter(plain);
        prop_assert_eq!(&merged, &alone);
        prop_assert_eq!(borsh::to_vec(&merged).unwrap(), borsh::to_vec(&alone).unwrap());
    }

    #[test]
    fn arenas_equal_plain_vectors(steps in prop::collection::vec(any_step(), 0..12)) {
        let (mut arenas, mut vectors) = (Executions::new(), Vec::new());
        for step in steps {
            match step {
                Step::Keep(execution) => {
                    let events = collect(&mut arenas, &execution);
                    let balances = execution.pre_balances.iter().chain(&execution.post_balances);
                    let loaded = execution.loaded_addresses.borrowed();
                    arenas.push(&execution.outcome, events, balances.copied(), loaded);
                    vectors.push(execution);
                }
                Step::NoOp(execution) => {
                    let events = collect(&mut arenas, &execution);
                    arenas.push_no_op(&no_op().outcome, events);
                    vectors.push(no_op());
                }
                Step::Discard(execution) => {
                    let events = collect(&mut arenas, &execution);
                    arenas.discard(events);
                }
            }
            let newest = arenas.last().map(ExecutionRef::to_execution);
            prop_assert_eq!(newest.as_ref(), vectors.last());
        }
        prop_assert_eq!(&plain(&arenas), &vectors);
        prop_assert_eq!(arenas.len(), vectors.len());
        for (view, execution) in arenas.iter().zip(&vectors) {
            prop_assert_eq!(view.outcome.leaf(), execution.outcome.leaf());
        }
        let bytes = borsh::to_vec(&arenas).unwrap();
        prop_assert_eq!(&borsh::from_slice::<Executions>(&bytes).unwrap(), &arenas);
        prop_assert_eq!(vectors.into_iter().collect::<Executions>(), arenas);
    }

    #[test]
    fn damaged_bytes_are_refused_or_canonical(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = borsh::to_vec(&sample()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(decoded) = borsh::from_slice::<Executions>(&bytes) {
            prop_assert_eq!(plain(&decoded).len(), 2);
            prop_assert_eq!(borsh::to_vec(&decoded).unwrap(), bytes);
        }
    }
}
