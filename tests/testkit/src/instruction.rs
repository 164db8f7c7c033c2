//! One instruction of one program on a frame of plain accounts.

use isobath_program_abi::{InstructionError, Pubkey};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::render_logs;
use isobath_sdk::ids;
use isobath_sdk::program::{
    AccountCell, Frame, FrameParts, InstructionAccount, ProgramEntry, TxState, resolve_duplicates,
};

use crate::host::MockHost;

/// An account of an instruction.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its key.
    pub key: Pubkey,
    /// Its image before the instruction.
    pub account: Account,
    /// Whether it signed.
    pub is_signer: bool,
    /// Whether the instruction may change it.
    pub is_writable: bool,
}

/// An account of the System program without data, which signs and is writable.
#[must_use]
pub const fn given(key: Pubkey, lamports: u64) -> Given {
    Given {
        key,
        account: Account::new(lamports, ids::SYSTEM_PROGRAM),
        is_signer: true,
        is_writable: true,
    }
}

impl Given {
    /// The same without its signature.
    #[must_use]
    pub const fn unsigned(mut self) -> Self {
        self.is_signer = false;
        self
    }

    /// The same, which the instruction must not change.
    #[must_use]
    pub const fn readonly(mut self) -> Self {
        self.is_writable = false;
        self
    }

    /// The same with this data.
    #[must_use]
    pub fn data(mut self, data: &[u8]) -> Self {
        self.account.data = data.to_vec().into();
        self
    }

    /// The same as an account of another program.
    #[must_use]
    pub const fn owner(mut self, owner: Pubkey) -> Self {
        self.account.owner = owner;
        self
    }
}

/// The program that runs, and what a call may spend.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its address.
    pub id: Pubkey,
    /// Its code.
    pub entry: ProgramEntry,
    /// The compute limit of each run.
    pub compute_units: u64,
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    /// What the program returned.
    pub result: Result<(), InstructionError>,
    /// What it left behind.
    pub state: TxState,
    /// The host with the calls that were made.
    pub host: MockHost,
}

impl Program {
    /// Runs one instruction. An account that is given twice is one account: its first image counts.
    #[must_use]
    pub fn run(&self, data: &[u8], given: &[Given], mut host: MockHost) -> Ran {
        let cells = given
            .iter()
            .map(|given| AccountCell::new(given.key, given.account.clone()));
        let mut accounts: Vec<InstructionAccount> = given
            .iter()
            .map(|account| InstructionAccount {
                index: first_of_key(given, &account.key),
                first: 0,
                is_signer: account.is_signer,
                is_writable: account.is_writable,
            })
            .collect();
        resolve_duplicates(&mut accounts);
        let mut state = TxState::new(cells.collect(), self.compute_units);
        let result = (self.entry)(&mut Frame::new(FrameParts {
            program_id: self.id,
            data,
            accounts: &accounts,
            state: &mut state,
            host: &mut host,
        }));
        Ran { result, state, host }
    }
}

fn first_of_key(given: &[Given], key: &Pubkey) -> u16 {
    let mut keys = (0_u16..).zip(given).map(|(index, account)| (index, account.key));
    let first = keys.find(|(_, other)| other == key);
    first.expect("the key is among them").0
}

impl Ran {
    /// The accounts afterwards, in the order in which they were given.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        let cells = self.state.cells.iter();
        cells.map(|cell| cell.account().clone()).collect()
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        render_logs(self.state.events.list())
    }
}
