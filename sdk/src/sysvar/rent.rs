//! The Rent sysvar: the minimum balance of an account.
//!
//! Solana has two encodings of the same rate: 6960 lamports per byte times 1.0, and formerly 3480 per byte and year
//! times 2.0 years. Clients multiply the two numbers. This chain writes the first and reads both; any other multiplier
//! is rejected, so no floating-point arithmetic is needed.
//!
//! ```text
//!  lamports_per_byte u64 | exemption_threshold f64 | burn_percent u8      17 bytes
//! ```

use super::{SysvarDecodeError, decode};

/// Bytes charged for an account on top of its data.
pub const ACCOUNT_OVERHEAD_BYTES: u64 = 128;

/// The multiplier of the rate, one of the two valid ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExemptionThreshold {
    /// 1.0: the rate is the minimum per byte.
    One,
    /// 2.0: the rate is per year, and two years are the minimum.
    Two,
}

impl ExemptionThreshold {
    const fn factor(self) -> u64 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    const fn to_bytes(self) -> [u8; 8] {
        match self {
            Self::One => 1.0f64.to_le_bytes(),
            Self::Two => 2.0f64.to_le_bytes(),
        }
    }

    fn from_bits(bits: u64) -> Option<Self> {
        [Self::One, Self::Two]
            .into_iter()
            .find(|threshold| u64::from_le_bytes(threshold.to_bytes()) == bits)
    }
}

/// Contents of the Rent sysvar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rent {
    /// Lamports per byte, before the multiplier.
    pub lamports_per_byte: u64,
    /// The multiplier.
    pub exemption_threshold: ExemptionThreshold,
    /// Share of collected rent that was burned. Rent is not collected any more; the field remains in the layout.
    pub burn_percent: u8,
}

impl Rent {
    /// Bytes of the sysvar.
    pub const LEN: usize = 17;

    /// The rate in the current encoding.
    #[must_use]
    pub const fn new(lamports_per_byte: u64) -> Self {
        Self {
            lamports_per_byte,
            exemption_threshold: ExemptionThreshold::One,
            burn_percent: 50,
        }
    }

    /// Minimum lamports of an account with `data_len` bytes of data. Saturates at a balance that no account can have.
    #[must_use]
    pub const fn minimum_balance(&self, data_len: u64) -> u64 {
        ACCOUNT_OVERHEAD_BYTES
            .saturating_add(data_len)
            .saturating_mul(self.lamports_per_byte)
            .saturating_mul(self.exemption_threshold.factor())
    }

    /// Whether an account with `data_len` bytes of data may hold `lamports`.
    #[must_use]
    pub const fn is_exempt(&self, lamports: u64, data_len: u64) -> bool {
        lamports >= self.minimum_balance(data_len)
    }

    /// The account data.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LEN);
        bytes.extend(self.lamports_per_byte.to_le_bytes());
        bytes.extend(self.exemption_threshold.to_bytes());
        bytes.push(self.burn_percent);
        bytes
    }

    /// Reads the account data.
    ///
    /// # Errors
    /// The bytes are too few, or the multiplier is neither 1 nor 2.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SysvarDecodeError> {
        decode(bytes, |reader| {
            Some(Self {
                lamports_per_byte: reader.u64()?,
                exemption_threshold: ExemptionThreshold::from_bits(reader.u64()?)?,
                burn_percent: reader.u8()?,
            })
        })
    }
}
