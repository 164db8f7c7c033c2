//! Instructions of the address lookup table program: their bytes, and builders for clients.
//!
//! ```text
//!  tag u32 | create: recent_slot u64, bump u8
//!          | extend: count u64, keys of 32 bytes
//!          | freeze, deactivate, close: nothing
//! ```
//!
//! Decoding is Solana's: bytes after the fields are allowed, and fields that extend past the size of a packet are
//! rejected.

use crate::ids;
use crate::instruction::{AccountMeta, Instruction};
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;
use crate::reader::Reader;

/// Maximum length of the fields of an instruction: a packet.
const DECODE_LEN_MAX: usize = 1_232;
/// Number of keys that fit a packet after the tag and the count.
const EXTEND_KEYS_MAX: usize = (DECODE_LEN_MAX - 12) / 32;

/// An instruction of the address lookup table program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupTableInstruction {
    /// Create an empty table at the address that [`lookup_table_address`] gives. Accounts: table (writable), authority,
    /// payer (signer, writable), System program.
    Create {
        /// Slot that the address is derived from; it must be one of the slot hashes.
        recent_slot: u64,
        /// Bump of the derivation.
        bump: u8,
    },
    /// Remove the authority, so that the table never changes again. Accounts: table (writable), authority (signer).
    Freeze,
    /// Append keys. Accounts: table (writable), authority (signer), and if the balance is below the rent minimum of the
    /// longer table: payer (signer, writable), System program.
    Extend {
        /// The keys to append, at least one.
        keys: Vec<Pubkey>,
    },
    /// Begin to deactivate the table. Accounts: table (writable), authority (signer).
    Deactivate,
    /// Close a deactivated table. Accounts: table (writable), authority (signer), recipient (writable).
    Close,
}

impl LookupTableInstruction {
    /// The instruction data.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut data = self.tag().to_le_bytes().to_vec();
        match self {
            Self::Create { recent_slot, bump } => {
                data.extend(recent_slot.to_le_bytes());
                data.push(*bump);
            }
            Self::Extend { keys } => {
                let count = u64::try_from(keys.len()).expect("a length in memory fits a u64");
                data.extend(count.to_le_bytes());
                data.extend(keys.iter().flat_map(|key| key.0));
            }
            Self::Freeze | Self::Deactivate | Self::Close => {}
        }
        data
    }

    /// Reads instruction data.
    ///
    /// # Errors
    /// [`InstructionError::InvalidInstructionData`]: the tag is unknown, the bytes are too few or the keys too many.
    pub fn decode(data: &[u8]) -> Result<Self, InstructionError> {
        let within_packet = &data[..data.len().min(DECODE_LEN_MAX)];
        read_instruction(&mut Reader::new(within_packet)).ok_or(InstructionError::InvalidInstructionData)
    }

    const fn tag(&self) -> u32 {
        match self {
            Self::Create { .. } => 0,
            Self::Freeze => 1,
            Self::Extend { .. } => 2,
            Self::Deactivate => 3,
            Self::Close => 4,
        }
    }
}

fn read_instruction(reader: &mut Reader<'_>) -> Option<LookupTableInstruction> {
    Some(match reader.u32()? {
        0 => LookupTableInstruction::Create {
            recent_slot: reader.u64()?,
            bump: reader.u8()?,
        },
        1 => LookupTableInstruction::Freeze,
        2 => LookupTableInstruction::Extend {
            keys: reader.list(EXTEND_KEYS_MAX, Reader::key)?,
        },
        3 => LookupTableInstruction::Deactivate,
        4 => LookupTableInstruction::Close,
        _ => return None,
    })
}

/// The address of the table that `authority` creates with this recent slot, and the bump of the derivation. `None` in
/// the practically impossible case that no bump gives an address.
#[must_use]
pub fn lookup_table_address(authority: &Pubkey, recent_slot: u64) -> Option<(Pubkey, u8)> {
    let seeds = [authority.0.as_slice(), &recent_slot.to_le_bytes()];
    Pubkey::find_program_address(&seeds, &ids::ADDRESS_LOOKUP_TABLE_PROGRAM)
}

/// Creates an empty table and returns its address. `payer` signs; `authority`, which may change the table later, need
/// not. `None` as for [`lookup_table_address`].
#[must_use]
pub fn create_lookup_table(
    authority: &Pubkey,
    payer: &Pubkey,
    recent_slot: u64,
) -> Option<(Instruction, Pubkey)> {
    let (table, bump) = lookup_table_address(authority, recent_slot)?;
    let accounts = vec![
        AccountMeta::writable(table),
        AccountMeta::readonly(*authority),
        AccountMeta::signer_writable(*payer),
        AccountMeta::readonly(ids::SYSTEM_PROGRAM),
    ];
    let create = LookupTableInstruction::Create { recent_slot, bump };
    Some((build(&create, accounts), table))
}

/// Freezes a table permanently. `authority` signs.
#[must_use]
pub fn freeze_lookup_table(table: &Pubkey, authority: &Pubkey) -> Instruction {
    build(
        &LookupTableInstruction::Freeze,
        vec![AccountMeta::writable(*table), AccountMeta::signer(*authority)],
    )
}

/// Appends `keys` to a table. `authority` signs, and so does `payer`, which tops up the table's balance to the rent
/// minimum; it may be left out if the balance is sufficient.
#[must_use]
pub fn extend_lookup_table(
    table: &Pubkey,
    authority: &Pubkey,
    payer: Option<&Pubkey>,
    keys: Vec<Pubkey>,
) -> Instruction {
    let mut accounts = vec![AccountMeta::writable(*table), AccountMeta::signer(*authority)];
    if let Some(payer) = payer {
        accounts.push(AccountMeta::signer_writable(*payer));
        accounts.push(AccountMeta::readonly(ids::SYSTEM_PROGRAM));
    }
    build(&LookupTableInstruction::Extend { keys }, accounts)
}

/// Begins to deactivate a table, which can be closed about 512 blocks later. `authority` signs.
#[must_use]
pub fn deactivate_lookup_table(table: &Pubkey, authority: &Pubkey) -> Instruction {
    build(
        &LookupTableInstruction::Deactivate,
        vec![AccountMeta::writable(*table), AccountMeta::signer(*authority)],
    )
}

/// Closes a deactivated table; its lamports go to `recipient`. `authority` signs.
#[must_use]
pub fn close_lookup_table(table: &Pubkey, authority: &Pubkey, recipient: &Pubkey) -> Instruction {
    build(
        &LookupTableInstruction::Close,
        vec![
            AccountMeta::writable(*table),
            AccountMeta::signer(*authority),
            AccountMeta::writable(*recipient),
        ],
    )
}

fn build(instruction: &LookupTableInstruction, accounts: Vec<AccountMeta>) -> Instruction {
    Instruction {
        program_id: ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
        accounts,
        data: instruction.encode(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORITY: Pubkey = Pubkey([1; 32]);
    const PAYER: Pubkey = Pubkey([2; 32]);

    fn all() -> [LookupTableInstruction; 5] {
        [
            LookupTableInstruction::Create {
                recent_slot: 0x0102,
                bump: 254,
            },
            LookupTableInstruction::Freeze,
            LookupTableInstruction::Extend {
                keys: vec![AUTHORITY, PAYER],
            },
            LookupTableInstruction::Deactivate,
            LookupTableInstruction::Close,
        ]
    }

    #[test]
    fn bytes_are_a_u32_tag_and_the_fields() {
        let keys = format!(
            "02000000{}{}{}",
            "0200000000000000",
            "01".repeat(32),
            "02".repeat(32)
        );
        let texts = [
            "000000000201000000000000fe",
            "01000000",
            &keys,
            "03000000",
            "04000000",
        ];
        for (instruction, text) in all().iter().zip(texts) {
            assert_eq!(instruction.encode(), crate::test_hex::decode(text));
            assert_eq!(
                LookupTableInstruction::decode(&instruction.encode()).as_ref(),
                Ok(instruction)
            );
        }
    }

    #[test]
    fn what_is_cut_or_unknown_is_refused_and_what_follows_is_ignored() {
        let invalid = Err(InstructionError::InvalidInstructionData);
        for instruction in all() {
            let mut data = instruction.encode();
            for len in 0..data.len() {
                assert_eq!(LookupTableInstruction::decode(&data[..len]), invalid);
            }
            data.push(9);
            assert_eq!(LookupTableInstruction::decode(&data), Ok(instruction));
        }
        assert_eq!(LookupTableInstruction::decode(&[5, 0, 0, 0]), invalid);
    }

    #[test]
    fn fields_end_at_the_size_of_a_packet() {
        let extend = |count| LookupTableInstruction::Extend {
            keys: vec![PAYER; count],
        };
        assert_eq!(
            LookupTableInstruction::decode(&extend(38).encode()),
            Ok(extend(38))
        );
        let invalid = Err(InstructionError::InvalidInstructionData);
        assert_eq!(LookupTableInstruction::decode(&extend(39).encode()), invalid);
        let mut greedy = extend(1).encode();
        greedy[4..12].fill(0xff);
        assert_eq!(LookupTableInstruction::decode(&greedy), invalid);
    }

    #[test]
    fn builders_name_the_accounts_in_the_order_that_the_program_expects() {
        let (create, table) = create_lookup_table(&AUTHORITY, &PAYER, 7).unwrap();
        assert_eq!(lookup_table_address(&AUTHORITY, 7).unwrap().0, table);
        assert_eq!(create.program_id, ids::ADDRESS_LOOKUP_TABLE_PROGRAM);
        let flags = |instruction: &Instruction| -> Vec<(Pubkey, bool, bool)> {
            let metas = instruction.accounts.iter();
            metas
                .map(|meta| (meta.pubkey, meta.is_signer, meta.is_writable))
                .collect()
        };
        let system = (ids::SYSTEM_PROGRAM, false, false);
        let payer = (PAYER, true, true);
        let changed = [(table, false, true), (AUTHORITY, true, false)];
        assert_eq!(
            flags(&create),
            [(table, false, true), (AUTHORITY, false, false), payer, system]
        );
        assert_eq!(flags(&freeze_lookup_table(&table, &AUTHORITY)), changed);
        assert_eq!(flags(&deactivate_lookup_table(&table, &AUTHORITY)), changed);
        let unpaid = extend_lookup_table(&table, &AUTHORITY, None, vec![PAYER]);
        assert_eq!(flags(&unpaid), changed);
        let paid = extend_lookup_table(&table, &AUTHORITY, Some(&PAYER), vec![PAYER]);
        assert_eq!(flags(&paid), [changed[0], changed[1], payer, system]);
        let close = close_lookup_table(&table, &AUTHORITY, &PAYER);
        assert_eq!(flags(&close), [changed[0], changed[1], (PAYER, false, true)]);
    }
}
