//! Starts a node: storage, genesis, replay, threads.
//!
//! ```text
//! config --> open: limits, storage, genesis --> OpenedNode --> start: replay, indexes, threads --> Node
//!                                               genesis, progress
//! ```
//!
//! The ledger decides: once it holds a genesis, that one is used and a different one is rejected. Every record is
//! replayed into the chain and the indexes before the first block is produced, so a restarted node knows the same
//! messages and signatures as before.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::thread::{Builder, JoinHandle};

use isobath_ledger::OpenReport;
use isobath_ledger::frame::RECORD_BYTES_MAX;
use isobath_runtime::{Runtime, TRANSACTION_RECORD_BYTES_MAX};
use isobath_scheduler::{BudgetLimits, Pending, PendingLimits};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::rules::FeatureChoice;
use isobath_sigverify::stage::{Output, Stage, StageError};
use isobath_storage::{FileStorage, Storage};
use tokio::sync::{broadcast, watch};

use crate::config::{EXECUTION_THREADS_MAX, NodeConfig, SLOT_MS_MAX, SLOT_MS_MIN, program_record_bytes};
use crate::counters::Counters;
use crate::error::NodeError;
use crate::indexes::accepted::Accepted;
use crate::indexes::address_feed::AddressFeed;
use crate::indexes::addresses::AddressIndex;
use crate::indexes::contention::Contention;
use crate::indexes::owners::Owners;
use crate::indexes::statuses::{Statuses, list_statuses};
use crate::node::{Handle, Node, Threads};
use crate::notice::HeldBlocks;
use crate::progress::StartProgress;
use crate::stages::admit::run_admit;
use crate::stages::build::run_producer;
use crate::stages::chain_clock::Reading;
use crate::stages::ingress::stage_config;
use crate::stages::job::{Ingested, Job};
use crate::stages::threads::guarded;
use crate::state::{NodeState, Phase, Pool};
use crate::store::Store;
use crate::view::effective::effective_transactions;
use crate::view::tip::{Head, Tip};

impl Node {
    /// Opens the ledger, replays it and starts producing blocks: [`Node::open`] and [`OpenedNode::start`] in one. Blocks
    /// the caller for as long as the replay takes.
    ///
    /// # Errors
    /// As [`Node::open`] and [`OpenedNode::start`].
    pub fn start(config: NodeConfig) -> Result<Self, NodeError> {
        Self::open(config)?.start()
    }

    /// Checks the configuration, opens and locks the ledger and reads its genesis. Takes no longer for a long ledger than
    /// for a short one.
    ///
    /// # Errors
    /// [`NodeError`]: the configuration, the genesis or the ledger is not usable.
    pub fn open(mut config: NodeConfig) -> Result<OpenedNode, NodeError> {
        check_limits(&config)?;
        Reading::now().check()?;
        let storage = open_storage(&mut config)?;
        let genesis = choose_genesis(storage.as_ref(), config.genesis.take(), &config.features)?;
        let slot_ms = pick_slot_ms(config.slot_ms, &genesis)?;
        let progress = StartProgress::up_to(Store::newest_slot_of(storage.as_ref())?);
        Ok(OpenedNode {
            config,
            storage,
            genesis,
            slot_ms,
            progress,
        })
    }
}

/// A node whose ledger is open and locked, but not replayed yet.
pub struct OpenedNode {
    config: NodeConfig,
    storage: Box<dyn Storage>,
    genesis: Genesis,
    slot_ms: u64,
    progress: StartProgress,
}

impl OpenedNode {
    /// The genesis of the chain.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The progress of [`OpenedNode::start`].
    #[must_use]
    pub fn progress(&self) -> StartProgress {
        self.progress.clone()
    }

    /// Replays the ledger and starts producing blocks. Blocks the caller for as long as the replay takes.
    ///
    /// # Errors
    /// [`NodeError`]: this build cannot run the genesis, the ledger is damaged, or a thread cannot be started.
    pub fn start(self) -> Result<Node, NodeError> {
        start(self)
    }
}

impl fmt::Debug for OpenedNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedNode")
            .field("genesis", &self.genesis.hash())
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

fn start(opened: OpenedNode) -> Result<Node, NodeError> {
    let OpenedNode {
        config,
        storage,
        genesis,
        slot_ms,
        progress,
    } = opened;
    let runtime = Runtime::new(genesis.clone(), config.programs.clone())?;
    let mut head = Head::new(&genesis);
    let statuses = Statuses::new(genesis.blockhash_max_age_blocks, config.history);
    let mut addresses = AddressIndex::new(config.history.address_postings_max);
    let (db, opened) = Store::open(storage, &genesis, &mut |record| {
        let (header, effective) = (&record.history.header, effective_transactions(&record.history));
        head.push(&record.history, effective.len())
            .map_err(|error| error.to_string())?;
        addresses.push(header, &effective);
        statuses.push(header, &list_statuses(header, &effective));
        statuses.forget_old(header.height);
        progress.note_replayed(header.slot);
        Ok(())
    })?;
    head.first_slot = statuses.first_slot();
    db.limit_held_bytes(config.held_view_bytes);
    let contention = Contention::from_slot(head.chain.slot().saturating_add(1));
    let accounts = db.view();
    let owners = Owners::of(&accounts);
    log_opened(&opened, &genesis, &head);
    if opened.blocks > 0 {
        Reading::now().report_idle(head.chain.timestamp_ms());
    }

    let (verification, verified) = Stage::start(&stage_config(&config)).map_err(stage_error)?;
    let budget = config.budget.budget(runtime.rules());
    let state = Arc::new(NodeState {
        runtime,
        db,
        tip: RwLock::new(Arc::new(Tip { head, accounts })),
        statuses,
        owners: RwLock::new(owners),
        addresses: AddressFeed::new(addresses),
        accepted: Accepted::default(),
        contention,
        pool: Mutex::new(Pool {
            pending: Pending::in_order(pending_limits(config.pending, budget), config.order),
            finish_by: None,
            is_awaited: false,
            has_news: false,
        }),
        pool_changed: Condvar::new(),
        execution_threads: config.execution_threads.min(EXECUTION_THREADS_MAX),
        verification,
        counters: Counters::default(),
        notices: broadcast::channel(config.notice_capacity).0,
        held_blocks: HeldBlocks::default(),
        phase: watch::channel(Phase::Running).0,
        budget,
        slot_ms,
    });
    // From here on, dropping the handle ends the threads that were started.
    let node = Node(Arc::new(Handle {
        state,
        threads: Mutex::new(Threads::default()),
    }));
    start_threads(&node, config.verify_threads, &verified)?;
    Ok(node)
}

fn check_limits(config: &NodeConfig) -> Result<(), NodeError> {
    let counts = [
        ("verify_threads", config.verify_threads),
        ("execution_threads", config.execution_threads),
        ("verify_queue", config.verify_queue),
        ("notice_capacity", config.notice_capacity),
        ("pending.transactions", config.pending.transactions),
        ("history.transactions_max", config.history.transactions_max),
        (
            "history.blocks_max",
            usize::try_from(config.history.blocks_max).unwrap_or(usize::MAX),
        ),
        (
            "held_view_bytes",
            usize::try_from(config.held_view_bytes).unwrap_or(usize::MAX),
        ),
    ];
    for (name, count) in counts {
        if count == 0 {
            return Err(NodeError::Config(format!("{name} must be at least 1")));
        }
    }
    check_record_bytes(config)
}

/// The limits of the pool, in which all that a block may hold can be remembered.
fn pending_limits(asked: PendingLimits, block: BudgetLimits) -> PendingLimits {
    let of_block = usize::try_from(block.transactions).unwrap_or(usize::MAX);
    PendingLimits {
        taken: asked.taken.max(of_block),
        ..asked
    }
}

/// Checks that no block becomes too large for its record, and that every transaction that runs programs fits an empty one.
fn check_record_bytes(config: &NodeConfig) -> Result<(), NodeError> {
    let given = config.budget.record_bytes;
    let max = program_record_bytes(TRANSACTION_RECORD_BYTES_MAX);
    match given <= max {
        true => Ok(()),
        false => Err(NodeError::Config(format!(
            "budget.record_bytes is {given}, so that a block may exceed the largest record of {RECORD_BYTES_MAX} bytes; \
             it must be at most {max}"
        ))),
    }
}

fn open_storage(config: &mut NodeConfig) -> Result<Box<dyn Storage>, NodeError> {
    if let Some(storage) = config.storage.take() {
        return Ok(storage);
    }
    let Some(ledger) = &config.ledger else {
        return Err(NodeError::Config(
            "the configuration names neither a ledger folder nor a storage".to_owned(),
        ));
    };
    Ok(Box::new(FileStorage::open(ledger)?))
}

/// The genesis of the ledger; for a new ledger the one given, else the development genesis.
fn choose_genesis(
    storage: &dyn Storage,
    given: Option<Genesis>,
    features: &FeatureChoice,
) -> Result<Genesis, NodeError> {
    let choose = |mut genesis: Genesis| -> Result<Genesis, NodeError> {
        genesis.features = features.apply(genesis.features);
        genesis.validate()?;
        Ok(genesis)
    };
    let given = given.map(choose).transpose()?;
    match (Store::genesis_of(storage)?, given) {
        (Some(ledger), Some(given)) if ledger.hash() != given.hash() => Err(NodeError::GenesisMismatch {
            ledger: ledger.hash(),
            given: given.hash(),
        }),
        (Some(ledger), _) => {
            ledger.validate().map_err(NodeError::LedgerGenesis)?;
            let chosen = features.apply(ledger.features);
            match chosen == ledger.features {
                true => Ok(ledger),
                false => Err(NodeError::FeaturesMismatch {
                    ledger: ledger.features,
                    chosen,
                }),
            }
        }
        (None, Some(given)) => Ok(given),
        (None, None) => choose(Genesis::development()),
    }
}

fn pick_slot_ms(asked: Option<u64>, genesis: &Genesis) -> Result<u64, NodeError> {
    let slot_ms = asked.unwrap_or(genesis.slot_ms);
    if (SLOT_MS_MIN..=SLOT_MS_MAX).contains(&slot_ms) {
        return Ok(slot_ms);
    }
    Err(NodeError::Config(format!(
        "slot time {slot_ms} ms is out of range: every block is synced to disk, and blockhashes expire after a fixed \
         number of blocks; choose {SLOT_MS_MIN} to {SLOT_MS_MAX} ms"
    )))
}

fn log_opened(opened: &OpenReport, genesis: &Genesis, head: &Head) {
    if opened.torn_bytes_cut > 0 {
        tracing::warn!(
            bytes = opened.torn_bytes_cut,
            "cut an incomplete record from the end of the ledger; it was never published"
        );
    }
    tracing::info!(
        genesis = %genesis.hash(),
        features = %genesis.features,
        slot = head.chain.slot(),
        blocks = opened.blocks,
        transactions = head.transaction_count,
        created = opened.created,
        "opened ledger"
    );
}

fn start_threads(
    node: &Node,
    admit_threads: usize,
    verified: &Output<Job, Ingested>,
) -> Result<(), NodeError> {
    let mut threads = node
        .0
        .threads
        .lock()
        .expect("a starting node owns its threads exclusively");
    for index in 0..admit_threads {
        let (state, verified) = (Arc::clone(&node.0.state), verified.clone());
        let worker = spawn(format!("admit-{index}"), move || {
            guarded(&state, "an admission", || run_admit(&state, &verified));
        })?;
        threads.workers.push(worker);
    }
    let state = Arc::clone(&node.0.state);
    threads.producer = Some(spawn("producer".to_owned(), move || {
        guarded(&state, "the producer", || run_producer(&state));
    })?);
    let state = Arc::clone(&node.0.state);
    threads.indexer = Some(spawn("addresses".to_owned(), move || {
        guarded(&state, "the address index", || state.addresses.run());
    })?);
    drop(threads);
    Ok(())
}

fn stage_error(error: StageError) -> NodeError {
    match error {
        StageError::Thread(error) => NodeError::Thread(error),
        error => NodeError::Config(error.to_string()),
    }
}

fn spawn(name: String, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, NodeError> {
    Builder::new().name(name).spawn(body).map_err(NodeError::Thread)
}
