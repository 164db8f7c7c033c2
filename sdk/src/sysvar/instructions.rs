//! The Instructions sysvar: the instructions of the running transaction, which shows each program what stands beside it.
//!
//! ```text
//!  count u16 | offset u16 of each instruction | instructions | index u16 of the running instruction
//!  instruction:  account_count u16 | accounts | program_id 32 | data_len u16 | data
//!  account:      flags u8 (bit 0 signer, bit 1 writable) | key 32
//! ```
//!
//! Unlike the other sysvars it belongs to a transaction, not to a block. A transaction fits a packet, so every count and
//! offset fits its field.

use crate::instruction::AccountMeta;
use crate::pubkey::Pubkey;

/// Length of the index at the end.
const INDEX_LEN: usize = 2;

/// One instruction, to be written.
#[derive(Debug, Clone)]
pub struct WrittenInstruction<'a, A> {
    /// The program.
    pub program_id: Pubkey,
    /// Its accounts, as the transaction resolves their privileges.
    pub accounts: A,
    /// Its data.
    pub data: &'a [u8],
}

/// The account data for `instructions`, with the first one running.
#[must_use]
pub fn to_bytes<'a, A: ExactSizeIterator<Item = AccountMeta>>(
    instructions: impl ExactSizeIterator<Item = WrittenInstruction<'a, A>>,
) -> Vec<u8> {
    let count = instructions.len();
    let mut bytes = narrow(count).to_vec();
    bytes.resize(count.saturating_mul(2).saturating_add(bytes.len()), 0);
    for (index, instruction) in (1_usize..).zip(instructions) {
        let offset = narrow(bytes.len());
        let slot = index.saturating_mul(2);
        bytes[slot..slot.saturating_add(2)].copy_from_slice(&offset);
        write_instruction(&mut bytes, instruction);
    }
    bytes.extend([0; INDEX_LEN]);
    bytes
}

/// Writes the index of the running instruction into account data of this sysvar.
pub const fn set_current_index(bytes: &mut [u8], index: u16) {
    if let Some(target) = bytes.last_chunk_mut::<INDEX_LEN>() {
        *target = index.to_le_bytes();
    }
}

fn write_instruction<A: ExactSizeIterator<Item = AccountMeta>>(
    bytes: &mut Vec<u8>,
    instruction: WrittenInstruction<'_, A>,
) {
    bytes.extend(narrow(instruction.accounts.len()));
    for account in instruction.accounts {
        bytes.push(u8::from(account.is_signer) | u8::from(account.is_writable) << 1);
        bytes.extend(account.pubkey.0);
    }
    bytes.extend(instruction.program_id.0);
    bytes.extend(narrow(instruction.data.len()));
    bytes.extend(instruction.data);
}

fn narrow(len: usize) -> [u8; 2] {
    let len = u16::try_from(len).expect("what a packet holds takes less than 64 KiB");
    len.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_that_the_documentation_draws() {
        let meta = |key, is_signer, is_writable| AccountMeta {
            pubkey: Pubkey([key; 32]),
            is_signer,
            is_writable,
        };
        let instructions = [
            (
                7,
                vec![meta(1, true, true), meta(2, false, true), meta(3, true, false)],
                &[9, 8][..],
            ),
            (6, vec![], &[]),
        ];
        let written = instructions
            .iter()
            .map(|(program, accounts, data)| WrittenInstruction {
                program_id: Pubkey([*program; 32]),
                accounts: accounts.iter().copied(),
                data,
            });
        let mut bytes = to_bytes(written);
        let mut expected = vec![2, 0, 6, 0, 145, 0];
        expected.extend([3, 0]);
        for (flags, key) in [(3, 1), (2, 2), (1, 3)] {
            expected.push(flags);
            expected.extend([key; 32]);
        }
        expected.extend([7; 32]);
        expected.extend([2, 0, 9, 8]);
        assert_eq!(expected.len(), 143);
        expected.splice(4..6, 143_u16.to_le_bytes());
        expected.extend([0, 0]);
        expected.extend([6; 32]);
        expected.extend([0, 0]);
        expected.extend([0, 0]);
        assert_eq!(bytes, expected);
        set_current_index(&mut bytes, 0x0102);
        assert_eq!(bytes[bytes.len() - 2..], [2, 1]);
        assert_eq!(bytes[..bytes.len() - 2], expected[..expected.len() - 2]);
    }
}
