//! The instructions of the System program on nonce accounts.

use isobath_sdk::builtins::nonce::{NonceData, NonceState, NonceVersion, durable_nonce};
use isobath_sdk::ids;
use isobath_sdk::instruction_error::InstructionError as Ix;
use isobath_sdk::pubkey::Pubkey;

use super::account::rent_minimum;
use super::running::Running;
use crate::random_blocks::feature::Feature;

/// The nonce has the value that it would advance to.
const NOT_EXPIRED: Ix = Ix::Custom(7);

pub(super) fn advance(running: &mut Running<'_>) -> Result<(), Ix> {
    require_key(running, 1, &ids::SYSVAR_RECENT_BLOCKHASHES)?;
    require_writable(running)?;
    let data = read(running)?.data.ok_or(Ix::InvalidAccountData)?;
    running.require_signature(&data.authority)?;
    write(running, &advanced(running, data)?.to_bytes())
}

pub(super) fn withdraw(running: &mut Running<'_>, lamports: u64) -> Result<(), Ix> {
    running.meta(1)?;
    require_key(running, 2, &ids::SYSVAR_RECENT_BLOCKHASHES)?;
    require_key(running, 3, &ids::SYSVAR_RENT)?;
    require_writable(running)?;
    let data = read(running)?.data;
    let account = running.account(0)?;
    let (balance, len) = (account.lamports, account.data.len());
    let takes_all = lamports == balance;
    let kept = match data {
        Some(_) if !takes_all => rent_minimum(len),
        _ => 0,
    };
    if let Some(data) = data.filter(|_| takes_all) {
        advanced(running, data)?;
    }
    if lamports.checked_add(kept).is_none_or(|needed| needed > balance) {
        return Err(Ix::InsufficientFunds);
    }
    let signer = data.map_or(running.key(0)?, |data| data.authority);
    running.require_signature(&signer)?;
    if data.is_some() && takes_all {
        write(running, &[1, 0, 0, 0, 0, 0, 0, 0])?;
        running.seen.on_success.push(Feature::NonceClosed);
    }
    running.transfer(0, 1, lamports)
}

pub(super) fn initialize(running: &mut Running<'_>, authority: &Pubkey) -> Result<(), Ix> {
    require_key(running, 1, &ids::SYSVAR_RECENT_BLOCKHASHES)?;
    require_key(running, 2, &ids::SYSVAR_RENT)?;
    require_writable(running)?;
    if read(running)?.data.is_some() {
        return Err(Ix::InvalidAccountData);
    }
    let account = running.account(0)?;
    if account.lamports < rent_minimum(account.data.len()) {
        return Err(Ix::InsufficientFunds);
    }
    let data = NonceData {
        authority: *authority,
        durable_nonce: running.past.next_nonce(),
        lamports_per_signature: 5_000,
    };
    running.seen.on_success.push(Feature::NonceCreated);
    write(running, &NonceState::initialized(data).to_bytes())
}

pub(super) fn authorize(running: &mut Running<'_>, authority: &Pubkey) -> Result<(), Ix> {
    require_writable(running)?;
    let state = read(running)?;
    let data = state.data.ok_or(Ix::InvalidAccountData)?;
    running.require_signature(&data.authority)?;
    let data = Some(NonceData {
        authority: *authority,
        ..data
    });
    running.seen.on_success.push(Feature::NonceAuthorized);
    write(running, &NonceState { data, ..state }.to_bytes())
}

pub(super) fn upgrade(running: &mut Running<'_>) -> Result<(), Ix> {
    if running.account(0)?.owner != ids::SYSTEM_PROGRAM {
        return Err(Ix::InvalidAccountOwner);
    }
    require_writable(running)?;
    let state = read(running)?;
    let data = state.data.filter(|_| state.version == NonceVersion::Legacy);
    let data = data.ok_or(Ix::InvalidArgument)?;
    running.seen.on_success.push(Feature::NonceUpgraded);
    let durable_nonce = durable_nonce(&data.durable_nonce);
    let data = NonceData {
        durable_nonce,
        ..data
    };
    write(running, &NonceState::initialized(data).to_bytes())
}

/// The nonce with its next value.
fn advanced(running: &Running<'_>, data: NonceData) -> Result<NonceState, Ix> {
    let durable_nonce = running.past.next_nonce();
    if data.durable_nonce == durable_nonce {
        return Err(NOT_EXPIRED);
    }
    Ok(NonceState::initialized(NonceData {
        durable_nonce,
        lamports_per_signature: 5_000,
        ..data
    }))
}

fn read(running: &Running<'_>) -> Result<NonceState, Ix> {
    NonceState::from_bytes(&running.account(0)?.data).map_err(|_| Ix::InvalidAccountData)
}

fn write(running: &mut Running<'_>, bytes: &[u8]) -> Result<(), Ix> {
    let target = running.data_mut(0)?.get_mut(..bytes.len());
    target.ok_or(Ix::AccountDataTooSmall)?.copy_from_slice(bytes);
    Ok(())
}

fn require_key(running: &Running<'_>, position: usize, key: &Pubkey) -> Result<(), Ix> {
    match running.key(position)? == *key {
        true => Ok(()),
        false => Err(Ix::InvalidArgument),
    }
}

fn require_writable(running: &Running<'_>) -> Result<(), Ix> {
    match running.meta(0)?.is_writable {
        true => Ok(()),
        false => Err(Ix::InvalidArgument),
    }
}
