//! Advances the chain by one block, after checking that the block continues it.
//!
//! Invariant: a rejected block changes nothing.

use std::collections::HashSet;

use isobath_program_abi::Hash;
use isobath_sdk::chain::header::{Anchor, transactions_root};
use isobath_sdk::chain::outcome::{OutcomeClass, outcomes_root};
use isobath_sdk::chain::record::{BlockRecord, History, RecordedTransaction};

use super::error::ChainError;
use super::tip::{Chain, RecentBlock, Tip};

impl Chain {
    /// Applies the next block.
    ///
    /// Cost: O(transactions); hashes each message once if the history was read from a ledger, none if it was just
    /// executed.
    ///
    /// # Errors
    /// [`ChainError`] if the block does not continue the chain; the chain is then unchanged.
    pub fn apply<T: RecordedTransaction>(&mut self, history: &History<T>) -> Result<(), ChainError> {
        self.require_links(history)?;
        let messages = self.processed_messages(history)?;
        let (header, result) = (&history.header, &history.result);
        let epoch_start_ms = self.epoch_start_ms(header.slot, header.timestamp_ms);
        let result_hash = result.hash();
        self.tip = Tip {
            slot: header.slot,
            height: header.height,
            timestamp_ms: header.timestamp_ms,
            parent_hash: result.block_hash,
            anchor: Anchor {
                slot: header.slot,
                result_hash,
            },
            result_hash,
            capitalization: result.capitalization,
            epoch_start_ms,
        };
        self.remember(RecentBlock {
            slot: header.slot,
            height: header.height,
            blockhash: result.block_hash,
        });
        self.replay.push(header.height, messages);
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
        let checks = [
            ("genesis_hash", header.genesis_hash == self.genesis_hash),
            ("slot", Some(header.slot) == tip.slot.checked_add(1)),
            ("height", Some(header.height) == tip.height.checked_add(1)),
            ("parent_slot", header.parent_slot == tip.slot),
            ("parent_hash", header.parent_hash == tip.parent_hash),
            ("timestamp_ms", header.timestamp_ms >= tip.timestamp_ms),
            ("anchor", header.anchor == tip.anchor),
            (
                "result slot",
                result.slot == header.slot && result.height == header.height,
            ),
            ("block_hash", result.block_hash == header.blockhash()),
            ("parent_result_hash", result.parent_result_hash == tip.result_hash),
            (
                // Only the accounts know how much the incinerator burned; the store computes it.
                "capitalization",
                Some(result.capitalization) <= tip.capitalization.checked_sub(result.fees.burned),
            ),
        ];
        match checks.into_iter().find(|(_, is_right)| !is_right) {
            Some((field, _)) => Err(ChainError::Link {
                slot: header.slot,
                field,
            }),
            None => Ok(()),
        }
    }

    /// The hashes of the messages that had an effect, in block order.
    fn processed_messages<T: RecordedTransaction>(
        &self,
        history: &History<T>,
    ) -> Result<Vec<Hash>, ChainError> {
        let slot = history.header.slot;
        let mut seen = HashSet::new();
        let mut messages = Vec::with_capacity(history.transactions.len());
        let transactions = history.transactions.iter().zip(&history.executions);
        for (index, (transaction, execution)) in transactions.enumerate() {
            let message_hash = transaction
                .message_hash()
                .map_err(|source| ChainError::Transaction { slot, index, source })?;
            if execution.outcome.class == OutcomeClass::NoOp {
                continue;
            }
            if self.is_processed(&message_hash) || !seen.insert(message_hash) {
                return Err(ChainError::Replayed { slot, index });
            }
            messages.push(message_hash);
        }
        Ok(messages)
    }
}
