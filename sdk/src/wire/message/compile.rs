//! Compiles instructions that use keys into a message that lists each key once.
//!
//! ```text
//! instructions -> access per key (union) -> [drain into tables] -> four sorted classes -> indexes
//! ```
//!
//! Invariant: the same instructions always give the same message. In each class keys are sorted by their bytes, as in
//! the reference client library, except that the fee payer is first.

use std::collections::BTreeMap;

use super::{AddressTableLookup, CompiledInstruction, Message, MessageHeader, MessageVersion};
use crate::{hash::Hash, instruction::Instruction, pubkey::Pubkey, wire::layout::MESSAGE_KEYS_MAX};

/// The contents of an address lookup table, as a client knows them.
#[derive(Clone, Copy, Debug)]
pub struct TableAddresses<'a> {
    /// Address of the table account.
    pub table: Pubkey,
    /// The keys in it; a message can use only the first 256.
    pub addresses: &'a [Pubkey],
}

/// Why instructions cannot be compiled into a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// More keys than one-byte indexes can address, or more in a class than the header can count.
    #[error("the instructions use too many keys; a message holds at most 256")]
    TooManyKeys,
    /// An instruction's accounts or data exceed the maximum length on the wire.
    #[error("an instruction is too long")]
    InstructionTooLong,
    /// More instructions than the maximum length on the wire.
    #[error("too many instructions")]
    TooManyInstructions,
}

/// The access to one key that all instructions together request.
#[derive(Clone, Copy, Default)]
struct Access {
    is_signer: bool,
    is_writable: bool,
    is_program: bool,
}

/// Keys moved from the static list into table lookups.
#[derive(Default)]
struct Loaded {
    lookups: Vec<AddressTableLookup>,
    writable: Vec<Pubkey>,
    readonly: Vec<Pubkey>,
}

impl Message {
    /// Compiles instructions into a message without table lookups. `payer` becomes the first key.
    ///
    /// # Errors
    /// Every [`CompileError`]. Whether the message fits a packet is checked when it is parsed.
    pub fn compile(
        version: MessageVersion,
        payer: &Pubkey,
        instructions: &[Instruction],
        recent_blockhash: Hash,
    ) -> Result<Self, CompileError> {
        let access = collect_access(payer, instructions);
        build(
            version,
            payer,
            instructions,
            recent_blockhash,
            access,
            Loaded::default(),
        )
    }

    /// Compiles instructions into a v0 message that loads from the tables every key it can: keys that neither sign nor
    /// are called as programs. Earlier tables are used first.
    ///
    /// # Errors
    /// As [`Self::compile`].
    pub fn compile_with_tables(
        payer: &Pubkey,
        instructions: &[Instruction],
        tables: &[TableAddresses<'_>],
        recent_blockhash: Hash,
    ) -> Result<Self, CompileError> {
        let mut access = collect_access(payer, instructions);
        let loaded = drain_into_tables(&mut access, tables);
        build(
            MessageVersion::V0,
            payer,
            instructions,
            recent_blockhash,
            access,
            loaded,
        )
    }
}

/// The union of the access that all instructions request, per key.
fn collect_access(payer: &Pubkey, instructions: &[Instruction]) -> BTreeMap<Pubkey, Access> {
    let mut access = BTreeMap::<Pubkey, Access>::new();
    access.insert(
        *payer,
        Access {
            is_signer: true,
            is_writable: true,
            is_program: false,
        },
    );
    for instruction in instructions {
        access.entry(instruction.program_id).or_default().is_program = true;
        for meta in &instruction.accounts {
            let entry = access.entry(meta.pubkey).or_default();
            entry.is_signer |= meta.is_signer;
            entry.is_writable |= meta.is_writable;
        }
    }
    access
}

/// Moves keys that a table holds out of `access` and into lookups.
fn drain_into_tables(access: &mut BTreeMap<Pubkey, Access>, tables: &[TableAddresses<'_>]) -> Loaded {
    let mut loaded = Loaded::default();
    for table in tables {
        let mut lookup = AddressTableLookup {
            table: table.table,
            writable_indexes: Vec::new(),
            readonly_indexes: Vec::new(),
        };
        access.retain(|key, access| {
            if access.is_signer || access.is_program {
                return true;
            }
            let position = table.addresses.iter().position(|address| address == key);
            let Some(index) = position.and_then(|index| u8::try_from(index).ok()) else {
                return true;
            };
            if access.is_writable {
                lookup.writable_indexes.push(index);
                loaded.writable.push(*key);
            } else {
                lookup.readonly_indexes.push(index);
                loaded.readonly.push(*key);
            }
            false
        });
        if !lookup.writable_indexes.is_empty() || !lookup.readonly_indexes.is_empty() {
            loaded.lookups.push(lookup);
        }
    }
    loaded
}

/// Orders the static keys, counts the header and translates keys to indexes.
fn build(
    version: MessageVersion,
    payer: &Pubkey,
    instructions: &[Instruction],
    recent_blockhash: Hash,
    mut access: BTreeMap<Pubkey, Access>,
    loaded: Loaded,
) -> Result<Message, CompileError> {
    access.remove(payer);
    let class = |is_signer: bool, is_writable: bool| {
        access
            .iter()
            .filter(move |(_, access)| access.is_signer == is_signer && access.is_writable == is_writable)
            .map(|(key, _)| *key)
    };
    let mut account_keys = vec![*payer];
    account_keys.extend(class(true, true));
    let readonly_signers = extend_counted(&mut account_keys, class(true, false));
    let signers = account_keys.len();
    account_keys.extend(class(false, true));
    let readonly_others = extend_counted(&mut account_keys, class(false, false));
    let header = MessageHeader {
        num_required_signatures: narrow(signers)?,
        num_readonly_signed: narrow(readonly_signers)?,
        num_readonly_unsigned: narrow(readonly_others)?,
    };
    let combined = account_keys
        .iter()
        .chain(&loaded.writable)
        .chain(&loaded.readonly);
    let indexes = combined
        .enumerate()
        .map(|(index, key)| Ok((*key, narrow(index)?)))
        .collect::<Result<BTreeMap<_, _>, _>>()?;
    let instructions = compile_instructions(instructions, &indexes)?;
    Ok(Message {
        version,
        header,
        account_keys,
        recent_blockhash,
        instructions,
        lookups: loaded.lookups,
    })
}

/// Appends `more` to `keys` and returns their number.
fn extend_counted(keys: &mut Vec<Pubkey>, more: impl Iterator<Item = Pubkey>) -> usize {
    let before = keys.len();
    keys.extend(more);
    keys.len().saturating_sub(before)
}

/// An index or count as the one byte it has on the wire.
fn narrow(value: usize) -> Result<u8, CompileError> {
    const { assert!(MESSAGE_KEYS_MAX == 1 << u8::BITS, "an index is one byte") };
    u8::try_from(value).map_err(|_| CompileError::TooManyKeys)
}

/// Replaces keys by their indexes.
fn compile_instructions(
    instructions: &[Instruction],
    indexes: &BTreeMap<Pubkey, u8>,
) -> Result<Vec<CompiledInstruction>, CompileError> {
    if u16::try_from(instructions.len()).is_err() {
        return Err(CompileError::TooManyInstructions);
    }
    let index_of = |key: &Pubkey| {
        *indexes
            .get(key)
            .expect("every key of an instruction was collected")
    };
    instructions
        .iter()
        .map(|instruction| {
            let longest = instruction.accounts.len().max(instruction.data.len());
            if u16::try_from(longest).is_err() {
                return Err(CompileError::InstructionTooLong);
            }
            Ok(CompiledInstruction {
                program_id_index: index_of(&instruction.program_id),
                accounts: instruction
                    .accounts
                    .iter()
                    .map(|meta| index_of(&meta.pubkey))
                    .collect(),
                data: instruction.data.clone(),
            })
        })
        .collect()
}
