//! Calls between programs.

use isobath_program_probe::{Bytes, Call, Operation, Passed, Place, Script};
use isobath_sdk::builtins::compute_budget::set_compute_unit_limit;
use isobath_sdk::builtins::system::transfer;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::outcome::ReturnData;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::pubkey::Pubkey;

use super::draft::{Draft, owned};
use crate::generate::PROBES;

const LAMPORTS: u64 = 2_000_000;

/// A call of the System program at position 2, which transfers from position 0 to position 1.
fn transfer_call(accounts: Vec<Passed>) -> Call {
    let any = Pubkey::default();
    Call {
        program: Place::Position(2),
        accounts,
        last_account_again: 0,
        data: Bytes::Given(transfer(&any, &any, LAMPORTS).data),
        signer_seeds: Vec::new(),
    }
}

/// An instruction of the first probe with the accounts of [`transfer_call`].
fn transferring(from: AccountMeta, to: AccountMeta, call: Call) -> Instruction {
    let accounts = vec![from, to, AccountMeta::readonly(ids::SYSTEM_PROGRAM)];
    Script::new()
        .then(Operation::Invoke(call))
        .instruction(PROBES[0], accounts)
}

/// An account that a call lists twice has the privileges of both.
pub(super) fn duplicate_signer(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let to = AccountMeta::writable(draft.key("to"));
    let from = AccountMeta::signer_writable(payer);
    let position = |index| Passed::writable(index);
    for accounts in [
        vec![position(0).signed(), position(1)],
        vec![position(0), position(1)],
        vec![position(0), position(1), position(0).signed()],
        vec![Passed::readonly(0), position(1), position(0).signed()],
        vec![position(0).signed(), Passed::readonly(1), position(1)],
        vec![position(0).signed(), Passed::readonly(1), Passed::readonly(1)],
    ] {
        draft.send(payer, &[transferring(from, to, transfer_call(accounts))]);
        draft.end_block();
    }
}

/// No call has a privilege that its caller does not have.
pub(super) fn privileges(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let other = draft.rich("other");
    let to = draft.key("to");
    for (from, to) in [
        (AccountMeta::signer_writable(payer), AccountMeta::readonly(to)),
        (AccountMeta::writable(other), AccountMeta::writable(to)),
        (AccountMeta::signer(other), AccountMeta::writable(to)),
        (AccountMeta::signer_writable(other), AccountMeta::writable(to)),
    ] {
        let call = transfer_call(vec![Passed::writable(0).signed(), Passed::writable(1)]);
        draft.send(payer, &[transferring(from, to, call)]);
        draft.end_block();
    }
    // A program or an account that the caller does not have.
    let mut absent = transfer_call(vec![Passed::writable(0).signed(), Passed::writable(1)]);
    absent.program = Place::Key(PROBES[1]);
    let from = AccountMeta::signer_writable(payer);
    draft.send(
        payer,
        &[transferring(from, AccountMeta::writable(to), absent.clone())],
    );
    absent.program = Place::Position(2);
    absent.accounts[1].place = Place::Key(other);
    draft.send(payer, &[transferring(from, AccountMeta::writable(to), absent)]);
}

/// Derived addresses sign for the program that derives them.
pub(super) fn signer_seeds(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let to = AccountMeta::writable(draft.key("to"));
    let seed = b"derived".as_slice();
    let derived = PROBES.map(|program| {
        let (address, bump) = Pubkey::find_program_address(&[seed], &program).expect("it has an address");
        draft.put(address, Account::new(1_000_000_000, ids::SYSTEM_PROGRAM));
        (address, bump)
    });
    for (address, bump) in derived {
        // The first probe makes the call; its seeds give another address than those of the other probes.
        let is_address = Pubkey::create_program_address(&[seed, &[bump]], &PROBES[0]).is_ok();
        let call = transfer_call(vec![Passed::writable(0).signed(), Passed::writable(1)]);
        let from = AccountMeta::writable(address);
        draft.send(payer, &[transferring(from, to, call.clone())]);
        if is_address {
            let signed = call.signed_by(&[seed, &[bump]]);
            draft.send(payer, &[transferring(from, to, signed)]);
        }
        draft.end_block();
    }
}

/// An instruction of the first probe that calls the second one with these seeds.
fn seeded(seeds: &[Vec<Vec<u8>>]) -> Instruction {
    let mut call = Call::probe(Place::Position(0), Vec::new(), &Script::new());
    call.signer_seeds = seeds.to_vec();
    let script = Script::new().attempt(Operation::Invoke(call));
    script.instruction(PROBES[0], vec![AccountMeta::readonly(PROBES[1])])
}

/// Seeds that derive no address: one that is too long, too many of them, an address on the curve, too many signers.
fn bad_seeds() -> [Vec<Vec<Vec<u8>>>; 4] {
    let is_bad = |bump: &u8| Pubkey::create_program_address(&[&[*bump]], &PROBES[0]).is_err();
    let bad_bump = (0..=255).find(is_bad).expect("half of them are");
    [
        vec![vec![vec![1; 33]]],
        vec![vec![vec![1]; 17]],
        vec![vec![vec![bad_bump]]],
        vec![Vec::new(); 17],
    ]
}

/// A call is charged before its seeds are looked at.
pub(super) fn seeds_units(draft: &mut Draft) {
    let payer = draft.rich("payer");
    for seeds in bad_seeds() {
        for limit in [110, 111, 1_055, 1_056] {
            draft.send(payer, &[set_compute_unit_limit(limit), seeded(&seeds)]);
        }
    }
}

/// Seeds that derive no address end the program, with one error on Solana and with others here.
pub(super) fn seeds_invalid(draft: &mut Draft) {
    let payer = draft.rich("payer");
    for seeds in bad_seeds() {
        draft.send(payer, &[seeded(&seeds)]);
    }
}

/// Calls and return data that are too large.
pub(super) fn invalid(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let call = |data, again| {
        Operation::Invoke(Call {
            program: Place::Position(0),
            accounts: vec![Passed::readonly(0)],
            last_account_again: again,
            data,
            signer_seeds: Vec::new(),
        })
    };
    let empty = || Bytes::Given(Script::new().encode());
    for operation in [
        call(Bytes::Zeros(10_241), 0),
        call(empty(), 255),
        Operation::Return(Bytes::Zeros(1_024)),
        Operation::Return(Bytes::Zeros(1_025)),
    ] {
        let script = Script::new().attempt(operation);
        let metas = vec![AccountMeta::readonly(PROBES[1])];
        draft.send(payer, &[script.instruction(PROBES[0], metas)]);
    }
}

/// Return data is that of the program called last, and gone when the next one begins.
pub(super) fn return_data(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let to = draft.key("to");
    let returning = Script::new().then(Operation::Return(Bytes::Given(b"returned".to_vec())));
    let expecting = |expected| Script::new().then(Operation::ExpectReturned(expected));
    let returned = |program| {
        Some(ReturnData {
            program,
            data: b"returned".to_vec(),
        })
    };
    let metas = || {
        vec![
            AccountMeta::signer_writable(payer),
            AccountMeta::writable(to),
            AccountMeta::readonly(ids::SYSTEM_PROGRAM),
            AccountMeta::readonly(PROBES[1]),
        ]
    };
    let paying = transfer_call(vec![Passed::writable(0).signed(), Passed::writable(1)]);
    let asking = Call::probe(Place::Position(3), Vec::new(), &returning);
    let instruction = |script: Script| script.instruction(PROBES[0], metas());
    let own = returning
        .clone()
        .then(Operation::ExpectReturned(returned(PROBES[0])));
    for instructions in [
        vec![instruction(returning.clone())],
        vec![instruction(returning.clone()), transfer(&payer, &to, LAMPORTS)],
        vec![instruction(returning.clone()), instruction(expecting(None))],
        vec![instruction(own)],
        vec![instruction(
            returning
                .then(Operation::Invoke(paying))
                .then(Operation::ExpectReturned(None)),
        )],
        vec![instruction(
            Script::new()
                .then(Operation::Invoke(asking))
                .then(Operation::ExpectReturned(returned(PROBES[1]))),
        )],
        vec![instruction(expecting(returned(PROBES[0])))],
    ] {
        draft.send(payer, &instructions);
    }
}

/// A program may call itself directly, not through another one.
pub(super) fn reentrancy(draft: &mut Draft) {
    let payer = draft.rich("payer");
    for path in [[0, 0, 0], [0, 1, 1], [0, 0, 1], [0, 1, 0], [0, 1, 2]] {
        let passed = || (0..3).map(Passed::readonly).collect::<Vec<_>>();
        let mut script = Script::new().then(Operation::Log("reached".to_owned()));
        for program in path[1..].iter().rev() {
            let call = Call::probe(Place::Position(*program), passed(), &script);
            script = Script::new().then(Operation::Invoke(call));
        }
        let metas = PROBES.map(AccountMeta::readonly).to_vec();
        draft.send(payer, &[script.instruction(PROBES[usize::from(path[0])], metas)]);
    }
}

pub(super) fn depth(draft: &mut Draft) {
    let payer = draft.rich("payer");
    for depth in [4, 5, 6, 8, 9, 10] {
        let script = Script::new()
            .then(Operation::RecurseTo { depth })
            .then(Operation::Log("back".to_owned()));
        draft.send(
            payer,
            &[script.instruction(PROBES[0], vec![AccountMeta::readonly(PROBES[0])])],
        );
    }
}

/// A call costs units for its instruction data, its metas, the accounts passed and their data.
pub(super) fn units(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let large = [249, 250, 10_240, 100_000].map(|len| {
        let account = owned(PROBES[0], vec![1; len]);
        draft.account(&format!("data {len}"), account)
    });
    let mut metas: Vec<AccountMeta> = large.map(AccountMeta::writable).to_vec();
    metas.push(AccountMeta::readonly(PROBES[1]));
    let program = Place::Position(4);
    let call = |accounts: Vec<Passed>, again, data| Call {
        program,
        accounts,
        last_account_again: again,
        data,
        signer_seeds: Vec::new(),
    };
    let empty = || Bytes::Given(Script::new().encode());
    let mut calls: Vec<Call> = [0, 1, 249, 250, 251, 10_240]
        .map(|len| call(Vec::new(), 0, Bytes::Zeros(len)))
        .to_vec();
    calls.extend((0..4).map(|position| call(vec![Passed::readonly(position)], 0, empty())));
    calls.extend([0, 2, 3, 6, 7, 254].map(|again| call(vec![Passed::readonly(4)], again, empty())));
    calls.push(call((0..5).map(Passed::readonly).collect(), 20, empty()));
    for call in calls {
        let script = Script::new().attempt(Operation::Invoke(call));
        draft.send(payer, &[script.instruction(PROBES[0], metas.clone())]);
    }
    // Just enough, and one too few, at each step of the charge.
    for limit in [150 + 110, 1_206, 1_207, 1_700, 1_705, 1_706, 1_707, 1_708, 2_000] {
        let script = Script::new().then(Operation::Invoke(call(vec![Passed::readonly(3)], 7, empty())));
        let instruction = script.instruction(PROBES[0], metas.clone());
        draft.send(payer, &[set_compute_unit_limit(limit), instruction]);
    }
}

/// Lamports must add up when a program calls another one and when it ends.
pub(super) fn lamports_sums(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let one = draft.account("one", owned(PROBES[0], Vec::new()));
    let other = draft.account("other", owned(PROBES[0], Vec::new()));
    let metas = vec![
        AccountMeta::writable(one),
        AccountMeta::writable(other),
        AccountMeta::readonly(PROBES[0]),
        AccountMeta::readonly(PROBES[1]),
    ];
    let set = |account, lamports| Operation::SetLamports { account, lamports };
    let none = || Operation::Invoke(Call::probe(Place::Position(3), Vec::new(), &Script::new()));
    let half = |script: &Script| Operation::Invoke(Call::probe(Place::Position(2), both(), script));
    for script in [
        Script::new().then(set(0, 999_999_999)),
        Script::new().then(set(0, 1_000_000_001)),
        Script::new()
            .then(set(0, 999_999_999))
            .then(set(1, 1_000_000_001)),
        Script::new().then(set(0, 1_000_000_005)).then(none()),
        Script::new()
            .then(set(0, 5))
            .then(set(0, 1_000_000_000))
            .then(none()),
        Script::new().then(half(&Script::new().then(set(0, 5)))),
        Script::new().then(set(0, u64::MAX)).then(set(1, u64::MAX)),
    ] {
        draft.send(payer, &[script.instruction(PROBES[0], metas.clone())]);
    }
}

fn both() -> Vec<Passed> {
    vec![Passed::writable(0), Passed::writable(1)]
}
