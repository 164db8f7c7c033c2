//! Instructions of the address lookup table program by name and field, as Solana's jsonParsed shows them.

use isobath_sdk::Pubkey;
use isobath_sdk::builtins::lookup_table_instruction::LookupTableInstruction;
use serde_json::{Value, json};

/// `{"type": .., "info": {..}}`, or `None` when data or accounts are not those of such an instruction.
pub(crate) fn parse(data: &[u8], accounts: &[Pubkey]) -> Option<Value> {
    let account = |index: usize| accounts.get(index);
    let (name, own) = match LookupTableInstruction::decode(data).ok()? {
        LookupTableInstruction::Create { recent_slot, bump } => (
            "createLookupTable",
            json!({
                "payerAccount": account(2)?, "systemProgram": account(3)?,
                "recentSlot": recent_slot, "bumpSeed": bump,
            }),
        ),
        LookupTableInstruction::Freeze => ("freezeLookupTable", json!({})),
        LookupTableInstruction::Extend { keys } => ("extendLookupTable", describe_extend(&keys, accounts)),
        LookupTableInstruction::Deactivate => ("deactivateLookupTable", json!({})),
        LookupTableInstruction::Close => ("closeLookupTable", json!({ "recipient": account(2)? })),
    };
    let mut info = json!({ "lookupTableAccount": account(0)?, "lookupTableAuthority": account(1)? });
    if let (Value::Object(info), Value::Object(own)) = (&mut info, own) {
        info.extend(own);
    }
    Some(json!({ "type": name, "info": info }))
}

/// The payer may be left out, and the System program with it.
fn describe_extend(keys: &[Pubkey], accounts: &[Pubkey]) -> Value {
    match (accounts.get(2), accounts.get(3)) {
        (Some(payer), Some(system)) => {
            json!({ "newAddresses": keys, "payerAccount": payer, "systemProgram": system })
        }
        _ => json!({ "newAddresses": keys }),
    }
}

#[cfg(test)]
mod tests {
    use isobath_sdk::builtins::lookup_table_instruction as table;
    use isobath_sdk::{Instruction, ids};

    use super::*;

    const AUTHORITY: Pubkey = Pubkey([1; 32]);
    const PAYER: Pubkey = Pubkey([2; 32]);
    const TABLE: Pubkey = Pubkey([3; 32]);

    fn keys(instruction: &Instruction) -> Vec<Pubkey> {
        instruction.accounts.iter().map(|meta| meta.pubkey).collect()
    }

    fn rendered(instruction: &Instruction) -> Value {
        parse(&instruction.data, &keys(instruction)).expect("it is of this program")
    }

    #[test]
    fn create() {
        let (instruction, address) = table::create_lookup_table(&AUTHORITY, &PAYER, 42).expect("an address");
        let bump = instruction.data[12];
        let info = json!({
            "lookupTableAccount": address, "lookupTableAuthority": AUTHORITY, "payerAccount": PAYER,
            "systemProgram": ids::SYSTEM_PROGRAM, "recentSlot": 42, "bumpSeed": bump,
        });
        assert_eq!(
            rendered(&instruction),
            json!({ "type": "createLookupTable", "info": info })
        );
        assert_eq!(parse(&instruction.data, &keys(&instruction)[..3]), None);
        assert_eq!(parse(&instruction.data[..12], &keys(&instruction)), None);
    }

    #[test]
    fn extend_with_and_without_a_payer() {
        let added = vec![PAYER, TABLE];
        let alone = table::extend_lookup_table(&TABLE, &AUTHORITY, None, added.clone());
        let mut info = json!({
            "lookupTableAccount": TABLE, "lookupTableAuthority": AUTHORITY, "newAddresses": added,
        });
        assert_eq!(
            rendered(&alone),
            json!({ "type": "extendLookupTable", "info": info })
        );
        info["payerAccount"] = json!(PAYER);
        info["systemProgram"] = json!(ids::SYSTEM_PROGRAM);
        let paid = table::extend_lookup_table(&TABLE, &AUTHORITY, Some(&PAYER), added);
        assert_eq!(
            rendered(&paid),
            json!({ "type": "extendLookupTable", "info": info })
        );
    }

    #[test]
    fn the_end_of_a_table() {
        let info = json!({ "lookupTableAccount": TABLE, "lookupTableAuthority": AUTHORITY });
        for (name, instruction) in [
            (
                "freezeLookupTable",
                table::freeze_lookup_table(&TABLE, &AUTHORITY),
            ),
            (
                "deactivateLookupTable",
                table::deactivate_lookup_table(&TABLE, &AUTHORITY),
            ),
        ] {
            assert_eq!(rendered(&instruction), json!({ "type": name, "info": info }));
            assert_eq!(parse(&instruction.data, &[TABLE]), None);
        }
        let close = table::close_lookup_table(&TABLE, &AUTHORITY, &PAYER);
        let mut with_recipient = info;
        with_recipient["recipient"] = json!(PAYER);
        assert_eq!(
            rendered(&close),
            json!({ "type": "closeLookupTable", "info": with_recipient })
        );
        assert_eq!(parse(&close.data, &[TABLE, AUTHORITY]), None);
        assert_eq!(parse(&[9, 0, 0, 0], &[TABLE, AUTHORITY]), None);
    }
}
