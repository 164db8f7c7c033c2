//! The largest transactions and the first that are too large.

use isobath_program_probe::{Bytes, Call, Operation, Passed, Place, Script, Step};
use isobath_sdk::builtins::system::{allocate, transfer};
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::wire::message::{Message, MessageVersion};

use super::draft::{Draft, owned};
use crate::generate::PROBES;

const DATA_LEN_MAX: u64 = 10 << 20;

/// 64 instructions are allowed, 65 are not; more than eight are common.
pub(super) fn instructions(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let nothing = Script::new().instruction(PROBES[0], Vec::new());
    for count in [9, 63, 64, 65] {
        draft.send(payer, &vec![nothing.clone(); count]);
    }
    let to: Vec<Pubkey> = (0..14).map(|index| draft.key(&format!("to {index}"))).collect();
    let transfers: Vec<Instruction> = to.iter().map(|to| transfer(&payer, to, 2_000_000)).collect();
    draft.send(payer, &transfers);
    draft.send(payer, &transfers[..9]);
}

/// 255 accounts of an instruction are allowed, 256 are not.
pub(super) fn instruction_accounts(draft: &mut Draft) {
    let payer = draft.rich("payer");
    for count in [254, 255, 256] {
        let last = Operation::ExpectAccount {
            account: u8::try_from(count - 1).unwrap_or(0),
            lamports: 1,
            len: 5,
        };
        let instruction = Script::new().then(last).instruction(PROBES[0], Vec::new());
        let message = Message::compile(MessageVersion::Legacy, &payer, &[instruction], Hash::default());
        let mut message = message.expect("one instruction");
        message.instructions[0].accounts = vec![1; count];
        draft.push(message, draft.height() - 1);
    }
}

/// A transaction runs 64 instructions, those that programs call included.
pub(super) fn trace_length(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let call = Call {
        program: Place::Position(0),
        accounts: Vec::new(),
        last_account_again: 0,
        data: Bytes::Given(Script::new().encode()),
        signer_seeds: Vec::new(),
    };
    let nothing = Script::new().instruction(PROBES[0], Vec::new());
    for (calls, others) in [(63, 0), (64, 0), (62, 1), (63, 1), (1, 63), (0, 64)] {
        let script = Script::new().step(Step {
            times: calls,
            swallows_errors: false,
            operation: Operation::Invoke(call.clone()),
        });
        let calling = script.instruction(PROBES[0], vec![AccountMeta::readonly(PROBES[1])]);
        for is_last in [false, true] {
            let mut instructions = vec![nothing.clone(); others];
            let at = if is_last { others } else { 0 };
            instructions.insert(at, calling.clone());
            draft.send(payer, &instructions);
        }
    }
}

/// A transaction may add 20 MiB of account data.
pub(super) fn growth(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let keys = ["first", "second", "third"].map(|label| draft.key(label));
    for last in [0, 1] {
        let lens = [DATA_LEN_MAX, DATA_LEN_MAX, last];
        let allocations: Vec<Instruction> = keys
            .iter()
            .zip(lens)
            .map(|(key, len)| allocate(key, len))
            .collect();
        draft.send(payer, &allocations);
    }
    draft.send(payer, &[allocate(&keys[0], DATA_LEN_MAX + 1)]);
}

/// What counts is the sum of what is added and removed.
pub(super) fn growth_net(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let large = draft.account("large", owned(PROBES[0], vec![0; 1 << 10]));
    let small = draft.account("small", owned(PROBES[0], Vec::new()));
    let system = AccountMeta::readonly(ids::SYSTEM_PROGRAM);
    let metas = vec![AccountMeta::writable(large), AccountMeta::writable(small), system];
    let resize = |account, len| Operation::Resize { account, len };
    let (max, kib) = (DATA_LEN_MAX, 1_u64 << 10);
    for lens in [
        vec![(0, max), (1, max), (0, 0)],
        vec![(0, max), (1, max), (0, 0), (0, max), (1, 0)],
        vec![(0, max), (1, max), (1, max - 1), (1, max)],
        vec![(0, max + 1)],
        vec![(0, 0), (0, kib), (1, 10 * kib), (1, 10 * kib + 1), (1, 0)],
        vec![(1, 20 * kib), (1, 300), (0, 0)],
    ] {
        let script = lens.into_iter().fold(Script::new(), |script, (account, len)| {
            script.then(resize(account, len))
        });
        draft.send(payer, &[script.instruction(PROBES[0], metas.clone())]);
    }
    let passed = vec![Passed::writable(1)];
    let inner = Script::new().then(resize(0, 30 * kib)).then(resize(0, 100));
    let call = Call::probe(Place::Key(PROBES[0]), passed, &inner);
    let mut metas = metas;
    metas.push(AccountMeta::readonly(PROBES[0]));
    let script = Script::new().then(Operation::Invoke(call));
    draft.send(payer, &[script.instruction(PROBES[0], metas)]);
}
