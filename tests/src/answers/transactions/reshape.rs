//! Messages that no client library writes.

use isobath_sdk::Message;
use isobath_sdk::wire::message::{AddressTableLookup, CompiledInstruction};

use super::name::Name;
use crate::answers::cast::address;

/// Breaks the message as its kind says.
pub(super) fn reshape(name: &Name<'_>, message: &mut Message) {
    let lookup = |table: &str, writable: Vec<u8>| AddressTableLookup {
        table: address(table),
        writable_indexes: writable,
        readonly_indexes: Vec::new(),
    };
    match name.kind {
        "duplicate_key" => message.account_keys[1] = message.account_keys[0],
        "account_out" => message.instructions[0].accounts[1] = 9,
        "program_out" => message.instructions[0].program_id_index = 9,
        "program_payer" => message.instructions[0].program_id_index = 0,
        "no_signers" => message.header.num_required_signatures = 0,
        "readonly_payer" => message.header.num_readonly_signed = 1,
        "header_over" => message.header.num_readonly_unsigned = 9,
        "no_instructions" => message.instructions.clear(),
        "lookup_empty" => message.lookups.push(lookup("table", Vec::new())),
        "lookup_program" => {
            message.lookups.push(lookup("table", vec![0]));
            message.instructions[0].program_id_index = 3;
        }
        "lookup_index" => message.lookups[0].writable_indexes = vec![200],
        "many_locks" => many_locks(message, lookup("table_many", (0..=140).collect())),
        "many_keys" => many_locks(message, lookup("table_many", (0..=255).collect())),
        "sixty_five" => {
            let nothing = CompiledInstruction {
                program_id_index: 2,
                accounts: Vec::new(),
                data: Vec::new(),
            };
            message.instructions.extend(std::iter::repeat_n(nothing, 64));
        }
        _ => {}
    }
}

fn many_locks(message: &mut Message, lookup: AddressTableLookup) {
    message.version = isobath_sdk::MessageVersion::V0;
    message.lookups.push(lookup);
}
