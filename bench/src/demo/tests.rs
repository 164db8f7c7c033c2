//! The demo on nodes with planted faults: each must fail it, by the check that is there for it.
//!
//! The faults are planted where a node takes its parts: its storage, its programs, and the address at which the load
//! reaches it. They spare funding, so that every fault meets a load that runs.

mod proxy;

use std::sync::Arc;

use clap::Parser;
use isobath_program_abi::InstructionError;
use isobath_sdk::builtins::system::SystemInstruction;
use isobath_sdk::ids;
use isobath_sdk::program::{Frame, ProgramEntry};
use isobath_storage::{LossyStorage, Storage, StorageReader};
use tokio::runtime::Runtime;

use self::proxy::{Lie, serve_lies};
use super::*;
use crate::cli::{Cli, Command};

/// No transfer of the load is as large, and every payment of the funding is larger.
const LOAD_LAMPORTS_MAX: u64 = 100_000;

fn args() -> DemoArgs {
    let arguments = [
        "isobath-bench",
        "demo",
        "--seconds",
        "1",
        "--accounts",
        "20",
        "--slot-ms",
        "50",
        "--rate",
        "400",
        "--threads",
        "1",
    ];
    match Cli::try_parse_from(arguments).unwrap().command {
        Command::Demo(args) => args,
        _ => panic!("demo was asked for"),
    }
}

/// A node in memory, on a disk that forgets what was not synced.
fn in_memory() -> Setup {
    let disk = LossyStorage::new();
    let mut node = NodeConfig::default();
    node.storage = Some(Box::new(disk.clone()));
    let stopped = disk.clone();
    Setup {
        node,
        cut_power: Box::new(move || {
            stopped.stop_after(0);
            Ok(())
        }),
        reopen: Box::new(move || {
            disk.crash();
            let mut node = NodeConfig::default();
            node.storage = Some(Box::new(disk));
            node
        }),
    }
}

/// The report of the demo on a node that runs `system` as its system program.
fn report_with(system: ProgramEntry) -> Report {
    let mut setup = in_memory();
    setup.node.programs.insert(ids::SYSTEM_PROGRAM, system);
    run_on(&args(), setup, |target| target).unwrap()
}

/// The lamports of a transfer of the load; `None` for any other instruction.
fn load_transfer(frame: &Frame<'_>) -> Option<u64> {
    match SystemInstruction::decode(frame.instruction_data()) {
        Ok(SystemInstruction::Transfer { lamports }) if lamports < LOAD_LAMPORTS_MAX => Some(lamports),
        _ => None,
    }
}

/// Whether the load was confirmed in full, so that only the balances can show a fault.
fn seems_complete(report: &Report) -> bool {
    report.confirmed > 0 && report.confirmed == report.sent && report.failures.is_empty()
}

#[test]
fn a_sound_node_passes_on_a_disk_in_memory() {
    let report = run_on(&args(), in_memory(), |target| target).unwrap();
    assert!(report.ok, "{}", report.to_json());
    assert!(seems_complete(&report));
}

/// A storage that reports a sync and does not carry it out.
struct Unsynced(Box<dyn Storage>);

impl Storage for Unsynced {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(offset, buf)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.truncate(len)
    }

    fn reader(&self) -> io::Result<Arc<dyn StorageReader>> {
        self.0.reader()
    }
}

#[test]
fn a_node_that_does_not_sync_fails() {
    let folder = tempfile::tempdir().unwrap();
    for mut setup in [in_memory(), Setup::on_files(folder.path()).unwrap()] {
        let storage = setup.node.storage.take().unwrap();
        setup.node.storage = Some(Box::new(Unsynced(storage)));
        let report = run_on(&args(), setup, |target| target).unwrap();
        assert!(!report.ok && seems_complete(&report), "{}", report.to_json());
        assert!(report.conservation.unwrap().holds && report.chain.unwrap().holds);
        let reopened = report.reopened.unwrap();
        assert_eq!((reopened.looked_up, reopened.found), (report.confirmed, 0));
        assert!(
            reopened.lost_blocks > 0 && reopened.wrong_accounts > 0,
            "{reopened:?}"
        );
    }
}

/// Takes the work of a transfer and moves nothing.
fn move_nothing(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    match load_transfer(frame) {
        Some(_) => frame.consume(isobath_program_system::COMPUTE_UNITS),
        None => isobath_program_system::call(frame),
    }
}

/// Lets the payer receive what the recipient should.
fn pay_the_payer(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    let Some(lamports) = load_transfer(frame) else {
        return isobath_program_system::call(frame);
    };
    frame.consume(isobath_program_system::COMPUTE_UNITS)?;
    frame.debit(1, lamports)?;
    frame.credit(0, lamports)
}

/// Moves the lamports of a transfer twice.
fn move_twice(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    isobath_program_system::call(frame)?;
    match load_transfer(frame) {
        Some(_) => isobath_program_system::call(frame),
        None => Ok(()),
    }
}

#[test]
fn a_node_that_moves_lamports_wrongly_fails() {
    for (fault, system) in [
        ("nothing moves", move_nothing as ProgramEntry),
        ("the payer receives", pay_the_payer),
        ("lamports move twice", move_twice),
    ] {
        let report = report_with(system);
        assert!(
            !report.ok && seems_complete(&report),
            "{fault}: {}",
            report.to_json()
        );
        let (accounts, chain) = (report.conservation.unwrap(), report.chain.unwrap());
        assert!(
            accounts.wrong_accounts > 10 && !accounts.holds,
            "{fault}: {accounts:?}"
        );
        assert!(chain.holds, "{fault}: the sum alone does not show it");
        assert!(report.reopened.unwrap().wrong_accounts > 10, "{fault}");
    }
}

/// The report of the demo on a sound node behind a server that lies.
fn report_behind(lie: Lie) -> Report {
    let runtime = Runtime::new().unwrap();
    let route = |target: Target| Target {
        url: runtime.block_on(serve_lies(&target.url, lie)).unwrap(),
        ..target
    };
    run_on(&args(), in_memory(), route).unwrap()
}

#[test]
fn a_node_that_loses_statuses_fails() {
    let report = report_behind(Lie::LosesStatuses);
    assert!(!report.ok, "{}", report.to_json());
    assert!(
        report.confirmed > 0 && report.confirmed < report.sent,
        "{}",
        report.to_json()
    );
    let accounts = report.conservation.unwrap();
    assert!(
        accounts.wrong_accounts > 0,
        "transfers without a status were executed: {accounts:?}"
    );
}

#[test]
fn a_node_that_pays_the_wrong_receiver_fails() {
    let report = report_behind(Lie::Redirects);
    assert!(!report.ok && seems_complete(&report), "{}", report.to_json());
    let accounts = report.conservation.unwrap();
    assert!(
        accounts.wrong_accounts > 10 && accounts.after_lamports == accounts.expected_lamports,
        "the sum alone does not show it: {accounts:?}"
    );
    let reopened = report.reopened.unwrap();
    assert_eq!(
        (reopened.looked_up, reopened.found),
        (report.confirmed, 0),
        "other transfers were executed than were signed"
    );
}
