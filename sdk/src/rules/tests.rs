//! The rules with each feature and without it.

use sha2::{Digest, Sha256};

use super::table::Effect;
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
    let complete = Profile::All.features();
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

#[test]
fn the_table_has_the_digest_of_the_features_of_4_2_2() {
    let mut ids: Vec<_> = Feature::all().map(|feature| feature.id().0).collect();
    ids.sort_unstable();
    let digest = Sha256::digest(ids.concat());
    assert_eq!(digest[..4], Feature::ALL_DIGEST.to_le_bytes());
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
    let (mainnet, complete) = (Profile::Mainnet.features(), Profile::All.features());
    assert_eq!((mainnet.iter().count(), complete.iter().count()), (242, 272));
    let only_mainnet = mainnet.iter().filter(|feature| !complete.is_active(*feature));
    let only_mainnet: Vec<_> = only_mainnet.map(Feature::name).collect();
    assert_eq!(
        only_mainnet,
        ["reduce_slot_time_to_350ms", "validator_admission_ticket"]
    );
}

#[test]
fn both_profiles_are_sets_that_a_chain_can_have() {
    for profile in Profile::EVERY {
        assert_eq!(profile.features().check(6_960), Ok(()), "{profile}");
        assert_eq!(Profile::named(profile.name()), Some(profile));
    }
    assert_eq!(Profile::named("Mainnet"), None);
}

/// Every feature is one that switches a rule, that is fixed, that is missing, that is a number, or that is carried by
/// name, and each behaves so.
#[test]
fn every_feature_is_accepted_or_refused_by_what_it_means() {
    for feature in Feature::all() {
        let all = Profile::All.features();
        let (with, without) = (all.with(feature), all.without(feature));
        let accepted = (with.check(6_960).is_ok(), without.check(6_960).is_ok());
        let (expected, changes_rules) = match feature.row().effect {
            Effect::Gate => ((true, true), true),
            Effect::Fixed => ((true, false), false),
            Effect::Missing(_) => ((false, true), false),
            // The original rate, whose feature is active in the profile, prevails over the lower ones.
            Effect::Rent(_) | Effect::Outside => ((true, true), false),
        };
        assert_eq!(accepted, expected, "{feature}");
        let (with, without) = (rules(with), rules(without));
        let same_limits = Rules {
            features: without.features,
            ..with.clone()
        } == without;
        assert!(same_limits || changes_rules, "{feature}");
    }
}

#[test]
fn refusals_of_a_set_name_the_feature() {
    let all = Profile::All.features();
    let named = |name| Feature::named(name).unwrap();
    let text = |features: FeatureSet| features.check(6_960).unwrap_err().to_string();
    assert_eq!(
        text(all.without(named("enable_durable_nonce"))),
        "feature enable_durable_nonce cannot be inactive: only the active form of its rule is supported; activate it"
    );
    assert_eq!(
        text(all.with(named("enable_tx_v1"))),
        "feature enable_tx_v1 cannot be active: transactions of version 1 are not supported; deactivate it"
    );
    let lower = all
        .without(named("set_lamports_per_byte_to_6960"))
        .with(named("set_lamports_per_byte_to_696"))
        .with(named("set_lamports_per_byte_to_5080"));
    assert_eq!(
        text(lower),
        "feature set_lamports_per_byte_to_696 sets rent.lamports_per_byte to 696, but it is 6960; change the number \
         or deactivate the feature"
    );
    assert_eq!(lower.check(696), Ok(()));
    assert_eq!(all.check(696), Ok(()));
    assert_eq!(Profile::Mainnet.features().check(696), Ok(()));
}

#[test]
fn sets_survive_both_notations() {
    let all = Profile::All.features();
    let sets = [
        Profile::Mainnet.features(),
        all,
        all.without(Feature::CREATE_ACCOUNT_ALLOW_PREFUND),
        Profile::Mainnet
            .features()
            .with(Feature::RAISE_CPI_NESTING_LIMIT_TO_8)
            .without(Feature::RAISE_BLOCK_LIMITS_TO_100M),
        FeatureSet::NONE,
        Feature::all().collect(),
    ];
    for set in sets {
        let json = serde_json::to_string(&set).unwrap();
        assert_eq!(serde_json::from_str::<FeatureSet>(&json).unwrap(), set, "{json}");
        let bytes = borsh::to_vec(&set).unwrap();
        assert_eq!(bytes.len(), 4 + 32 * set.iter().count());
        assert_eq!(borsh::from_slice::<FeatureSet>(&bytes).unwrap(), set);
    }
    assert_eq!(serde_json::to_string(&all).unwrap(), "\"all\"");
    assert_eq!(
        serde_json::to_string(&sets[2]).unwrap(),
        r#"{"profile":"all","deactivate":["create_account_allow_prefund"]}"#
    );
    let texts: Vec<_> = sets[..4].iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "mainnet",
            "all",
            "all (1 deactivated)",
            "mainnet (1 activated, 1 deactivated)"
        ]
    );
}

#[test]
fn bad_notations_are_explained() {
    let text = |json: &str| serde_json::from_str::<FeatureSet>(json).unwrap_err().to_string();
    let cases = [
        (
            "\"testnet\"",
            "unknown profile of features \"testnet\"; the profiles are \"mainnet\" and \"all\"",
        ),
        (
            "7",
            "expected \"mainnet\", \"all\", or an object with profile, activate and deactivate",
        ),
        (r#"{"profile":"all","without":[]}"#, "unknown field `without`"),
        (r#"{"activate":[]}"#, "missing field `profile`"),
        (
            r#"{"profile":"all","deactivate":["enable_durable_nonces"]}"#,
            "unknown feature enable_durable_nonces; the most similar name is enable_durable_nonce",
        ),
        (
            r#"{"profile":"all","activate":["11111111111111111111111111111111"]}"#,
            "unknown feature 11111111111111111111111111111111; no feature of Solana 4.2.2 has this address",
        ),
        (
            r#"{"profile":"all","activate":["alpenglow"],"deactivate":["a1penGLz8Vm2QHYB3JPefBiU4BY3Z6JkW2k3Scw5GWP"]}"#,
            "feature alpenglow is both activated and deactivated; remove one of the two",
        ),
    ];
    for (json, expected) in cases {
        let text = text(json);
        assert!(text.contains(expected), "{text}");
    }
    let unknown = borsh::to_vec(&vec![Pubkey::new([7; 32])]).unwrap();
    let error = borsh::from_slice::<FeatureSet>(&unknown).unwrap_err().to_string();
    assert!(
        error.contains("is unknown; use the version that wrote this genesis"),
        "{error}"
    );
    let twice = borsh::to_vec(&vec![Feature::CREATE_ACCOUNT_ALLOW_PREFUND.id(); 2]).unwrap();
    let error = borsh::from_slice::<FeatureSet>(&twice).unwrap_err().to_string();
    assert!(error.contains("not ascending"), "{error}");
}

#[test]
fn the_page_for_genesis_authors_names_every_switch() {
    const PAGE: &str = include_str!("../../../docs/genesis.md");
    let with =
        |wanted: fn(Effect) -> bool| Feature::all().filter(move |feature| wanted(feature.row().effect));
    for feature in with(|effect| matches!(effect, Effect::Gate | Effect::Missing(_))) {
        assert!(
            PAGE.contains(&format!("`{feature}`")),
            "docs/genesis.md does not name {feature}"
        );
    }
    let fixed = with(|effect| effect == Effect::Fixed).count();
    for text in [
        format!(
            "{} features that were active",
            Profile::Mainnet.features().iter().count()
        ),
        format!("the {} of `agave-feature-set`", Feature::all().len()),
        format!("These are {fixed},"),
    ] {
        assert!(PAGE.contains(&text), "docs/genesis.md does not say: {text}");
    }
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
    let rules = rules(Profile::All.features());
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

#[test]
fn only_similar_names_are_suggested() {
    let cure = |text: &str| {
        let error = Feature::find(text).unwrap_err().to_string();
        let prefix = format!("unknown feature {text}; ");
        error.strip_prefix(&prefix).unwrap().to_owned()
    };
    for (text, name) in [
        ("alpenglo", "alpenglow"),
        ("alpen", "alpenglow"),
        ("enable_durable_nonces", "enable_durable_nonce"),
        ("durable_nonce", "enable_durable_nonce"),
        // A part, however much is missing.
        ("raise_cpi", "raise_cpi_nesting_limit_to_8"),
    ] {
        assert_eq!(cure(text), format!("the most similar name is {name}"));
    }
    for text in [
        "foo",
        "a",
        "",
        "a feature that nobody has ever heard of",
        "mainnet",
    ] {
        assert_eq!(
            cure(text),
            "the names are those of agave-feature-set 4.2.2, as in enable_durable_nonce"
        );
    }
}
