//! Addresses derived from other addresses.
//!
//! Two derivations, both sha256:
//!
//! ```text
//!  with seed        = H(base 32 | seed text | owner 32)
//!  program derived  = H(seed_0 | .. | seed_n | program 32 | "ProgramDerivedAddress"), refused if on the curve
//! ```
//!
//! A program derived address is not a point of the ed25519 curve, so no key pair can sign for it; only the runtime can,
//! on behalf of its program. [`Pubkey::with_seed`] rejects an owner whose bytes end with the marker: the preimage could
//! be read as that of a program derived address.

use curve25519_dalek::edwards::CompressedEdwardsY;
use sha2::{Digest, Sha256};

use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;

/// Seeds of a program derived address, bump included.
pub const SEEDS_MAX: usize = 16;
/// Bytes of one seed.
pub const SEED_LEN_MAX: usize = 32;

const MARKER: &[u8; 21] = b"ProgramDerivedAddress";

/// Why an address cannot be derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PubkeyError {
    /// Too many seeds, or one that is too long.
    #[error("Length of the seed is too long for address generation")]
    MaxSeedLengthExceeded,
    /// The result is on the curve, so it could be a verifying key.
    #[error("Provided seeds do not result in a valid address")]
    InvalidSeeds,
    /// The owner's bytes end with the marker of program derived addresses.
    #[error("Provided owner is not allowed")]
    IllegalOwner,
}

impl PubkeyError {
    /// The number of this error. Solana's System program reports it as a custom code, where other programs report the
    /// instruction error of the same name.
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }
}

impl From<PubkeyError> for InstructionError {
    fn from(error: PubkeyError) -> Self {
        match error {
            PubkeyError::MaxSeedLengthExceeded => Self::MaxSeedLengthExceeded,
            PubkeyError::InvalidSeeds => Self::InvalidSeeds,
            PubkeyError::IllegalOwner => Self::IllegalOwner,
        }
    }
}

impl Pubkey {
    /// The program derived address of `seeds`, with the greatest bump (255 to 1) that gives one, and that bump. `None`
    /// if no bump does or the seeds are too many or too long.
    ///
    /// Cost: two tries on average, each a hash and a decompression.
    #[must_use]
    pub fn find_program_address(seeds: &[&[u8]], program: &Self) -> Option<(Self, u8)> {
        // Bump 0 is never tried, as on Solana.
        for bump in (1..=u8::MAX).rev() {
            match derive(seeds, &[bump], program) {
                Ok(address) => return Some((address, bump)),
                Err(PubkeyError::InvalidSeeds) => {}
                Err(_) => return None,
            }
        }
        None
    }

    /// The program derived address of exactly `seeds`, which include the bump if there is one.
    ///
    /// # Errors
    /// [`PubkeyError::MaxSeedLengthExceeded`] for more than [`SEEDS_MAX`] seeds or a seed over [`SEED_LEN_MAX`] bytes;
    /// [`PubkeyError::InvalidSeeds`] if the result is on the curve.
    pub fn create_program_address(seeds: &[&[u8]], program: &Self) -> Result<Self, PubkeyError> {
        derive(seeds, &[], program)
    }

    /// The address of `seed` under `base`, for an account that `owner` will own.
    ///
    /// # Errors
    /// [`PubkeyError::MaxSeedLengthExceeded`] for a seed over [`SEED_LEN_MAX`] bytes; [`PubkeyError::IllegalOwner`] if
    /// the owner's bytes end with the marker of program derived addresses.
    pub fn with_seed(base: &Self, seed: &str, owner: &Self) -> Result<Self, PubkeyError> {
        if seed.len() > SEED_LEN_MAX {
            return Err(PubkeyError::MaxSeedLengthExceeded);
        }
        if owner.0.ends_with(MARKER) {
            return Err(PubkeyError::IllegalOwner);
        }
        let hasher = Sha256::new()
            .chain_update(base.0)
            .chain_update(seed)
            .chain_update(owner.0);
        Ok(Self(hasher.finalize().into()))
    }

    /// Whether the bytes decompress to a point of the ed25519 curve. Encodings that are not canonical count as points,
    /// as they do on Solana.
    #[must_use]
    pub fn is_on_curve(&self) -> bool {
        CompressedEdwardsY(self.0).decompress().is_some()
    }
}

/// The address of `seeds` and, if not empty, one more seed `bump`.
fn derive(seeds: &[&[u8]], bump: &[u8], program: &Pubkey) -> Result<Pubkey, PubkeyError> {
    let seed_count = seeds.len().saturating_add(usize::from(!bump.is_empty()));
    if seed_count > SEEDS_MAX || seeds.iter().any(|seed| seed.len() > SEED_LEN_MAX) {
        return Err(PubkeyError::MaxSeedLengthExceeded);
    }
    let hasher = seeds
        .iter()
        .fold(Sha256::new(), |hasher, seed| hasher.chain_update(seed));
    let hasher = hasher
        .chain_update(bump)
        .chain_update(program.0)
        .chain_update(MARKER);
    let address = Pubkey(hasher.finalize().into());
    if address.is_on_curve() {
        Err(PubkeyError::InvalidSeeds)
    } else {
        Ok(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Pubkey {
        text.parse().unwrap()
    }

    fn a() -> Pubkey {
        key("AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9")
    }

    fn b() -> Pubkey {
        key("9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu")
    }

    #[test]
    fn address_with_seed_equals_the_vector() {
        let derived = Pubkey::with_seed(&a(), "seed", &Pubkey::new([4; 32]));
        assert_eq!(derived, Ok(key("5u9STdcsfJufdGo8oDTMZNCcN9txrBcBg9Dz12fjiSPo")));
    }

    #[test]
    fn program_addresses_equal_the_vectors() {
        let program = Pubkey::new([4; 32]);
        let vault = key("BW1f8CXCfaodtdBvy5Xh855nwjaRiXmqm7SX4d2tiogL");
        assert_eq!(
            Pubkey::find_program_address(&[b"vault", &a().0], &program),
            Some((vault, 255))
        );
        assert_eq!(
            Pubkey::create_program_address(&[b"vault", &a().0, &[255]], &program),
            Ok(vault)
        );
        let seeds: [&[u8]; 3] = [
            &a().0,
            &key("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA").0,
            &b().0,
        ];
        let token_account = key("A2XhaCzf7YeQdxcYQvhHufAHnS6Ae8e9UWXMfawxrZHW");
        let found =
            Pubkey::find_program_address(&seeds, &key("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"));
        assert_eq!(found, Some((token_account, 255)));
    }

    #[test]
    fn the_bump_found_is_the_greatest_that_is_off_the_curve() {
        let program = Pubkey::new([4; 32]);
        let mut lower_bumps = 0u32;
        for index in 0u8..40 {
            let (address, bump) = Pubkey::find_program_address(&[&[index]], &program).unwrap();
            assert!(!address.is_on_curve());
            assert_eq!(
                Pubkey::create_program_address(&[&[index], &[bump]], &program),
                Ok(address)
            );
            for higher in (bump..=u8::MAX).skip(1) {
                let refused = Pubkey::create_program_address(&[&[index], &[higher]], &program);
                assert_eq!(refused, Err(PubkeyError::InvalidSeeds));
                lower_bumps = lower_bumps.saturating_add(1);
            }
        }
        assert!(lower_bumps > 0, "no index needed a second try");
    }

    #[test]
    fn seeds_are_bounded_in_number_and_length() {
        let program = Pubkey::new([4; 32]);
        let long = [0u8; SEED_LEN_MAX + 1];
        let empty: &[u8] = &[];
        let too_long = Err(PubkeyError::MaxSeedLengthExceeded);
        assert_eq!(Pubkey::create_program_address(&[&long], &program), too_long);
        assert_eq!(
            Pubkey::create_program_address(&[empty; SEEDS_MAX + 1], &program),
            too_long
        );
        assert_eq!(Pubkey::find_program_address(&[empty; SEEDS_MAX], &program), None);
        assert!(Pubkey::find_program_address(&[empty; SEEDS_MAX - 1], &program).is_some());
        assert!(Pubkey::find_program_address(&[&long[..SEED_LEN_MAX]], &program).is_some());
        assert_eq!(Pubkey::find_program_address(&[&long], &program), None);
    }

    #[test]
    fn with_seed_refuses_long_seeds_and_marked_owners() {
        let mut owner = Pubkey::new([4; 32]);
        assert!(Pubkey::with_seed(&a(), &"s".repeat(32), &owner).is_ok());
        let long = Pubkey::with_seed(&a(), &"s".repeat(33), &owner);
        assert_eq!(long, Err(PubkeyError::MaxSeedLengthExceeded));
        owner.0[11..].copy_from_slice(MARKER);
        assert_eq!(
            Pubkey::with_seed(&a(), "seed", &owner),
            Err(PubkeyError::IllegalOwner)
        );
    }

    #[test]
    fn errors_have_their_codes_and_names() {
        let errors = [
            (
                PubkeyError::MaxSeedLengthExceeded,
                InstructionError::MaxSeedLengthExceeded,
            ),
            (PubkeyError::InvalidSeeds, InstructionError::InvalidSeeds),
            (PubkeyError::IllegalOwner, InstructionError::IllegalOwner),
        ];
        for (code, (error, instruction_error)) in (0u32..).zip(errors) {
            assert_eq!(error.code(), code);
            assert_eq!(InstructionError::from(error), instruction_error);
            assert_eq!(error.to_string(), instruction_error.to_string());
        }
    }

    #[test]
    fn verifying_keys_are_on_the_curve() {
        assert!(a().is_on_curve() && b().is_on_curve());
        assert!(key("11111111111111111111111111111111").is_on_curve());
        // y = p + 1, an encoding of y = 1 that is not canonical.
        let mut not_canonical = [0xff; 32];
        (not_canonical[0], not_canonical[31]) = (0xee, 0x7f);
        assert!(Pubkey::new(not_canonical).is_on_curve());
    }
}
