//! The node's executor: its runtime, its chain and its accounts, driven block by block as the producer does.

use anyhow::anyhow;
use isobath_accounts_db::AccountsDb;
use isobath_node::program_table;
use isobath_runtime::{Chain, CheckedTx, DecodedTx, Runtime, Tx};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::BlockRecord;

use super::spent::{Moment, Stages};

/// Transactions whose accounts are looked up together, as in the node.
const LOOK_AHEAD: usize = 32;
/// Milliseconds from block to block.
pub(super) const SLOT_MS: i64 = 400;

/// Runtime, chain and accounts.
pub(super) struct Serial {
    runtime: Runtime,
    chain: Chain,
    db: AccountsDb,
}

impl Serial {
    pub(super) fn new(genesis: Genesis) -> anyhow::Result<Self> {
        Ok(Self {
            chain: Chain::new(&genesis),
            db: AccountsDb::new(&genesis)?,
            runtime: Runtime::new(genesis, program_table())?,
        })
    }

    /// Executes the next block and passes its record to `look`, with clocks stopped.
    pub(super) fn block(
        &mut self,
        wires: Vec<Vec<u8>>,
        look: impl FnOnce(&BlockRecord),
    ) -> anyhow::Result<Stages> {
        let Self { runtime, chain, db } = self;
        let start = Moment::now();
        let txs = admit(runtime, db.key_hasher(), wires)?;
        let admit = start.spent();

        let start = Moment::now();
        let time = chain.timestamp_ms().saturating_add(SLOT_MS);
        let mut block = runtime.open_block(chain, db.open_block(), time);
        for some in txs.chunks(LOOK_AHEAD) {
            block.look_ahead(some.iter());
            for tx in some {
                block
                    .try_execute(tx)
                    .map_err(|error| anyhow!("a transaction has no effect: {error}"))?;
            }
        }
        let execute = start.spent();

        let start = Moment::now();
        let (record, ended) = block.seal();
        let seal = start.spent();

        look(&record.clone().into_stored());

        let start = Moment::now();
        ended.check(&record)?;
        chain.apply(&record.history)?;
        db.publish(ended, &record.history.header);
        drop((record, txs));
        let publish = start.spent();
        Ok(Stages {
            admit,
            execute,
            seal,
            publish,
        })
    }
}

/// Transactions as ingress makes them, each in the buffer that it arrived in, and all hashed together.
pub(super) fn admit(
    runtime: &Runtime,
    key_hasher: KeyHasher,
    wires: Vec<Vec<u8>>,
) -> anyhow::Result<Vec<Tx>> {
    let refused = |error: &dyn std::fmt::Display| anyhow!("a transaction is refused: {error}");
    let checked = wires.into_iter().map(|wire| {
        let decoded = DecodedTx::decode(wire).map_err(|error| refused(&error))?;
        decoded
            .check(runtime.rules(), key_hasher)
            .map_err(|inadmissible| refused(&inadmissible.error))
    });
    Ok(CheckedTx::hash_all(checked.collect::<anyhow::Result<_>>()?))
}
