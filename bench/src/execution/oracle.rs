//! The oracle in the same role: one call takes a block from its bytes to its result.

use isobath_node::program_table;
use isobath_runtime::Oracle;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header};
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::{Hash, Pubkey};

use super::spent::{Moment, Stages};

/// Milliseconds from block to block.
const SLOT_MS: i64 = 400;

/// The oracle, and a header of which only the time is meant: it takes no more from one.
pub(super) struct OracleExecutor {
    oracle: Oracle,
    header: Header,
}

impl OracleExecutor {
    pub(super) fn new(genesis: Genesis) -> anyhow::Result<Self> {
        Ok(Self {
            header: header_at(genesis.start_time_ms),
            oracle: Oracle::new(genesis, program_table())?,
        })
    }

    /// Executes the next block and passes its record to `look`, with clocks stopped. All of it counts as execution.
    pub(super) fn block(
        &mut self,
        wires: &[Vec<u8>],
        look: impl FnOnce(&BlockRecord),
    ) -> anyhow::Result<Stages> {
        self.header.timestamp_ms = self.header.timestamp_ms.saturating_add(SLOT_MS);
        self.header.anchor = self.oracle.newest_anchor();
        let start = Moment::now();
        let record = self.oracle.execute_block(&self.header, wires)?;
        let execute = start.spent();
        look(&record);
        Ok(Stages {
            execute,
            ..Stages::default()
        })
    }
}

const fn header_at(timestamp_ms: i64) -> Header {
    Header {
        version: HEADER_VERSION,
        rules_version: 0,
        genesis_hash: Hash::ZERO,
        slot: 0,
        height: 0,
        parent_slot: 0,
        parent_hash: Hash::ZERO,
        timestamp_ms,
        producer: Pubkey([0; 32]),
        transactions_root: Hash::ZERO,
        transaction_count: 0,
        anchor: Anchor {
            slot: 0,
            result_hash: Hash::ZERO,
        },
    }
}
