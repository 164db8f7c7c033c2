//! Agave's unified scheduler, its state machine alone: tasks that exist already, or made from transactions, with a queue for
//! each account in the map that Agave keeps them in.

use std::collections::{HashSet, VecDeque};

use anyhow::{anyhow, bail};
use dashmap::DashMap;
use solana_hash::Hash;
use solana_message::compiled_instruction::CompiledInstruction;
use solana_message::{Message, MessageHeader, SimpleAddressLoader, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_runtime_transaction::runtime_transaction::RuntimeTransaction;
use solana_transaction::sanitized::{MessageHash, SanitizedTransaction};
use solana_transaction::versioned::VersionedTransaction;
use solana_unified_scheduler_logic::{Capability, OrderedTaskId, SchedulingStateMachine, Task, UsageQueue};

use super::keys::Named;
use crate::translate;

type Tx = RuntimeTransaction<SanitizedTransaction>;

pub(super) struct Unified {
    machine: SchedulingStateMachine,
    queues: DashMap<Pubkey, UsageQueue>,
}

impl Unified {
    #[expect(unsafe_code, reason = "it is how the state machine is made")]
    pub(super) fn new() -> Self {
        Self {
            // SAFETY: one is made in this process, and it stays on the thread that made it.
            machine: unsafe {
                SchedulingStateMachine::exclusively_initialize_current_thread_for_scheduling(None, None)
            },
            queues: DashMap::new(),
        }
    }

    /// Makes the queues of these accounts.
    pub(super) fn know(&self, transactions: &[Named]) {
        for (key, _) in transactions.iter().flatten() {
            queue(&self.queues, translate::key(key));
        }
    }

    /// The transactions as the scheduler gets them.
    pub(super) fn transactions(&self, named: &[Named]) -> anyhow::Result<Vec<Tx>> {
        named.iter().map(transaction).collect()
    }

    /// Tasks that are ready to be scheduled.
    pub(super) fn create(&self, named: &[Named]) -> anyhow::Result<Vec<Task>> {
        let txs = self.transactions(named)?.into_iter().enumerate();
        Ok(txs.map(|(index, tx)| self.task(index, tx)).collect())
    }

    /// Schedules tasks and completes them in the order in which they can run; the window stays full.
    pub(super) fn schedule(&mut self, tasks: &[Task], window: usize) -> anyhow::Result<()> {
        let mut running = VecDeque::with_capacity(window);
        for (index, task) in tasks.iter().enumerate() {
            if index >= window {
                self.complete_one(&mut running, &mut |_| {})?;
            }
            running.extend(self.machine.schedule_or_buffer_task(Task::clone(task), false));
        }
        self.finish(&mut running, &mut |_| {})
    }

    /// The same from transactions. Tasks that are completed go to `done`.
    pub(super) fn run(&mut self, txs: Vec<Tx>, window: usize, done: &mut Vec<Task>) -> anyhow::Result<()> {
        let mut running = VecDeque::with_capacity(window);
        for (index, tx) in txs.into_iter().enumerate() {
            if index >= window {
                self.complete_one(&mut running, &mut |task| done.push(task))?;
            }
            let task = self.task(index, tx);
            running.extend(self.machine.schedule_or_buffer_task(task, false));
        }
        self.finish(&mut running, &mut |task| done.push(task))
    }

    fn task(&self, index: usize, tx: Tx) -> Task {
        let mut load = |key| queue(&self.queues, key);
        SchedulingStateMachine::create_task(tx, index as OrderedTaskId, &mut load)
    }

    fn finish(&mut self, running: &mut VecDeque<Task>, done: &mut impl FnMut(Task)) -> anyhow::Result<()> {
        while !self.machine.has_no_active_task() {
            self.complete_one(running, done)?;
        }
        Ok(())
    }

    /// Completes the first task that runs.
    fn complete_one(
        &mut self,
        running: &mut VecDeque<Task>,
        done: &mut impl FnMut(Task),
    ) -> anyhow::Result<()> {
        if running.is_empty() {
            running.extend(self.machine.schedule_next_unblocked_task());
        }
        let Some(task) = running.pop_front() else {
            bail!("the unified scheduler loses transactions");
        };
        self.machine.deschedule_task(&task);
        done(task);
        Ok(())
    }
}

/// The queue of an account, made when it is named for the first time.
fn queue(queues: &DashMap<Pubkey, UsageQueue>, key: Pubkey) -> UsageQueue {
    let make = || UsageQueue::new(&Capability::FifoQueueing);
    queues.entry(key).or_insert_with(make).clone()
}

/// A transaction of these accounts, the last of which is read and is also its program.
fn transaction(named: &Named) -> anyhow::Result<Tx> {
    let message = Message {
        header: MessageHeader {
            num_required_signatures: 1,
            num_readonly_signed_accounts: 0,
            num_readonly_unsigned_accounts: 1,
        },
        account_keys: named.iter().map(|(key, _)| translate::key(key)).collect(),
        recent_blockhash: Hash::default(),
        instructions: vec![CompiledInstruction {
            program_id_index: 2,
            accounts: vec![0, 1],
            data: Vec::new(),
        }],
    };
    let tx = VersionedTransaction {
        signatures: vec![Default::default()],
        message: VersionedMessage::Legacy(message),
    };
    RuntimeTransaction::try_create(
        tx,
        MessageHash::Compute,
        None,
        SimpleAddressLoader::Disabled,
        &HashSet::new(),
        true,
    )
    .map_err(|error| anyhow!("a transaction is refused: {error}"))
}
