//! Sysvar accounts: views of a block's context, stored nowhere (contract 10).
//!
//! Invariant: the contents of a sysvar are a function of the chain up to the parent and of the fields fixed when the
//! block was opened. Each account is built when it is first read and then shared by the block.

use std::sync::OnceLock;

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;
use isobath_sdk::program::ReadSysvars;
use isobath_sdk::rules::Rules;
use isobath_sdk::sysvar::clock::Clock;
use isobath_sdk::sysvar::epoch_rewards::EpochRewards;
use isobath_sdk::sysvar::last_restart_slot::LastRestartSlot;
use isobath_sdk::sysvar::recent_blockhashes::{RecentBlockhash, RecentBlockhashes};
use isobath_sdk::sysvar::rent::Rent;
use isobath_sdk::sysvar::slot_hashes::SlotHashes;

use crate::chain::{Chain, RecentBlock};

/// The supported sysvars, in the order of [`Sysvars::accounts`].
pub(crate) const SERVED: [Pubkey; 7] = [
    ids::SYSVAR_CLOCK,
    ids::SYSVAR_RENT,
    ids::SYSVAR_EPOCH_SCHEDULE,
    ids::SYSVAR_SLOT_HASHES,
    ids::SYSVAR_RECENT_BLOCKHASHES,
    ids::SYSVAR_LAST_RESTART_SLOT,
    ids::SYSVAR_EPOCH_REWARDS,
];

/// The block that the sysvars describe.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SysvarBlock {
    pub(crate) slot: u64,
    pub(crate) timestamp_ms: i64,
    /// Blocks at the front of the chain's list that are not ancestors: 1 if the block is the tip itself.
    pub(crate) skip: usize,
}

/// The sysvars of one block.
#[derive(Debug)]
pub(crate) struct Sysvars<'a> {
    chain: &'a Chain,
    rules: &'a Rules,
    block: SysvarBlock,
    accounts: [OnceLock<Account>; SERVED.len()],
    slot_hashes: OnceLock<SlotHashes>,
    recent_blockhashes: OnceLock<RecentBlockhashes>,
}

impl ReadSysvars for Sysvars<'_> {
    fn clock(&self) -> Option<Clock> {
        Some(Sysvars::clock(self))
    }

    fn rent(&self) -> Option<Rent> {
        Some(self.rules.rent)
    }

    fn slot_hashes(&self) -> Option<&SlotHashes> {
        Some(Sysvars::slot_hashes(self))
    }

    fn recent_blockhashes(&self) -> Option<&RecentBlockhashes> {
        Some(Sysvars::recent_blockhashes(self))
    }
}

impl<'a> Sysvars<'a> {
    pub(crate) fn new(chain: &'a Chain, rules: &'a Rules, block: SysvarBlock) -> Self {
        Self {
            chain,
            rules,
            block,
            accounts: Default::default(),
            slot_hashes: OnceLock::new(),
            recent_blockhashes: OnceLock::new(),
        }
    }

    /// The account of a sysvar; `None` for other keys and for sysvars without contents here.
    pub(crate) fn account(&self, key: &Pubkey) -> Option<Account> {
        if !ids::is_sysvar(key) {
            return None;
        }
        let index = SERVED.iter().position(|served| served == key)?;
        let account = self.accounts[index].get_or_init(|| self.build(key));
        Some(account.clone())
    }

    fn build(&self, key: &Pubkey) -> Account {
        let data = match *key {
            ids::SYSVAR_CLOCK => self.clock().to_bytes(),
            ids::SYSVAR_RENT => self.rules.rent.to_bytes(),
            ids::SYSVAR_EPOCH_SCHEDULE => self.rules.epoch_schedule.to_bytes(),
            ids::SYSVAR_SLOT_HASHES => self.slot_hashes().to_bytes(),
            ids::SYSVAR_RECENT_BLOCKHASHES => self.recent_blockhashes().to_bytes(),
            ids::SYSVAR_LAST_RESTART_SLOT => LastRestartSlot::default().to_bytes(),
            _ => EpochRewards::default().to_bytes(),
        };
        Account {
            lamports: self.rules.rent.minimum_balance(data.len() as u64),
            owner: ids::SYSVAR_OWNER,
            executable: false,
            last_change_epoch: 0,
            data: data.into(),
        }
    }

    const fn clock(&self) -> Clock {
        let SysvarBlock {
            slot, timestamp_ms, ..
        } = self.block;
        let epoch = self.chain.epoch_of(slot);
        Clock {
            slot,
            epoch_start_timestamp: self.chain.epoch_start_ms(slot, timestamp_ms).div_euclid(1000),
            epoch,
            leader_schedule_epoch: epoch.saturating_add(1),
            unix_timestamp: timestamp_ms.div_euclid(1000),
        }
    }

    fn ancestors(&self) -> impl Iterator<Item = &RecentBlock> {
        self.chain.recent_blocks().skip(self.block.skip)
    }

    /// The newest blocks before this one.
    pub(crate) fn slot_hashes(&self) -> &SlotHashes {
        self.slot_hashes
            .get_or_init(|| SlotHashes::new(self.ancestors().map(|block| (block.slot, block.blockhash))))
    }

    /// Slot of the block that the sysvars describe.
    pub(crate) const fn slot(&self) -> u64 {
        self.block.slot
    }

    fn recent_blockhashes(&self) -> &RecentBlockhashes {
        let lamports_per_signature = self.rules.lamports_per_signature;
        self.recent_blockhashes.get_or_init(|| {
            RecentBlockhashes::new(self.ancestors().map(|block| RecentBlockhash {
                blockhash: block.blockhash,
                lamports_per_signature,
            }))
        })
    }
}
