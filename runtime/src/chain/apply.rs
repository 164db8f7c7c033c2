//! Advances the chain by one block, after checking that the block continues it.
//!
//! Invariant: a rejected block changes nothing.

use isobath_sdk::chain::header::{Anchor, transactions_root};
use isobath_sdk::chain::outcome::{OutcomeClass, outcomes_root};
use isobath_sdk::chain::record::{BlockRecord, History, RecordedTransaction};

use super::error::ChainError;
use super::replay_window::{OpenMessages, Seen};
use super::tip::{Chain, RecentBlock, Tip};

impl Chain {
    /// Applies the next block.
    ///
    /// Cost: O(1) for the block that was last executed on this chain. For any other O(transactions): its messages are entered,
    /// and hashed if the history was read from a ledger.
    ///
    /// # Errors
    /// [`ChainError`] if the block does not continue the chain; the chain is then unchanged.
    pub fn apply<T: RecordedTransaction>(&mut self, history: &History<T>) -> Result<(), ChainError> {
        self.require_links(history)?;
        let (header, result) = (&history.header, &history.result);
        let result_hash = result.hash();
        // The result says which messages were processed, as far as the history has the transactions of its header.
        let is_whole = u64::from(header.transaction_count) == history.transactions.len() as u64;
        if !(is_whole && self.replay.take_over(&result_hash)) {
            self.replay = self.processed_messages(history)?.into_window(result_hash);
        }
        let newest = Anchor {
            slot: header.slot,
            result_hash,
        };
        self.anchors.push(header.anchor.slot, newest);
        self.tip = Tip {
            slot: header.slot,
            height: header.height,
            timestamp_ms: header.timestamp_ms,
            parent_hash: result.block_hash,
            result_hash,
            capitalization: result.capitalization,
            epoch_start_ms: self.epoch_start_ms(header.slot, header.timestamp_ms),
        };
        self.remember(RecentBlock {
            slot: header.slot,
            height: header.height,
            blockhash: result.block_hash,
        });
        self.replay.forget(0);
        Ok(())
    }

    /// Checks that the roots in a record commit to its contents. Done for every record that is read from a ledger,
    /// before [`Chain::apply`].
    ///
    /// # Errors
    /// [`ChainError::Root`] names the first root that does not match.
    pub fn verify_roots<T: AsRef<[u8]>>(record: &BlockRecord<T>) -> Result<(), ChainError> {
        let History {
            header,
            transactions,
            executions,
            result,
        } = &record.history;
        let outcomes = executions.iter().map(|execution| execution.outcome);
        let checks = [
            (
                "transactions_root",
                header.transactions_root == transactions_root(transactions),
            ),
            (
                "transaction_count",
                u64::from(header.transaction_count) == transactions.len() as u64,
            ),
            ("outcome count", executions.len() == transactions.len()),
            ("outcomes_root", result.outcomes_root == outcomes_root(outcomes)),
            ("delta_root", result.delta_root == record.delta.root()),
        ];
        match checks.into_iter().find(|(_, is_right)| !is_right) {
            Some((root, _)) => Err(ChainError::Root {
                slot: header.slot,
                root,
            }),
            None => Ok(()),
        }
    }

    fn require_links<T>(&self, history: &History<T>) -> Result<(), ChainError> {
        let (header, result, tip) = (&history.header, &history.result, &self.tip);
        let slot = header.slot;
        first_wrong(
            slot,
            &[
                ("genesis_hash", header.genesis_hash == self.genesis_hash),
                ("slot", Some(slot) == tip.slot.checked_add(1)),
                ("height", Some(header.height) == tip.height.checked_add(1)),
                ("parent_slot", header.parent_slot == tip.slot),
                ("parent_hash", header.parent_hash == tip.parent_hash),
                ("timestamp_ms", header.timestamp_ms >= tip.timestamp_ms),
            ],
        )?;
        self.check_anchor(&header.anchor)
            .map_err(|source| ChainError::Anchor { slot, source })?;
        // Only the accounts know how much the incinerator burned; the store computes it.
        let at_most = tip.capitalization.checked_sub(result.fees.burned);
        first_wrong(
            slot,
            &[
                (
                    "result slot",
                    result.slot == slot && result.height == header.height,
                ),
                ("block_hash", result.block_hash == header.blockhash()),
                ("parent_result_hash", result.parent_result_hash == tip.result_hash),
                ("capitalization", Some(result.capitalization) <= at_most),
            ],
        )
    }

    /// Enters the messages that had an effect, in block order.
    fn processed_messages<T: RecordedTransaction>(
        &self,
        history: &History<T>,
    ) -> Result<OpenMessages, ChainError> {
        let slot = history.header.slot;
        let open = self.open_messages();
        let mut without_effect = Vec::new();
        let transactions = history.transactions.iter().zip(&history.executions);
        for (index, (transaction, execution)) in transactions.enumerate() {
            let message_hash = transaction
                .message_hash()
                .map_err(|source| ChainError::Transaction { slot, index, source })?;
            let is_no_op = execution.outcome.class == OutcomeClass::NoOp;
            match open.check_and_enter(&message_hash) {
                Seen::Never => {}
                Seen::Before if is_no_op => open.enter_again(&message_hash),
                Seen::Before => return Err(ChainError::Replayed { slot, index }),
                Seen::Here => return Err(ChainError::Repeated { slot, index }),
            }
            if is_no_op {
                without_effect.push(message_hash);
            }
        }
        for message_hash in &without_effect {
            open.withdraw(message_hash);
        }
        Ok(open)
    }
}

/// The first link that is not right.
fn first_wrong(slot: u64, links: &[(&'static str, bool)]) -> Result<(), ChainError> {
    match links.iter().find(|(_, is_right)| !is_right) {
        Some((field, _)) => Err(ChainError::Link { slot, field }),
        None => Ok(()),
    }
}
