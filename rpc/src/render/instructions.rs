//! Instructions as clients see them: compiled (indexes into the keys), or with the addresses spelled out.
//!
//! With jsonParsed, instructions of the system program and of the lookup table program are rendered by name and field,
//! and memos as their text; all others are *partially decoded* (program and accounts by address, data in base58), as
//! Solana does for programs that it has no parser for. The compute budget program is one of those.

use std::borrow::Borrow;

use isobath_sdk::chain::event::Event;
use isobath_sdk::wire::view::InstructionView;
use isobath_sdk::{Pubkey, ids};
use serde::Serialize;
use serde_json::Value;

use super::{lookup_table_instructions, system_instructions};
use crate::render::encoding::base58;

/// How instructions are rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// By index.
    Compiled,
    /// By address, parsed where the program is known.
    Parsed,
}

/// One instruction.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum UiInstruction {
    #[serde(rename_all = "camelCase")]
    Compiled {
        program_id_index: u8,
        accounts: Vec<u8>,
        data: String,
        stack_height: u8,
    },
    #[serde(rename_all = "camelCase")]
    Parsed {
        program: &'static str,
        program_id: Pubkey,
        parsed: Value,
        stack_height: u8,
    },
    #[serde(rename_all = "camelCase")]
    PartiallyDecoded {
        program_id: Pubkey,
        accounts: Vec<Pubkey>,
        data: String,
        stack_height: u8,
    },
}

/// The calls between programs under one instruction of the transaction.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UiInnerInstructions {
    index: u8,
    instructions: Vec<UiInstruction>,
}

/// Renders one instruction of a transaction whose keys are `keys`.
pub(crate) fn render_instruction(
    form: Form,
    keys: &[Pubkey],
    instruction: InstructionView<'_>,
    stack_height: u8,
) -> UiInstruction {
    let InstructionView {
        program_id_index,
        accounts,
        data,
    } = instruction;
    if form == Form::Parsed
        && let Some(rendered) = decode_addresses(keys, instruction, stack_height)
    {
        return rendered;
    }
    UiInstruction::Compiled {
        program_id_index,
        accounts: accounts.to_vec(),
        data: base58(data),
        stack_height,
    }
}

/// `None` when an index is outside the keys, as in no executed instruction.
fn decode_addresses(
    keys: &[Pubkey],
    instruction: InstructionView<'_>,
    stack_height: u8,
) -> Option<UiInstruction> {
    let program_id = *keys.get(usize::from(instruction.program_id_index))?;
    let accounts: Vec<Pubkey> = instruction
        .accounts
        .iter()
        .map(|index| keys.get(usize::from(*index)).copied())
        .collect::<Option<_>>()?;
    if let Some((program, parsed)) = parse(&program_id, instruction.data, &accounts) {
        return Some(UiInstruction::Parsed {
            program,
            program_id,
            parsed,
            stack_height,
        });
    }
    let data = base58(instruction.data);
    Some(UiInstruction::PartiallyDecoded {
        program_id,
        accounts,
        data,
        stack_height,
    })
}

/// The name of a program and one of its instructions as an object, if a parser knows it.
fn parse(program_id: &Pubkey, data: &[u8], accounts: &[Pubkey]) -> Option<(&'static str, Value)> {
    match *program_id {
        ids::SYSTEM_PROGRAM => Some(("system", system_instructions::parse(data, accounts)?)),
        ids::ADDRESS_LOOKUP_TABLE_PROGRAM => Some((
            "address-lookup-table",
            lookup_table_instructions::parse(data, accounts)?,
        )),
        ids::MEMO_PROGRAM | ids::MEMO_PROGRAM_V1 | ids::MEMO_PROGRAM_V4 => {
            Some(("spl-memo", Value::from(str::from_utf8(data).ok()?)))
        }
        _ => None,
    }
}

/// Renders the calls between programs that `events` record, grouped by the outer instruction.
pub(crate) fn render_inner_instructions(
    form: Form,
    keys: &[Pubkey],
    events: impl IntoIterator<Item: Borrow<Event>>,
) -> Vec<UiInnerInstructions> {
    let mut groups: Vec<UiInnerInstructions> = Vec::new();
    for event in events {
        let Event::InnerInstruction {
            outer_index,
            depth,
            program_id_index,
            accounts,
            data,
        } = event.borrow()
        else {
            continue;
        };
        let call = InstructionView {
            program_id_index: *program_id_index,
            accounts,
            data,
        };
        let rendered = render_instruction(form, keys, call, *depth);
        match groups.last_mut().filter(|group| group.index == *outer_index) {
            Some(group) => group.instructions.push(rendered),
            None => groups.push(UiInnerInstructions {
                index: *outer_index,
                instructions: vec![rendered],
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests;
