//! What programs read in the Instructions sysvar.

use isobath_program_probe::{Bytes, Call, Operation, Passed, Place, Script};
use isobath_sdk::builtins::system::transfer;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};

use super::draft::Draft;
use crate::generate::PROBES;

/// More than the rent minimum of an account without data.
const LAMPORTS: u64 = 2_000_000;

/// The length of the sysvar's data in a transaction of these instructions.
fn data_len(instructions: &[Instruction]) -> u32 {
    let each = instructions.iter().map(|instruction| {
        let accounts = 2 + 33 * instruction.accounts.len();
        2 + accounts + 32 + 2 + instruction.data.len()
    });
    u32::try_from(2 + each.sum::<usize>() + 2).expect("a transaction is small")
}

/// Logs all of the sysvar at position 0, and checks that nothing follows.
fn reading(len: u32) -> Script {
    let account = 0;
    Script::new()
        .then(Operation::ExpectAccount {
            account,
            lamports: 0,
            len: len.into(),
        })
        .then(Operation::Read {
            account,
            offset: 0,
            len,
        })
        .attempt(Operation::Read {
            account,
            offset: 1,
            len,
        })
}

/// What `write` gives when it knows the length of the sysvar's data, which does not depend on that.
fn with_len(write: impl Fn(u32) -> Vec<Instruction>) -> Vec<Instruction> {
    write(data_len(&write(0)))
}

/// The sysvar, then these accounts.
fn beside(others: &[AccountMeta]) -> Vec<AccountMeta> {
    let sysvar = AccountMeta::readonly(ids::SYSVAR_INSTRUCTIONS);
    [&[sysvar][..], others].concat()
}

/// All data, in instructions with repeated accounts, signers, keys that lose their write lock, and none.
pub(super) fn instructions(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let signer = draft.rich("signer");
    let (to, absent) = (draft.key("to"), draft.key("absent"));
    let all = [
        AccountMeta::signer_writable(payer),
        AccountMeta::readonly(payer),
        AccountMeta::signer(signer),
        AccountMeta::readonly(signer),
        AccountMeta::writable(to),
        AccountMeta::readonly(to),
        AccountMeta::readonly(absent),
        AccountMeta::writable(ids::SYSVAR_CLOCK),
        AccountMeta::writable(PROBES[1]),
        AccountMeta::readonly(ids::SYSVAR_INSTRUCTIONS),
    ];
    for others in [&all[..], &[]] {
        let list = with_len(|len| {
            vec![
                reading(len).instruction(PROBES[0], beside(others)),
                transfer(&payer, &to, LAMPORTS),
                reading(len).instruction(PROBES[1], beside(&[])),
                Script::new().instruction(PROBES[0], Vec::new()),
                reading(len).instruction(PROBES[0], beside(&[])),
            ]
        });
        draft.send(payer, &list);
    }
    let only = with_len(|len| vec![reading(len).instruction(PROBES[2], beside(&[]))]);
    draft.send(payer, &only);
    let writing = Script::new().then(Operation::Write {
        account: 0,
        offset: 0,
        bytes: Bytes::Given(vec![1]),
    });
    let sysvar = AccountMeta::writable(ids::SYSVAR_INSTRUCTIONS);
    draft.send(payer, &[writing.instruction(PROBES[0], vec![sysvar])]);
}

/// Keys of a lookup table, the sysvar among them.
pub(super) fn instructions_loaded(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let keys = [draft.key("one"), draft.key("two"), draft.key("three")];
    let with_sysvar = [&keys[..], &[ids::SYSVAR_INSTRUCTIONS]].concat();
    let table = draft.table("table", payer, &with_sysvar);
    let metas = [
        AccountMeta::readonly(keys[0]),
        AccountMeta::writable(keys[1]),
        AccountMeta::readonly(keys[1]),
        AccountMeta::signer_writable(payer),
    ];
    for used in [&keys[..], &with_sysvar] {
        let list = with_len(|len| {
            vec![
                reading(len).instruction(PROBES[0], beside(&metas)),
                transfer(&payer, &keys[2], LAMPORTS),
                reading(len).instruction(PROBES[1], beside(&metas[1..])),
            ]
        });
        draft.send_loading(payer, &list, table, used);
    }
}

/// The sysvar in called programs shows the instructions of the transaction, and the one that is running.
pub(super) fn instructions_called(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let to = draft.key("to");
    let metas = [AccountMeta::readonly(PROBES[1]), AccountMeta::readonly(PROBES[2])];
    let passed = || (0..3).map(Passed::readonly).collect::<Vec<_>>();
    let list = with_len(|len| {
        let innermost = Call::probe(Place::Position(2), passed(), &reading(len));
        let inner = reading(len).then(Operation::Invoke(innermost));
        let call = Call::probe(Place::Position(1), passed(), &inner);
        let outer = Script::new().then(Operation::Invoke(call));
        vec![
            outer.clone().instruction(PROBES[0], beside(&metas)),
            transfer(&payer, &to, LAMPORTS),
            outer.instruction(PROBES[0], beside(&metas)),
        ]
    });
    draft.send(payer, &list);
}
