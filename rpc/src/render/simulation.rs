//! The result of a simulation, in the answer of simulateTransaction and in the error of a failed preflight.

use isobath_runtime::Simulation;
use isobath_sdk::TransactionError;
use isobath_sdk::chain::event::render_logs;
use serde::Serialize;

use crate::render::accounts::UiAccount;
use crate::render::chain::UiBlockhash;
use crate::render::instructions::UiInnerInstructions;
use crate::render::outcome::{UiLoadedAddresses, UiReturnData};

/// The result of a simulation.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded_addresses: Option<UiLoadedAddresses>,
}

impl SimulationValue {
    /// A simulation without the parts that a client requests separately.
    pub(crate) fn new(simulation: &Simulation) -> Self {
        let outcome = &simulation.outcome;
        Self {
            err: outcome.error,
            logs: render_logs(&simulation.events),
            accounts: None,
            units_consumed: outcome.compute_units,
            loaded_accounts_data_size: simulation.loaded_data_len,
            return_data: outcome.return_data.as_ref().map(UiReturnData::from),
            inner_instructions: None,
            replacement_blockhash: None,
            fee: Some(outcome.fee),
            pre_balances: Some(simulation.pre_balances.clone()),
            post_balances: Some(simulation.post_balances.clone()),
            pre_token_balances: Some([]),
            post_token_balances: Some([]),
            loaded_addresses: Some((&simulation.loaded_addresses).into()),
        }
    }

    /// A transaction that was rejected before it ran.
    pub(crate) const fn rejected(error: TransactionError) -> Self {
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
}
