//! The rules with each feature and without it.

use sha2::{Digest, Sha256};

use super::*;
use crate::ids;
use crate::pubkey::Pubkey;

const NUMBERS: GenesisNumbers = GenesisNumbers {
    lamports_per_signature: 5_000,
    fee_burn_percent: 50,
    lamports_per_byte: 6_960,
    slots_per_epoch: 8_192,
    blockhash_age_max: 150,
};

fn rules(features: FeatureSet) -> Rules {
    Rules::new(features, NUMBERS)
}

/// What `of` makes of the rules without and with `feature`.
fn both<T>(feature: Feature, of: impl Fn(&Rules) -> T) -> (T, T) {
    let complete = FeatureSet::complete();
    (
        of(&rules(complete.without(feature))),
        of(&rules(complete.with(feature))),
    )
}

#[test]
fn the_table_has_every_feature_once_ascending_by_name() {
    let names: Vec<_> = Feature::all().map(Feature::name).collect();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(names.len(), 285);
    for feature in Feature::all() {
        assert_eq!(Feature::named(feature.name()), Some(feature));
        assert_eq!(Feature::with_id(&feature.id()), Some(feature), "{feature}");
    }
    assert_eq!(Feature::named("no_such_feature"), None);
    assert_eq!(Feature::with_id(&Pubkey::new([7; 32])), None);
}

/// `solana-version` 4.2.2 reports the first four bytes of this digest as its feature set.
#[test]
fn the_table_has_the_digest_of_the_features_of_4_2_2() {
    let mut ids: Vec<_> = Feature::all().map(|feature| feature.id().0).collect();
    ids.sort_unstable();
    let digest = Sha256::digest(ids.concat());
    assert_eq!(digest[..4], 565_236_538_u32.to_le_bytes());
}

#[test]
fn a_set_holds_what_was_put_into_it() {
    let mut set = FeatureSet::NONE;
    for feature in Feature::all() {
        assert!(!set.is_active(feature));
        set = set.with(feature);
        assert!(set.is_active(feature));
    }
    assert!(set.iter().eq(Feature::all()));
    for feature in Feature::all() {
        set = set.without(feature);
        assert!(!set.is_active(feature));
    }
    assert_eq!(set, FeatureSet::NONE);
}

#[test]
fn profiles_differ_in_the_features_that_mainnet_has_not_activated() {
    let (mainnet, complete) = (FeatureSet::mainnet(), FeatureSet::complete());
    assert_eq!((mainnet.iter().count(), complete.iter().count()), (242, 272));
    let only_mainnet = mainnet.iter().filter(|feature| !complete.is_active(*feature));
    let only_mainnet: Vec<_> = only_mainnet.map(Feature::name).collect();
    assert_eq!(
        only_mainnet,
        ["reduce_slot_time_to_350ms", "validator_admission_ticket"]
    );
}

#[test]
fn locks_depend_on_their_feature() {
    let locks = both(Feature::INCREASE_TX_ACCOUNT_LOCK_LIMIT, |rules| {
        rules.account_locks_max
    });
    assert_eq!(locks, (64, 128));
}

#[test]
fn the_stack_depends_on_its_feature() {
    let depths = both(Feature::RAISE_CPI_NESTING_LIMIT_TO_8, |rules| {
        rules.stack_depth_max
    });
    assert_eq!(depths, (5, 9));
}

#[test]
fn the_vote_program_has_the_default_limit_of_built_in_programs_until_its_feature() {
    let units = both(Feature::BLS_PUBKEY_MANAGEMENT_IN_VOTE_ACCOUNT, |rules| {
        rules.default_compute_units(&ids::VOTE_PROGRAM)
    });
    assert_eq!(units, (3_000, 200_000));
}

#[test]
fn built_in_programs_have_a_default_limit_of_their_own() {
    let rules = rules(FeatureSet::complete());
    let builtins = [
        ids::SYSTEM_PROGRAM,
        ids::COMPUTE_BUDGET_PROGRAM,
        ids::BPF_LOADER_DEPRECATED,
        ids::BPF_LOADER,
        ids::BPF_LOADER_UPGRADEABLE,
        ids::LOADER_V4,
        ids::SECP256K1_PRECOMPILE,
        ids::ED25519_PRECOMPILE,
    ];
    let others = [
        ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
        ids::CONFIG_PROGRAM,
        ids::STAKE_PROGRAM,
        ids::SECP256R1_PRECOMPILE,
        ids::TOKEN_PROGRAM,
        Pubkey::new([7; 32]),
    ];
    for program in builtins {
        assert_eq!(rules.default_compute_units(&program), 3_000, "{program}");
    }
    for program in others {
        assert_eq!(rules.default_compute_units(&program), 200_000, "{program}");
    }
}

#[test]
fn blocks_grow_with_the_raised_limit_and_shrink_with_the_slot() {
    let cost = |features: FeatureSet| {
        let cost = rules(features).block_cost;
        (cost.block, cost.account, cost.allocated_data_len)
    };
    let none = FeatureSet::NONE;
    let raised = none.with(Feature::RAISE_BLOCK_LIMITS_TO_100M);
    assert_eq!(cost(none), (60_000_000, 24_000_000, 100_000_000));
    assert_eq!(cost(raised), (100_000_000, 40_000_000, 100_000_000));
    let slots = [
        (
            Feature::REDUCE_SLOT_TIME_TO_350MS,
            (52_500_000, 21_000_000, 87_500_000),
        ),
        (
            Feature::REDUCE_SLOT_TIME_TO_300MS,
            (45_000_000, 18_000_000, 75_000_000),
        ),
        (
            Feature::REDUCE_SLOT_TIME_TO_250MS,
            (37_500_000, 15_000_000, 62_500_000),
        ),
        (
            Feature::REDUCE_SLOT_TIME_TO_200MS,
            (30_000_000, 12_000_000, 50_000_000),
        ),
    ];
    let mut features = none;
    for (feature, expected) in slots {
        assert_eq!(cost(none.with(feature)), expected, "{feature}");
        features = features.with(feature);
        assert_eq!(cost(features), expected, "the shortest of several counts");
    }
    assert_eq!(
        cost(raised.with(Feature::REDUCE_SLOT_TIME_TO_350MS)),
        (87_500_000, 35_000_000, 87_500_000)
    );
}

#[test]
fn numbers_of_the_genesis_are_rules() {
    let rules = Rules::new(
        FeatureSet::NONE,
        GenesisNumbers {
            lamports_per_signature: 1,
            fee_burn_percent: 2,
            lamports_per_byte: 3,
            slots_per_epoch: 32,
            blockhash_age_max: 4,
        },
    );
    assert_eq!((rules.lamports_per_signature, rules.fee_burn_percent), (1, 2));
    assert_eq!((rules.rent.minimum_balance(0), rules.blockhash_age_max), (384, 4));
    assert_eq!(rules.epoch_schedule.epoch(64), 2);
}
