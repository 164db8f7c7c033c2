//! The rules that depend on the active features.

use isobath_sdk::rules::Profile;

/// What the features of a chain decide, as far as transactions of the random blocks notice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Calls that run at once, the instruction itself included (SIMD-0268).
    pub(super) depth_max: usize,
    /// Whether an account below the rent minimum may stay there, if it loses nothing (SIMD-0392).
    pub(super) is_rent_relaxed: bool,
}

impl Limits {
    pub(super) const fn of(profile: Profile) -> Self {
        match profile {
            Profile::Mainnet => Self {
                depth_max: 5,
                is_rent_relaxed: false,
            },
            Profile::All => Self {
                depth_max: 9,
                is_rent_relaxed: true,
            },
        }
    }
}
