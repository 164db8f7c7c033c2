//! The result of a simulation, in the answer of simulateTransaction and in the error of a failed preflight.
//!
//! Solana's nodes fill it differently in the two places, and clients compare what they find:
//!
//! | member | simulateTransaction | failed preflight |
//! |---|---|---|
//! | `fee` | `null` if nothing is charged | the same |
//! | balances | `null` only if a signature is invalid | `null` |
//! | `loadedAddresses` | always | `null` |
//! | `loadedAccountsDataSize` | 0 if nothing is charged | the same |

use isobath_runtime::Simulation;
use isobath_sdk::TransactionError;
use isobath_sdk::chain::event::render_logs;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::LoadedAddresses;
use serde::Serialize;

use crate::render::accounts::UiAccount;
use crate::render::chain::UiBlockhash;
use crate::render::instructions::UiInnerInstructions;
use crate::render::outcome::{UiLoadedAddresses, UiReturnData};
use crate::render::programs::describe_missing;

/// The result of a simulation. Every member is always present.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SimulationValue {
    err: Option<TransactionError>,
    logs: Vec<String>,
    pub(crate) accounts: Option<Vec<Option<UiAccount>>>,
    units_consumed: u64,
    loaded_accounts_data_size: u64,
    return_data: Option<UiReturnData>,
    pub(crate) inner_instructions: Option<Vec<UiInnerInstructions>>,
    pub(crate) replacement_blockhash: Option<UiBlockhash>,
    fee: Option<u64>,
    pre_balances: Option<Vec<u64>>,
    post_balances: Option<Vec<u64>>,
    pre_token_balances: Option<[(); 0]>,
    post_token_balances: Option<[(); 0]>,
    loaded_addresses: Option<UiLoadedAddresses>,
}

impl SimulationValue {
    /// A transaction that was refused before it ran, in preflight.
    pub(crate) const fn refused(error: TransactionError) -> Self {
        Self {
            err: Some(error),
            logs: Vec::new(),
            accounts: None,
            units_consumed: 0,
            loaded_accounts_data_size: 0,
            return_data: None,
            inner_instructions: None,
            replacement_blockhash: None,
            fee: None,
            pre_balances: None,
            post_balances: None,
            pre_token_balances: None,
            post_token_balances: None,
            loaded_addresses: None,
        }
    }

    /// A failed preflight. A program that does not exist is named in the logs, since the error does not say which it is.
    pub(crate) fn preflight(simulation: &Simulation, genesis: &Genesis) -> Self {
        let outcome = &simulation.outcome;
        let missing = simulation.missing_program.as_ref();
        let mut logs = render_logs(&simulation.events);
        logs.extend(missing.map(|program| describe_missing(program, genesis)));
        let is_charged = outcome.class != OutcomeClass::NoOp;
        Self {
            err: outcome.error,
            logs,
            accounts: None,
            units_consumed: outcome.compute_units,
            loaded_accounts_data_size: if is_charged { simulation.loaded_data_len } else { 0 },
            return_data: outcome.borrowed().return_data.map(UiReturnData::from),
            inner_instructions: None,
            replacement_blockhash: None,
            fee: is_charged.then_some(outcome.fee),
            pre_balances: None,
            post_balances: None,
            pre_token_balances: None,
            post_token_balances: None,
            loaded_addresses: None,
        }
    }

    /// A simulation without the parts that a client requests separately.
    pub(crate) fn simulated(simulation: &Simulation, genesis: &Genesis) -> Self {
        Self::preflight(simulation, genesis)
            .with_balances(simulation.pre_balances.clone(), simulation.post_balances.clone())
            .with_loaded(&simulation.loaded_addresses)
    }

    /// Adds the balances before and after.
    pub(crate) fn with_balances(self, before: Vec<u64>, after: Vec<u64>) -> Self {
        Self {
            pre_balances: Some(before),
            post_balances: Some(after),
            pre_token_balances: Some([]),
            post_token_balances: Some([]),
            ..self
        }
    }

    /// Adds the keys that lookups load.
    pub(crate) fn with_loaded(self, loaded: &LoadedAddresses) -> Self {
        Self {
            loaded_addresses: Some(loaded.borrowed().into()),
            ..self
        }
    }
}
