//! The chain that these tests run on: the development genesis, with probes linked in.

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::genesis::{BuiltinProgram, Genesis};
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::rules::Profile;
use isobath_testkit::programs::program_table_with_probes;
use isobath_testkit::world::World;

/// For transactions that no store ever sees.
pub(crate) const KEY_HASHER: KeyHasher = KeyHasher::new([0; 2]);

/// The rent minimum of an account without data.
pub(crate) const RENT_MINIMUM: u64 = 890_880;

/// Probes that are linked in under different addresses, so that they count as different programs.
pub(crate) const PROBE_COUNT: u8 = 11;

/// Address of probe `index`. Only a genesis that names it makes it a program.
pub(crate) const fn probe(index: u8) -> Pubkey {
    assert!(index < PROBE_COUNT, "probes are numbered from 0");
    let mut key = [0xE0; 32];
    key[0] = index;
    Pubkey(key)
}

/// The development chain.
pub(crate) fn world() -> World {
    world_of(Genesis::development())
}

/// A chain of this genesis.
pub(crate) fn world_of(genesis: Genesis) -> World {
    World::new(genesis, program_table_with_probes((0..PROBE_COUNT).map(probe)))
}

/// The genesis of the development chain with the features of `profile` and all probes but the last one.
pub(crate) fn genesis_with_probes(profile: Profile) -> Genesis {
    let mut genesis = Genesis::development();
    genesis.features = profile.features();
    let probes = (0..PROBE_COUNT - 1).map(|index| BuiltinProgram {
        program_id: probe(index),
        name: format!("probe_{index}"),
    });
    genesis.builtin_programs.extend(probes);
    genesis
}
