//! Which instructions succeeded, and how often.

use std::collections::BTreeMap;

use isobath_sdk::builtins::token::BATCH_TAG;
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;

use crate::ledger::ObservedBlock;
use crate::sequence::Sequence;

/// First bytes of the instructions of the token program.
pub const TOKEN_TAGS: [u8; 28] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 38, 45,
    BATCH_TAG,
];

/// Counts by program and first byte of the data.
#[derive(Clone, Debug, Default)]
pub struct Successes(BTreeMap<(Pubkey, Option<u8>), u64>);

impl Successes {
    /// Counts the instructions of the transactions that succeeded.
    pub fn add(&mut self, sequence: &Sequence, blocks: &[ObservedBlock]) {
        let observed = blocks.iter().flat_map(|block| &block.transactions);
        for (recipe, observed) in sequence.recipes().into_iter().zip(observed) {
            if observed.error.is_some() {
                continue;
            }
            for instruction in &recipe.message.instructions {
                let program = recipe.keys()[usize::from(instruction.program_id_index)];
                let tag = instruction.data.first().copied().filter(|_| has_tags(&program));
                *self.0.entry((program, tag)).or_default() += 1;
            }
        }
    }

    /// How often the token instruction with this first byte succeeded.
    #[must_use]
    pub fn of_token(&self, tag: u8) -> u64 {
        self.count(&ids::TOKEN_PROGRAM, Some(tag))
    }

    /// How often an instruction of `program` succeeded whose data begins so.
    #[must_use]
    pub fn count(&self, program: &Pubkey, tag: Option<u8>) -> u64 {
        self.0.get(&(*program, tag)).copied().unwrap_or(0)
    }

    /// One line for each kind.
    #[must_use]
    pub fn to_text(&self) -> String {
        let line =
            |((program, tag), count): (&(Pubkey, Option<u8>), &u64)| format!("{program} {tag:?} {count}\n");
        self.0.iter().map(line).collect()
    }
}

fn has_tags(program: &Pubkey) -> bool {
    *program == ids::TOKEN_PROGRAM || *program == ids::ASSOCIATED_TOKEN_PROGRAM
}

#[cfg(test)]
mod tests {
    use isobath_sdk::builtins::token::TokenInstruction;

    use super::*;

    #[test]
    fn the_tags_are_those_that_decode() {
        let mut data = [1; 80];
        let decodes = |tag: &u8| {
            data[0] = *tag;
            TokenInstruction::decode(&data).is_ok()
        };
        let tags: Vec<u8> = (0..=u8::MAX).filter(decodes).collect();
        assert_eq!(tags, TOKEN_TAGS);
    }
}
