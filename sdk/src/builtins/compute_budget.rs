//! Instructions of the ComputeBudget program: the limits of a transaction and the price it pays.
//!
//! They have no accounts and do nothing when they run; the runtime reads them before execution.
//!
//! ```text
//!  tag u8 (1 heap, 2 unit limit, 3 unit price, 4 loaded data) | u32, or u64 for the price
//! ```
//!
//! Decoding is Solana's: bytes after the number are allowed. The runtime checks ranges and repeats.

use crate::ids;
use crate::instruction::Instruction;
use crate::instruction_error::InstructionError;
use crate::reader::Reader;

/// An instruction of the ComputeBudget program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComputeBudgetInstruction {
    /// Bytes of heap for each program: a multiple of 1024.
    RequestHeapFrame(u32),
    /// Compute units of the transaction.
    SetComputeUnitLimit(u32),
    /// Priority fee in micro-lamports per compute unit of the limit.
    SetComputeUnitPrice(u64),
    /// Bytes of account data that the transaction may load.
    SetLoadedAccountsDataSizeLimit(u32),
}

impl ComputeBudgetInstruction {
    /// The instruction data.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (tag, number) = match self {
            Self::RequestHeapFrame(bytes) => (1, bytes.to_le_bytes().to_vec()),
            Self::SetComputeUnitLimit(units) => (2, units.to_le_bytes().to_vec()),
            Self::SetComputeUnitPrice(price) => (3, price.to_le_bytes().to_vec()),
            Self::SetLoadedAccountsDataSizeLimit(bytes) => (4, bytes.to_le_bytes().to_vec()),
        };
        [vec![tag], number].concat()
    }

    /// Reads instruction data.
    ///
    /// # Errors
    /// [`InstructionError::InvalidInstructionData`]: the tag is unknown or the bytes are too few.
    pub fn decode(data: &[u8]) -> Result<Self, InstructionError> {
        read_instruction(&mut Reader::new(data)).ok_or(InstructionError::InvalidInstructionData)
    }

    /// The instruction for a transaction.
    #[must_use]
    pub fn instruction(&self) -> Instruction {
        Instruction {
            program_id: ids::COMPUTE_BUDGET_PROGRAM,
            accounts: Vec::new(),
            data: self.encode(),
        }
    }
}

/// Requests bytes of heap for each program.
#[must_use]
pub fn request_heap_frame(bytes: u32) -> Instruction {
    ComputeBudgetInstruction::RequestHeapFrame(bytes).instruction()
}

/// Sets the compute units of the transaction.
#[must_use]
pub fn set_compute_unit_limit(units: u32) -> Instruction {
    ComputeBudgetInstruction::SetComputeUnitLimit(units).instruction()
}

/// Sets the priority fee in micro-lamports per compute unit of the limit.
#[must_use]
pub fn set_compute_unit_price(micro_lamports: u64) -> Instruction {
    ComputeBudgetInstruction::SetComputeUnitPrice(micro_lamports).instruction()
}

/// Sets the bytes of account data that the transaction may load.
#[must_use]
pub fn set_loaded_accounts_data_size_limit(bytes: u32) -> Instruction {
    ComputeBudgetInstruction::SetLoadedAccountsDataSizeLimit(bytes).instruction()
}

fn read_instruction(reader: &mut Reader<'_>) -> Option<ComputeBudgetInstruction> {
    Some(match reader.u8()? {
        1 => ComputeBudgetInstruction::RequestHeapFrame(reader.u32()?),
        2 => ComputeBudgetInstruction::SetComputeUnitLimit(reader.u32()?),
        3 => ComputeBudgetInstruction::SetComputeUnitPrice(reader.u64()?),
        4 => ComputeBudgetInstruction::SetLoadedAccountsDataSizeLimit(reader.u32()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_hex;

    const VECTORS: [(ComputeBudgetInstruction, &str); 4] = [
        (ComputeBudgetInstruction::RequestHeapFrame(65_536), "0100000100"),
        (
            ComputeBudgetInstruction::SetComputeUnitLimit(200_000),
            "02400d0300",
        ),
        (
            ComputeBudgetInstruction::SetComputeUnitPrice(1_000),
            "03e803000000000000",
        ),
        (
            ComputeBudgetInstruction::SetLoadedAccountsDataSizeLimit(65_536),
            "0400000100",
        ),
    ];

    #[test]
    fn data_equals_the_vectors() {
        for (instruction, hex) in VECTORS {
            let data = test_hex::decode(hex);
            assert_eq!(instruction.encode(), data);
            assert_eq!(ComputeBudgetInstruction::decode(&data), Ok(instruction));
        }
    }

    #[test]
    fn trailing_bytes_are_allowed_and_missing_ones_are_not() {
        for (instruction, hex) in VECTORS {
            let mut data = test_hex::decode(hex);
            for len in 0..data.len() {
                let refused = ComputeBudgetInstruction::decode(&data[..len]);
                assert_eq!(refused, Err(InstructionError::InvalidInstructionData));
            }
            data.push(9);
            assert_eq!(ComputeBudgetInstruction::decode(&data), Ok(instruction));
        }
    }

    #[test]
    fn the_reserved_and_unknown_tags_are_refused() {
        for tag in [0, 5, 255] {
            let refused = ComputeBudgetInstruction::decode(&[tag, 1, 0, 0, 0, 0, 0, 0, 0]);
            assert_eq!(refused, Err(InstructionError::InvalidInstructionData));
        }
    }

    #[test]
    fn builders_name_the_program_and_no_account() {
        let built = [
            request_heap_frame(65_536),
            set_compute_unit_limit(200_000),
            set_compute_unit_price(1_000),
            set_loaded_accounts_data_size_limit(65_536),
        ];
        for (instruction, (expected, _)) in built.into_iter().zip(VECTORS) {
            assert_eq!(instruction, expected.instruction());
            assert_eq!(instruction.program_id, ids::COMPUTE_BUDGET_PROGRAM);
            assert!(instruction.accounts.is_empty());
        }
    }
}
