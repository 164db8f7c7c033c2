//! Account data for the encoding jsonParsed: nonces, lookup tables and sysvars.
//!
//! Everything else, and data that does not parse, is answered in base64, as Solana does for programs that it does not
//! know. Shapes are those of the release named by [`API_VERSION`](crate::render::response::API_VERSION).

use isobath_sdk::builtins::lookup_table::{LookupTable, LookupTableError};
use isobath_sdk::builtins::nonce::{NONCE_ACCOUNT_LEN, NonceState};
use isobath_sdk::chain::account::Account;
use isobath_sdk::sysvar::clock::Clock;
use isobath_sdk::sysvar::epoch_rewards::EpochRewards;
use isobath_sdk::sysvar::epoch_schedule::EpochSchedule;
use isobath_sdk::sysvar::last_restart_slot::LastRestartSlot;
use isobath_sdk::sysvar::recent_blockhashes::RecentBlockhashes;
use isobath_sdk::sysvar::rent::Rent;
use isobath_sdk::sysvar::slot_hashes::SlotHashes;
use isobath_sdk::{Pubkey, ids};
use serde::Serialize;
use serde_json::{Value, json};

use crate::render::chain::UiEpochSchedule;

/// Account data as an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ParsedData {
    program: &'static str,
    parsed: Value,
    space: u64,
}

/// Whether there is a parser for accounts of this owner.
pub(crate) const fn has_parser(account: &Account) -> bool {
    matches!(
        account.owner,
        ids::SYSTEM_PROGRAM | ids::ADDRESS_LOOKUP_TABLE_PROGRAM | ids::SYSVAR_OWNER
    )
}

/// Parses the data of an account; `None` when there is no parser for it.
pub(crate) fn parse(key: &Pubkey, account: &Account) -> Option<ParsedData> {
    let (program, parsed) = match account.owner {
        ids::SYSTEM_PROGRAM => ("nonce", parse_nonce(&account.data)?),
        ids::ADDRESS_LOOKUP_TABLE_PROGRAM => ("address-lookup-table", parse_table(&account.data)?),
        ids::SYSVAR_OWNER => ("sysvar", parse_sysvar(key, &account.data)?),
        _ => return None,
    };
    Some(ParsedData {
        program,
        parsed,
        space: account.data.len() as u64,
    })
}

/// An uninitialized nonce looks like any other allocated account, so it is not parsed. Bytes may follow.
fn parse_nonce(data: &[u8]) -> Option<Value> {
    let nonce = NonceState::from_bytes(data.get(..NONCE_ACCOUNT_LEN)?)
        .ok()?
        .data?;
    Some(json!({
        "type": "initialized",
        "info": {
            "authority": nonce.authority,
            "blockhash": nonce.durable_nonce,
            "feeCalculator": fee_calculator(nonce.lamports_per_signature),
        },
    }))
}

fn fee_calculator(lamports_per_signature: u64) -> Value {
    json!({ "lamportsPerSignature": lamports_per_signature.to_string() })
}

fn parse_table(data: &[u8]) -> Option<Value> {
    let table = match LookupTable::parse(data) {
        Ok(table) => table,
        Err(LookupTableError::Uninitialized) => return Some(json!({ "type": "uninitialized" })),
        Err(LookupTableError::Invalid) => return None,
    };
    let addresses: Vec<Pubkey> = table.keys.iter().copied().map(Pubkey).collect();
    let mut info = json!({
        "deactivationSlot": table.meta.deactivation_slot.to_string(),
        "lastExtendedSlot": table.meta.last_extended_slot.to_string(),
        "lastExtendedSlotStartIndex": table.meta.last_extended_slot_start_index,
        "addresses": addresses,
    });
    // Absent when the table is frozen.
    if let (Some(authority), Some(info)) = (table.meta.authority, info.as_object_mut()) {
        info.insert("authority".to_owned(), json!(authority));
    }
    Some(json!({ "type": "lookupTable", "info": info }))
}

fn parse_sysvar(key: &Pubkey, data: &[u8]) -> Option<Value> {
    let (kind, info) = match *key {
        ids::SYSVAR_CLOCK => ("clock", render_clock(&Clock::from_bytes(data).ok()?)),
        ids::SYSVAR_RENT => ("rent", render_rent(&Rent::from_bytes(data).ok()?)),
        ids::SYSVAR_EPOCH_SCHEDULE => {
            let schedule = UiEpochSchedule::from(EpochSchedule::from_bytes(data).ok()?);
            ("epochSchedule", json!(schedule))
        }
        ids::SYSVAR_SLOT_HASHES => (
            "slotHashes",
            render_slot_hashes(&SlotHashes::from_bytes(data).ok()?),
        ),
        ids::SYSVAR_RECENT_BLOCKHASHES => {
            let recent = RecentBlockhashes::from_bytes(data).ok()?;
            ("recentBlockhashes", render_blockhashes(&recent))
        }
        ids::SYSVAR_LAST_RESTART_SLOT => {
            let slot = LastRestartSlot::from_bytes(data).ok()?.last_restart_slot;
            ("lastRestartSlot", json!({ "lastRestartSlot": slot }))
        }
        ids::SYSVAR_EPOCH_REWARDS => (
            "epochRewards",
            render_rewards(&EpochRewards::from_bytes(data).ok()?),
        ),
        _ => return None,
    };
    Some(json!({ "type": kind, "info": info }))
}

fn render_clock(clock: &Clock) -> Value {
    json!({
        "slot": clock.slot,
        "epoch": clock.epoch,
        "epochStartTimestamp": clock.epoch_start_timestamp,
        "leaderScheduleEpoch": clock.leader_schedule_epoch,
        "unixTimestamp": clock.unix_timestamp,
    })
}

fn render_rent(rent: &Rent) -> Value {
    json!({ "lamportsPerByte": rent.lamports_per_byte.to_string() })
}

fn render_slot_hashes(hashes: &SlotHashes) -> Value {
    let entry = |(slot, hash): &(u64, isobath_sdk::Hash)| json!({ "slot": slot, "hash": hash });
    hashes.entries().iter().map(entry).collect()
}

fn render_blockhashes(recent: &RecentBlockhashes) -> Value {
    let entries = recent.entries().iter().map(|entry| {
        json!({
            "blockhash": entry.blockhash,
            "feeCalculator": fee_calculator(entry.lamports_per_signature),
        })
    });
    entries.collect()
}

fn render_rewards(rewards: &EpochRewards) -> Value {
    json!({
        "distributionStartingBlockHeight": rewards.distribution_starting_block_height,
        "numPartitions": rewards.num_partitions,
        "parentBlockhash": rewards.parent_blockhash,
        "totalPoints": rewards.total_points.to_string(),
        "totalRewards": rewards.total_rewards.to_string(),
        "distributedRewards": rewards.distributed_rewards.to_string(),
        "active": rewards.active,
    })
}

#[cfg(test)]
mod tests {
    use isobath_sdk::builtins::lookup_table::LookupTableMeta;
    use isobath_sdk::builtins::nonce::{NonceData, durable_nonce};
    use isobath_sdk::{Hash, sysvar::rent::Rent};

    use super::*;

    fn account(owner: Pubkey, data: Vec<u8>) -> Account {
        Account {
            data: data.into(),
            ..Account::new(1, owner)
        }
    }

    fn rendered(key: Pubkey, account: &Account) -> Value {
        serde_json::to_value(parse(&key, account).expect("a parser")).expect("parsed data serializes")
    }

    #[test]
    fn a_nonce() {
        let data = NonceData {
            authority: Pubkey([1; 32]),
            durable_nonce: durable_nonce(&Hash([7; 32])),
            lamports_per_signature: 5_000,
        };
        let bytes_of = |data| NonceState::initialized(data).to_bytes().to_vec();
        let parsed = rendered(Pubkey([2; 32]), &account(ids::SYSTEM_PROGRAM, bytes_of(data)));
        assert_eq!(
            parsed,
            json!({
                "program": "nonce", "space": 80,
                "parsed": {
                    "type": "initialized",
                    "info": {
                        "authority": Pubkey([1; 32]),
                        "blockhash": "J3iBb43PEz1oC886Q8Tn9DPXDt725A57V7DjBkU8aUKG",
                        "feeCalculator": { "lamportsPerSignature": "5000" },
                    },
                },
            })
        );
        let longer = [bytes_of(data), vec![0; 3]].concat();
        let parsed = rendered(Pubkey([2; 32]), &account(ids::SYSTEM_PROGRAM, longer));
        assert_eq!(
            (&parsed["space"], &parsed["parsed"]["type"]),
            (&json!(83), &json!("initialized"))
        );
        for data in [vec![0; 80], vec![], vec![9; 80], vec![0; 79]] {
            assert_eq!(parse(&Pubkey([2; 32]), &account(ids::SYSTEM_PROGRAM, data)), None);
        }
    }

    #[test]
    fn a_lookup_table() {
        let table = |authority| {
            let mut bytes = LookupTableMeta::new(authority).to_bytes().to_vec();
            bytes.extend_from_slice(&[3; 32]);
            let account = account(ids::ADDRESS_LOOKUP_TABLE_PROGRAM, bytes);
            rendered(Pubkey([2; 32]), &account)["parsed"].clone()
        };
        let mut expected = json!({
            "type": "lookupTable",
            "info": {
                "deactivationSlot": "18446744073709551615", "lastExtendedSlot": "0",
                "lastExtendedSlotStartIndex": 0, "addresses": [Pubkey([3; 32])],
            },
        });
        assert_eq!(table(None), expected);
        expected["info"]["authority"] = json!(Pubkey([4; 32]));
        assert_eq!(table(Some(Pubkey([4; 32]))), expected);
    }

    #[test]
    fn what_is_not_known_is_not_parsed() {
        let rent = Rent::new(6_960).to_bytes();
        let sysvar = account(ids::SYSVAR_OWNER, rent.clone());
        let parsed = rendered(ids::SYSVAR_RENT, &sysvar);
        assert_eq!(
            parsed["parsed"],
            json!({ "type": "rent", "info": { "lamportsPerByte": "6960" } })
        );
        assert_eq!(parse(&Pubkey([2; 32]), &sysvar), None);
        assert_eq!(parse(&ids::SYSVAR_RENT, &account(Pubkey([5; 32]), rent)), None);
        assert_eq!(
            parse(&ids::SYSVAR_CLOCK, &account(ids::SYSVAR_OWNER, vec![1])),
            None
        );
    }
}
