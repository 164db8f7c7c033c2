//! Instructions of the system program by name and field, as Solana's jsonParsed shows them.

use isobath_sdk::Pubkey;
use isobath_sdk::builtins::system::SystemInstruction;
use serde_json::{Value, json};

/// `{"type": .., "info": {..}}`, or `None` when data or accounts are not those of a system instruction. An instruction
/// that failed to decode when it ran is then rendered partially decoded.
pub(crate) fn parse(data: &[u8], accounts: &[Pubkey]) -> Option<Value> {
    let instruction = SystemInstruction::decode(data).ok()?;
    let (name, info) = describe(&instruction, accounts)
        .or_else(|| describe_prefunded(&instruction, accounts))
        .or_else(|| describe_nonce(&instruction, accounts))?;
    Some(json!({ "type": name, "info": info }))
}

fn describe(instruction: &SystemInstruction, accounts: &[Pubkey]) -> Option<(&'static str, Value)> {
    let account = |index: usize| accounts.get(index);
    Some(match instruction {
        SystemInstruction::CreateAccount {
            lamports,
            space,
            owner,
        } => (
            "createAccount",
            json!({
                "source": account(0)?, "newAccount": account(1)?,
                "lamports": lamports, "space": space, "owner": owner,
            }),
        ),
        SystemInstruction::Assign { owner } => ("assign", json!({ "account": account(0)?, "owner": owner })),
        SystemInstruction::Transfer { lamports } => (
            "transfer",
            json!({ "source": account(0)?, "destination": account(1)?, "lamports": lamports }),
        ),
        SystemInstruction::CreateAccountWithSeed {
            base,
            seed,
            lamports,
            space,
            owner,
        } => (
            "createAccountWithSeed",
            json!({
                "source": account(0)?, "newAccount": account(1)?, "base": base, "seed": seed,
                "lamports": lamports, "space": space, "owner": owner,
            }),
        ),
        SystemInstruction::Allocate { space } => {
            ("allocate", json!({ "account": account(0)?, "space": space }))
        }
        SystemInstruction::AllocateWithSeed {
            base,
            seed,
            space,
            owner,
        } => (
            "allocateWithSeed",
            json!({ "account": account(0)?, "base": base, "seed": seed, "space": space, "owner": owner }),
        ),
        SystemInstruction::AssignWithSeed { base, seed, owner } => (
            "assignWithSeed",
            json!({ "account": account(0)?, "base": base, "seed": seed, "owner": owner }),
        ),
        SystemInstruction::TransferWithSeed {
            lamports,
            from_seed,
            from_owner,
        } => (
            "transferWithSeed",
            json!({
                "source": account(0)?, "sourceBase": account(1)?, "destination": account(2)?,
                "lamports": lamports, "sourceSeed": from_seed, "sourceOwner": from_owner,
            }),
        ),
        _ => return None,
    })
}

/// The account that pays is named only if it pays something.
fn describe_prefunded(instruction: &SystemInstruction, accounts: &[Pubkey]) -> Option<(&'static str, Value)> {
    let SystemInstruction::CreateAccountAllowPrefund {
        lamports,
        space,
        owner,
    } = instruction
    else {
        return None;
    };
    let mut info = json!({ "newAccount": accounts.first()?, "space": space, "owner": owner });
    if *lamports > 0 {
        info["source"] = json!(accounts.get(1)?);
        info["lamports"] = json!(lamports);
    }
    Some(("createAccountAllowPrefund", info))
}

fn describe_nonce(instruction: &SystemInstruction, accounts: &[Pubkey]) -> Option<(&'static str, Value)> {
    let account = |index: usize| accounts.get(index);
    Some(match instruction {
        SystemInstruction::AdvanceNonceAccount => (
            "advanceNonce",
            json!({
                "nonceAccount": account(0)?, "recentBlockhashesSysvar": account(1)?, "nonceAuthority": account(2)?,
            }),
        ),
        SystemInstruction::WithdrawNonceAccount { lamports } => (
            "withdrawFromNonce",
            json!({
                "nonceAccount": account(0)?, "destination": account(1)?, "recentBlockhashesSysvar": account(2)?,
                "rentSysvar": account(3)?, "nonceAuthority": account(4)?, "lamports": lamports,
            }),
        ),
        SystemInstruction::InitializeNonceAccount { authority } => (
            "initializeNonce",
            json!({
                "nonceAccount": account(0)?, "recentBlockhashesSysvar": account(1)?,
                "rentSysvar": account(2)?, "nonceAuthority": authority,
            }),
        ),
        SystemInstruction::AuthorizeNonceAccount { authority } => (
            "authorizeNonce",
            json!({ "nonceAccount": account(0)?, "nonceAuthority": account(1)?, "newAuthorized": authority }),
        ),
        SystemInstruction::UpgradeNonceAccount => ("upgradeNonce", json!({ "nonceAccount": account(0)? })),
        _ => return None,
    })
}
