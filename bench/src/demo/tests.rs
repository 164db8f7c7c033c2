//! The demo on nodes with planted faults: each must fail it, by the check that is there for it.
//!
//! The faults are planted where a node takes its parts: its storage, its programs, and the address at which the load
//! reaches it. They spare funding, so that every fault meets a load that runs.

use std::sync::Arc;

use clap::Parser;
use isobath_program_abi::InstructionError;
use isobath_rpc_client::{ClientConfig, RpcClient, RpcError};
use isobath_sdk::builtins::system::SystemInstruction;
use isobath_sdk::ids;
use isobath_sdk::program::{Frame, ProgramEntry};
use isobath_storage::{LossyStorage, Storage, StorageReader};
use jsonrpsee::RpcModule;
use jsonrpsee::server::ServerBuilder;
use jsonrpsee::types::{ErrorObjectOwned, Params};
use serde_json::Value;
use tokio::runtime::Runtime;

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
    match SystemInstruction::decode(frame.data()) {
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

/// A server in front of a node that passes every call on, and withholds the status of some transactions.
async fn serve_without_some_statuses(url: &str) -> anyhow::Result<String> {
    let mut module = RpcModule::new(RpcClient::new(url, ClientConfig::default())?);
    for method in [
        "getLatestBlockhash",
        "getBlockHeight",
        "getMultipleAccounts",
        "getTransaction",
        "getSignatureStatuses",
        "requestAirdrop",
        "sendTransaction",
    ] {
        module.register_async_method(method, move |params: Params<'static>, rpc, _| async move {
            let params: Value = params.parse()?;
            let answer = rpc.call::<Value>(method, &params).await;
            let mut answer = answer.map_err(|error| pass_on(&error))?;
            if method == "getSignatureStatuses" {
                withhold_some(&params[0], &mut answer["value"]);
            }
            Ok::<_, ErrorObjectOwned>(answer)
        })?;
    }
    let server = ServerBuilder::default().build("127.0.0.1:0").await?;
    let url = format!("http://{}", server.local_addr()?);
    tokio::spawn(server.start(module).stopped());
    Ok(url)
}

/// Withholds the status of each transaction whose name ends in one of four of the 58 letters.
fn withhold_some(names: &Value, statuses: &mut Value) {
    let names = names.as_array().unwrap().iter();
    for (name, status) in names.zip(statuses.as_array_mut().unwrap()) {
        if name.as_str().unwrap().ends_with(['w', 'x', 'y', 'z']) {
            *status = Value::Null;
        }
    }
}

fn pass_on(error: &RpcError) -> ErrorObjectOwned {
    match error {
        RpcError::Refused { refusal, .. } => {
            ErrorObjectOwned::owned::<()>(refusal.code, refusal.message.clone(), None)
        }
        other => ErrorObjectOwned::owned::<()>(-32_603, other.to_string(), None),
    }
}

#[test]
fn a_node_that_loses_statuses_fails() {
    let runtime = Runtime::new().unwrap();
    let report = run_on(&args(), in_memory(), |target| Target {
        url: runtime
            .block_on(serve_without_some_statuses(&target.url))
            .unwrap(),
        ..target
    })
    .unwrap();
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
