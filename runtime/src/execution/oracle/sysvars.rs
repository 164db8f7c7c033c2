//! The accounts that show a program what block it runs in and which blocks came before (contract 10).

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

use super::past::Past;

/// The account of a sysvar in the next block, which is at `timestamp_ms`; `None` for any other key.
pub(super) fn account(key: &Pubkey, past: &Past, rules: &Rules, timestamp_ms: i64) -> Option<Account> {
    let data = match *key {
        ids::SYSVAR_CLOCK => clock(past, timestamp_ms).to_bytes(),
        ids::SYSVAR_RENT => rules.rent.to_bytes(),
        ids::SYSVAR_EPOCH_SCHEDULE => rules.epoch_schedule.to_bytes(),
        ids::SYSVAR_SLOT_HASHES => slot_hashes(past).to_bytes(),
        ids::SYSVAR_RECENT_BLOCKHASHES => recent_blockhashes(past, rules).to_bytes(),
        ids::SYSVAR_LAST_RESTART_SLOT => LastRestartSlot::default().to_bytes(),
        ids::SYSVAR_EPOCH_REWARDS => EpochRewards::default().to_bytes(),
        _ => return None,
    };
    Some(Account {
        lamports: rules.rent.minimum_balance(data.len() as u64),
        owner: ids::SYSVAR_OWNER,
        executable: false,
        last_change_epoch: 0,
        data: data.into(),
    })
}

/// The blocks before the next one, as many as SlotHashes holds.
pub(super) fn slot_hashes(past: &Past) -> SlotHashes {
    let slots = (0..past.next()).rev();
    let blocks = slots.zip(past.blocks.iter().rev());
    SlotHashes::new(blocks.map(|(slot, block)| (slot, block.blockhash)))
}

fn clock(past: &Past, timestamp_ms: i64) -> Clock {
    let slot = past.next();
    let epoch = past.epoch_of(slot);
    Clock {
        slot,
        epoch_start_timestamp: past.epoch_start_ms(timestamp_ms).div_euclid(1000),
        epoch,
        leader_schedule_epoch: epoch.saturating_add(1),
        unix_timestamp: timestamp_ms.div_euclid(1000),
    }
}

fn recent_blockhashes(past: &Past, rules: &Rules) -> RecentBlockhashes {
    let lamports_per_signature = rules.lamports_per_signature;
    let blocks = past.blocks.iter().rev();
    RecentBlockhashes::new(blocks.map(|block| RecentBlockhash {
        blockhash: block.blockhash,
        lamports_per_signature,
    }))
}

/// The sysvars that programs read as values.
pub(super) struct Values {
    clock: Clock,
    rent: Rent,
    slot_hashes: SlotHashes,
    recent_blockhashes: RecentBlockhashes,
}

/// The values in the next block, which is at `timestamp_ms`.
pub(super) fn values(past: &Past, rules: &Rules, timestamp_ms: i64) -> Values {
    Values {
        clock: clock(past, timestamp_ms),
        rent: rules.rent,
        slot_hashes: slot_hashes(past),
        recent_blockhashes: recent_blockhashes(past, rules),
    }
}

impl ReadSysvars for Values {
    fn clock(&self) -> Option<Clock> {
        Some(self.clock)
    }

    fn rent(&self) -> Option<Rent> {
        Some(self.rent)
    }

    fn slot_hashes(&self) -> Option<&SlotHashes> {
        Some(&self.slot_hashes)
    }

    fn recent_blockhashes(&self) -> Option<&RecentBlockhashes> {
        Some(&self.recent_blockhashes)
    }
}
