//! Calls of accounts that a loader owns and that hold no program.

use isobath_program_probe::{Bytes, Call, Operation, Place, Script};
use isobath_sdk::builtins::system::assign;
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::pubkey::Pubkey;

use super::draft::{Draft, owned};
use crate::generate::PROBES;

/// Owners of programs on Solana.
const LOADERS: [Pubkey; 4] = [
    ids::BPF_LOADER_DEPRECATED,
    ids::BPF_LOADER,
    ids::BPF_LOADER_UPGRADEABLE,
    ids::LOADER_V4,
];

/// The state of a program of the upgradeable loader, whose code is at `code`.
fn program_state(code: Pubkey) -> Vec<u8> {
    [&2_u32.to_le_bytes()[..], &code.0].concat()
}

/// An instruction of the program.
fn direct(program: Pubkey) -> Instruction {
    Instruction::new(program, vec![AccountMeta::readonly(PROBES[1])], vec![1, 2, 3])
}

/// The same from a probe, which goes on.
fn nested(program: Pubkey) -> Instruction {
    let call = Call {
        program: Place::Position(0),
        accounts: Vec::new(),
        last_account_again: 0,
        data: Bytes::Given(vec![1, 2, 3]),
        signer_seeds: Vec::new(),
    };
    let script = Script::new()
        .then(Operation::Return(Bytes::Given(vec![7])))
        .attempt(Operation::Invoke(call))
        .then(Operation::Log("after".to_owned()));
    script.instruction(PROBES[0], vec![AccountMeta::readonly(program)])
}

/// Accounts of each loader, with and without the flag of programs, and of owners that are no loaders.
pub(super) fn not_deployed(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let absent = draft.key("absent code");
    let mut programs = Vec::new();
    for (index, owner) in LOADERS.into_iter().enumerate() {
        let account = owned(owner, b"no program".to_vec());
        let flagged = Account {
            executable: true,
            ..account.clone()
        };
        programs.push(draft.account(&format!("plain {index}"), account));
        programs.push(draft.account(&format!("flagged {index}"), flagged));
        programs.push(draft.account(&format!("empty {index}"), owned(owner, Vec::new())));
    }
    let broken = owned(ids::BPF_LOADER_UPGRADEABLE, vec![9; 60]);
    let code = draft.account("broken code", broken);
    for (label, code) in [("without code", absent), ("with broken code", code)] {
        let account = owned(ids::BPF_LOADER_UPGRADEABLE, program_state(code));
        programs.push(draft.account(label, account));
    }
    programs.push(draft.account("of a program", owned(PROBES[1], vec![1])));
    programs.push(draft.rich("of the System program"));
    for program in programs {
        draft.send(payer, &[direct(program)]);
        draft.send(payer, &[nested(program)]);
    }
}

/// Accounts that become a loader's: for calls of the same transaction, of the same block and of the next one.
pub(super) fn assigned(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let keys: Vec<Pubkey> = (0..LOADERS.len())
        .map(|index| draft.rich(&format!("key {index}")))
        .collect();
    for (key, loader) in keys.iter().zip(LOADERS) {
        draft.send(payer, &[assign(key, &loader), nested(*key)]);
        draft.send(payer, &[assign(key, &loader)]);
        draft.send(payer, &[direct(*key)]);
        draft.send(payer, &[nested(*key)]);
    }
    draft.end_block();
    for key in keys {
        draft.send(payer, &[direct(key), nested(key)]);
        draft.send(payer, &[nested(key)]);
    }
}
