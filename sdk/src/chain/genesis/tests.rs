//! The development genesis, the file format, and every cause of rejection.

use super::*;
use crate::keypair::Keypair;
use crate::lamports::LAMPORTS_PER_SOL;
use crate::rules::{Feature, Profile};

/// A valid genesis written by hand, as small as it can be.
const MINIMAL_JSON: &str = r#"{
    "producers": ["9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu"],
    "accounts": [{ "pubkey": "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9", "lamports": 890880 }]
}"#;

fn minimal() -> Genesis {
    Genesis::from_json(MINIMAL_JSON).unwrap()
}

/// The error of the minimal genesis after a change.
fn refusal(change: impl FnOnce(&mut Genesis)) -> GenesisError {
    let mut genesis = minimal();
    change(&mut genesis);
    genesis.validate().expect_err("the change makes it invalid")
}

fn payer() -> Pubkey {
    "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9".parse().unwrap()
}

#[test]
fn development_genesis_is_valid_and_funded() {
    let genesis = Genesis::development();
    assert_eq!(genesis.validate(), Ok(()));
    assert_eq!(genesis, Genesis::development());
    let sol = |key: &Keypair| {
        let account = genesis
            .accounts
            .iter()
            .find(|account| account.pubkey == key.pubkey())
            .unwrap();
        account.lamports / LAMPORTS_PER_SOL
    };
    for key in &dev_keypairs() {
        assert_eq!(sol(key), 500_000);
    }
    assert_eq!(sol(&faucet_keypair()), 500_000_000);
    assert_eq!(sol(&producer_keypair()), 1);
    assert_eq!(genesis.producers, [producer_keypair().pubkey()]);
    assert_eq!(genesis.faucet, Some(faucet_keypair().pubkey()));
    assert_eq!(genesis.program_approver, Some(approver_keypair().pubkey()));
    assert_eq!(
        genesis.capitalization(),
        Some(505_000_002 * LAMPORTS_PER_SOL + 8 + 242 * 953_520)
    );
}

#[test]
fn development_rules_are_those_of_the_contracts() {
    let genesis = Genesis::development();
    assert_eq!(
        (genesis.rules_version, genesis.slot_ms, genesis.slots_per_epoch),
        (1, 400, 8_192)
    );
    assert_eq!(
        (genesis.root_interval_blocks, genesis.blockhash_max_age_blocks),
        (0, 150)
    );
    assert_eq!(
        (genesis.fees.lamports_per_signature, genesis.fees.burn_percent),
        (5_000, 50)
    );
    assert_eq!(genesis.rent().minimum_balance(0), 890_880);
    assert_eq!(genesis.epoch_schedule().epoch(8_192), 1);
    assert_eq!(
        genesis.first_blockhash,
        Hash(*b"isobath development blockhash v1")
    );
}

#[test]
fn development_seeds_are_public_and_distinct() {
    let mut seeds: Vec<[u8; 32]> = (0..13).map(development_seed).collect();
    for (index, seed) in (0u32..).zip(&seeds) {
        assert_eq!(
            *seed,
            blake3::derive_key("isobath development key v1", &index.to_le_bytes())
        );
    }
    for (index, key) in (0u32..).zip(&dev_keypairs()) {
        assert_eq!(key.pubkey(), Keypair::from_seed(development_seed(index)).pubkey());
    }
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 13);
}

#[test]
fn initial_accounts_are_sorted_and_show_the_programs() {
    let genesis = Genesis::development();
    let accounts = genesis.initial_accounts();
    assert!(accounts.is_sorted_by(|before, after| before.0 < after.0));
    assert_eq!(accounts.len(), genesis.accounts.len() + 8 + 242);
    let total: u64 = accounts.iter().map(|(_, account)| account.lamports).sum();
    assert_eq!(Some(total), genesis.capitalization());
    let system = &accounts
        .iter()
        .find(|(key, _)| *key == ids::SYSTEM_PROGRAM)
        .unwrap()
        .1;
    assert_eq!(
        (system.lamports, system.owner, system.executable),
        (1, ids::NATIVE_LOADER, true)
    );
    assert_eq!(system.data.as_slice(), b"solana_system_program");
    for (id, name) in [
        (ids::COMPUTE_BUDGET_PROGRAM, "compute_budget_program"),
        (ids::ADDRESS_LOOKUP_TABLE_PROGRAM, "address_lookup_table_program"),
    ] {
        let (_, program) = accounts.iter().find(|(key, _)| *key == id).unwrap();
        assert_eq!(program.data.as_slice(), name.as_bytes());
    }
}

/// What `solana-test-validator` 4.2.2 writes for a feature that is active from the start.
#[test]
fn active_features_have_accounts() {
    let mut genesis = minimal();
    let find = |genesis: &Genesis| {
        let feature = Feature::CREATE_ACCOUNT_ALLOW_PREFUND.id();
        let accounts = genesis.initial_accounts();
        let found = accounts.into_iter().find(|(key, _)| *key == feature);
        found.map(|(_, account)| account)
    };
    let account = find(&genesis).unwrap();
    assert_eq!((account.lamports, account.owner), (953_520, ids::FEATURE));
    assert_eq!(account.data.as_slice(), [1, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert!(!account.executable);
    let before = genesis.capitalization().unwrap();
    genesis.features = genesis.features.without(Feature::CREATE_ACCOUNT_ALLOW_PREFUND);
    assert_eq!(find(&genesis), None);
    assert_eq!(genesis.capitalization(), Some(before - 953_520));
    genesis.rent.lamports_per_byte = 0;
    assert_eq!(genesis.capitalization(), Some(890_880 + 8 + 241));
}

#[test]
fn addresses_of_features_cannot_be_listed() {
    let feature = Feature::named("alpenglow").unwrap();
    let refused = GenesisError::FeatureAddress {
        key: feature.id(),
        feature,
    };
    assert_eq!(
        refusal(|genesis| genesis.accounts[0].pubkey = feature.id()),
        refused
    );
    let program = BuiltinProgram {
        program_id: feature.id(),
        name: "feature".to_owned(),
    };
    assert_eq!(
        refusal(|genesis| genesis.builtin_programs = vec![program]),
        refused
    );
}

#[test]
fn features_are_written_in_any_form() {
    let read = |features: &str| {
        let member = format!("{{ \"features\": {features},");
        Genesis::from_json(&MINIMAL_JSON.replacen('{', &member, 1))
    };
    assert_eq!(minimal().features, Profile::Mainnet.features());
    assert_eq!(read("\"mainnet\"").unwrap(), minimal());
    let all = read("\"all\"").unwrap();
    assert_eq!(all.features, Profile::All.features());
    let deep = read(r#"{ "profile": "mainnet", "activate": ["raise_cpi_nesting_limit_to_8"] }"#).unwrap();
    assert_eq!(deep.rules().stack_depth_max, 9);
    for genesis in [all, deep] {
        assert_eq!(Genesis::from_json(&genesis.to_json()).unwrap(), genesis);
        let bytes = borsh::to_vec(&genesis).unwrap();
        assert_eq!(borsh::from_slice::<Genesis>(&bytes).unwrap(), genesis);
    }
    let unknown = read(r#"{ "profile": "mainnet", "activate": ["raise_cpi_nesting_limit"] }"#);
    let text = unknown.unwrap_err().to_string();
    assert!(
        text.contains(
            "unknown feature raise_cpi_nesting_limit; the most similar name is raise_cpi_nesting_limit_to_8"
        ),
        "{text}"
    );
}

#[test]
fn files_and_bytes_survive() {
    let mut genesis = Genesis::development();
    genesis.accounts[0].data = vec![1, 2, 3];
    genesis.accounts[0].owner = ids::TOKEN_PROGRAM;
    let json = genesis.to_json();
    assert!(json.contains(r#""data": "AQID""#));
    assert_eq!(Genesis::from_json(&json).unwrap(), genesis);
    let bytes = borsh::to_vec(&genesis).unwrap();
    assert_eq!(borsh::from_slice::<Genesis>(&bytes).unwrap(), genesis);
    assert_eq!(
        genesis.hash().0,
        blake3::derive_key("isobath 2026-11 genesis v1", &bytes)
    );
}

#[test]
fn numbers_survive_tools_that_hold_doubles() {
    let mut genesis = Genesis::development();
    genesis.accounts[0].lamports = u64::MAX - genesis.capitalization().unwrap();
    let json = genesis.to_json();
    assert!(json.contains(r#""lamports": "500000000000000000""#), "{json}");
    assert!(json.contains(r#""slot_ms": 400"#), "{json}");
    // serde_json reads a number without a type as jq does once it is a double; text stays text.
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let doubles = doubled(value).to_string();
    assert_eq!(Genesis::from_json(&doubles).unwrap(), genesis);
}

/// Every number as a double.
fn doubled(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Number(number) => Value::from(number.as_f64().unwrap()),
        Value::Array(values) => values.into_iter().map(doubled).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, doubled(value)))
            .collect(),
        other => other,
    }
}

#[test]
fn numbers_are_read_as_text_and_never_rounded() {
    let with = |lamports: &str| Genesis::from_json(&MINIMAL_JSON.replace("890880", lamports));
    for text in [
        "890880",
        r#""890880""#,
        "890880.0",
        "8.9088e5",
        r#""1844674407370955161""#,
    ] {
        with(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    let refused = [
        "890880.5",
        "5e17",
        "-1",
        r#""-1""#,
        r#""18446744073709551616""#,
        r#""many""#,
        r#""""#,
        "true",
    ];
    for text in refused {
        let error = with(text).unwrap_err().to_string();
        assert!(
            error.contains("as text") && error.contains("line 3"),
            "{text}: {error}"
        );
    }
}

#[test]
fn what_a_file_leaves_out_is_the_development_rule() {
    let genesis = minimal();
    let expected = Genesis {
        producers: vec!["9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu".parse().unwrap()],
        accounts: vec![GenesisAccount::funded(payer(), 890_880)],
        ..Genesis::default()
    };
    assert_eq!(genesis, expected);
    let fees = MINIMAL_JSON.replacen('{', r#"{ "fees": { "burn_percent": 7 },"#, 1);
    let rules = Genesis::from_json(&fees).unwrap().fees;
    assert_eq!(
        rules,
        FeeRules {
            burn_percent: 7,
            ..FeeRules::default()
        }
    );
}

#[test]
fn unknown_fields_are_refused_at_every_level() {
    let cases = [
        MINIMAL_JSON.replacen('{', r#"{ "slot_time": 1,"#, 1),
        MINIMAL_JSON.replacen('{', r#"{ "fees": { "burn": 7 },"#, 1),
        MINIMAL_JSON.replacen('{', r#"{ "limits": { "transaction_account_locks_max": 128 },"#, 1),
        MINIMAL_JSON.replacen('{', r#"{ "rent": { "lamports": 7 },"#, 1),
        MINIMAL_JSON.replacen(r#""lamports""#, r#""rent_epoch": 0, "lamports""#, 1),
    ];
    for json in cases {
        let error = Genesis::from_json(&json).unwrap_err();
        assert!(matches!(error, GenesisFileError::Json(_)), "{json}");
        assert!(error.to_string().contains("unknown field"), "{error}");
    }
}

#[test]
fn files_in_any_order_mean_the_same_chain() {
    let mut shuffled = Genesis::development();
    shuffled.accounts.reverse();
    shuffled.builtin_programs.reverse();
    assert!(shuffled.validate().is_err());
    let read = Genesis::from_json(&shuffled.to_json()).unwrap();
    assert_eq!(read.hash(), Genesis::development().hash());
}

#[test]
fn the_hash_covers_every_field() {
    let base = minimal();
    let changes: [fn(&mut Genesis); 17] = [
        |genesis| genesis.rules_version = 2,
        |genesis| genesis.start_time_ms = 1,
        |genesis| genesis.slot_ms = 1,
        |genesis| genesis.slots_per_epoch = 1,
        |genesis| genesis.root_interval_blocks = 1,
        |genesis| genesis.state_root_delay = 1,
        |genesis| genesis.anchor_lag_max = 1,
        |genesis| genesis.blockhash_max_age_blocks = 1,
        |genesis| genesis.first_blockhash = Hash::ZERO,
        |genesis| genesis.fees.burn_percent = 1,
        |genesis| genesis.rent.lamports_per_byte = 1,
        |genesis| genesis.features = genesis.features.without(Feature::RAISE_BLOCK_LIMITS_TO_100M),
        |genesis| genesis.producers.clear(),
        |genesis| genesis.program_approver = Some(Pubkey::default()),
        |genesis| genesis.faucet = Some(Pubkey::default()),
        |genesis| genesis.builtin_programs.clear(),
        |genesis| genesis.accounts.clear(),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut genesis = base.clone();
        change(&mut genesis);
        assert_ne!(genesis.hash(), base.hash(), "change {index}");
    }
}

#[test]
fn numbers_outside_their_range_are_named() {
    let field = |change: fn(&mut Genesis)| match refusal(change) {
        GenesisError::OutOfRange { field, .. } => field,
        other => panic!("{other}"),
    };
    assert_eq!(field(|genesis| genesis.start_time_ms = -1), "start_time_ms");
    assert_eq!(field(|genesis| genesis.start_time_ms = i64::MAX), "start_time_ms");
    assert_eq!(field(|genesis| genesis.slot_ms = 0), "slot_ms");
    assert_eq!(field(|genesis| genesis.slot_ms = 60_001), "slot_ms");
    assert_eq!(field(|genesis| genesis.slots_per_epoch = 31), "slots_per_epoch");
    assert_eq!(
        field(|genesis| genesis.slots_per_epoch = (4 << 20) + 1),
        "slots_per_epoch"
    );
    assert_eq!(
        field(|genesis| genesis.slots_per_epoch = 4_000_000_000),
        "slots_per_epoch"
    );
    assert_eq!(
        field(|genesis| genesis.state_root_delay = u64::MAX),
        "state_root_delay"
    );
    assert_eq!(field(|genesis| genesis.anchor_lag_max = 0), "anchor_lag_max");
    assert_eq!(
        field(|genesis| genesis.blockhash_max_age_blocks = 0),
        "blockhash_max_age_blocks"
    );
    assert_eq!(
        field(|genesis| genesis.blockhash_max_age_blocks = 4_097),
        "blockhash_max_age_blocks"
    );
    assert_eq!(
        field(|genesis| genesis.fees.lamports_per_signature = 1 << 40),
        "fees.lamports_per_signature"
    );
    assert_eq!(
        field(|genesis| genesis.fees.burn_percent = 101),
        "fees.burn_percent"
    );
    assert_eq!(
        field(|genesis| genesis.rent.lamports_per_byte = 1 << 40),
        "rent.lamports_per_byte"
    );
    let error = refusal(|genesis| genesis.fees.burn_percent = 101);
    assert_eq!(
        error.to_string(),
        "fees.burn_percent is 101; it must be from 0 to 100"
    );
}

#[test]
fn numbers_at_the_ends_of_their_range_are_accepted() {
    for slots in [32, 432_000, 4 << 20] {
        let mut genesis = minimal();
        genesis.slots_per_epoch = slots;
        assert_eq!(genesis.validate(), Ok(()), "{slots}");
    }
}

#[test]
fn lists_that_are_too_long_are_named() {
    let error = refusal(|genesis| genesis.producers = vec![payer(); 100_000]);
    assert_eq!(
        error.to_string(),
        "producers has 100000 entries; at most 1024 are allowed"
    );
    let program = BuiltinProgram {
        program_id: Pubkey::new([9; 32]),
        name: "own".to_owned(),
    };
    let error = refusal(|genesis| genesis.builtin_programs = vec![program; 100_000]);
    assert_eq!(
        error.to_string(),
        "builtin_programs has 100000 entries; at most 256 are allowed"
    );
}

#[test]
fn an_approver_that_cannot_sign_is_named() {
    for reserved in [ids::SYSTEM_PROGRAM, ids::SYSVAR_CLOCK] {
        let error = refusal(|genesis| genesis.program_approver = Some(reserved));
        assert_eq!(error, GenesisError::ReservedApprover(reserved));
    }
}

#[test]
fn rules_that_are_not_supported_are_named() {
    assert_eq!(
        refusal(|genesis| genesis.rules_version = 2),
        GenesisError::RulesVersion { found: 2 }
    );
    assert_eq!(
        refusal(|genesis| genesis.root_interval_blocks = 5),
        GenesisError::StateRoots { found: 5 }
    );
    let nonce = Feature::named("enable_durable_nonce").unwrap();
    let error = refusal(|genesis| genesis.features = genesis.features.without(nonce));
    assert_eq!(
        error.to_string(),
        "feature enable_durable_nonce cannot be inactive: only the active form of its rule is supported; activate it"
    );
}

#[test]
fn bad_producers_are_named() {
    assert_eq!(
        refusal(|genesis| genesis.producers.clear()),
        GenesisError::NoProducer
    );
    let twice = payer();
    let error = refusal(|genesis| genesis.producers = vec![twice, Pubkey::new([3; 32]), twice]);
    assert_eq!(error, GenesisError::DuplicateProducer(twice));
    for reserved in [ids::SYSVAR_CLOCK, ids::VOTE_PROGRAM, ids::SYSTEM_PROGRAM] {
        let error = refusal(|genesis| genesis.producers = vec![reserved]);
        assert_eq!(error, GenesisError::ReservedProducer(reserved));
    }
}

#[test]
fn bad_programs_are_named() {
    let program = |program_id, name: &str| BuiltinProgram {
        program_id,
        name: name.to_owned(),
    };
    let id = Pubkey::new([9; 32]);
    let error = refusal(|genesis| genesis.builtin_programs.reverse());
    assert_eq!(error, GenesisError::UnsortedProgram(ids::TOKEN_PROGRAM));
    let error = refusal(|genesis| genesis.builtin_programs = vec![program(id, "a"), program(id, "b")]);
    assert_eq!(error, GenesisError::DuplicateProgram(id));
    for sysvar in [ids::SYSVAR_RENT, ids::SYSVAR_OWNER] {
        let error = refusal(|genesis| genesis.builtin_programs = vec![program(sysvar, "a")]);
        assert_eq!(error, GenesisError::SysvarProgram(sysvar));
    }
    for name in ["", "Big", "two words", &"x".repeat(65)] {
        let error = refusal(|genesis| genesis.builtin_programs = vec![program(id, name)]);
        assert_eq!(error, GenesisError::ProgramName(id));
    }
}

#[test]
fn bad_lists_of_accounts_are_named() {
    let account = |byte| GenesisAccount::funded(Pubkey::new([byte; 32]), LAMPORTS_PER_SOL);
    assert_eq!(
        refusal(|genesis| genesis.accounts.clear()),
        GenesisError::NoAccounts
    );
    let error = refusal(|genesis| genesis.accounts = vec![account(2), account(1)]);
    assert_eq!(error, GenesisError::UnsortedAccount(Pubkey::new([1; 32])));
    let error = refusal(|genesis| genesis.accounts = vec![account(2), account(2)]);
    assert_eq!(error, GenesisError::DuplicateAccount(Pubkey::new([2; 32])));
    let rich = |byte| GenesisAccount {
        lamports: u64::MAX - 1,
        ..account(byte)
    };
    let error = refusal(|genesis| genesis.accounts = vec![rich(1), account(2)]);
    assert_eq!(error, GenesisError::Capitalization);
}

#[test]
fn bad_accounts_are_named() {
    let only = |change: &dyn Fn(&mut GenesisAccount)| refusal(|genesis| change(&mut genesis.accounts[0]));
    for reserved in [ids::SYSVAR_CLOCK, ids::STAKE_PROGRAM, ids::SYSTEM_PROGRAM] {
        let error = only(&|account| account.pubkey = reserved);
        assert_eq!(error, GenesisError::ReservedAccount(reserved));
    }
    let own = Pubkey::new([9; 32]);
    let error = refusal(|genesis| {
        genesis.builtin_programs.push(BuiltinProgram {
            program_id: own,
            name: "own".to_owned(),
        });
        genesis.builtin_programs.sort_by_key(|program| program.program_id);
        genesis.accounts = vec![GenesisAccount::funded(own, LAMPORTS_PER_SOL)];
    });
    assert_eq!(error, GenesisError::ReservedAccount(own));
    let error = only(&|account| account.owner = ids::NATIVE_LOADER);
    assert_eq!(error, GenesisError::UnlistedProgram(payer()));
    let error = only(&|account| account.lamports = 890_879);
    let expected = GenesisError::AccountNotRentExempt {
        pubkey: payer(),
        lamports: 890_879,
        minimum: 890_880,
    };
    assert_eq!(error, expected);
    let max = 10 << 20;
    let error = only(&|account| account.data = vec![0; (10 << 20) + 1]);
    assert_eq!(
        error,
        GenesisError::AccountTooLarge {
            pubkey: payer(),
            len: max + 1,
            max
        }
    );
    let error = refusal(|genesis| {
        genesis.rent.lamports_per_byte = 0;
        genesis.accounts[0].lamports = 0;
    });
    assert_eq!(
        error,
        GenesisError::AccountNotRentExempt {
            pubkey: payer(),
            lamports: 0,
            minimum: 1
        }
    );
}

#[test]
fn a_faucet_must_be_able_to_pay() {
    let absent = Pubkey::new([9; 32]);
    assert_eq!(
        refusal(|genesis| genesis.faucet = Some(absent)),
        GenesisError::Faucet(absent)
    );
    let error = refusal(|genesis| {
        genesis.faucet = Some(payer());
        genesis.accounts[0].owner = ids::TOKEN_PROGRAM;
    });
    assert_eq!(error, GenesisError::Faucet(payer()));
    let error = refusal(|genesis| {
        genesis.faucet = Some(payer());
        genesis.accounts[0].lamports = LAMPORTS_PER_SOL;
        genesis.accounts[0].data = vec![0];
    });
    assert_eq!(error, GenesisError::Faucet(payer()));
}

/// The page for the authors of genesis files.
const PAGE: &str = include_str!("../../../../docs/genesis.md");

#[test]
fn the_page_names_every_field_and_its_example_is_a_genesis() {
    let mut genesis = Genesis::development();
    genesis.accounts.truncate(1);
    let value: serde_json::Value = serde_json::from_str(&genesis.to_json()).unwrap();
    for name in field_names(&value) {
        let forms = [format!("`{name}`"), format!(".{name}`"), format!("`{name}.")];
        let is_named = forms.iter().any(|form| PAGE.contains(form));
        assert!(is_named, "docs/genesis.md does not name {name}");
    }
    let examples: Vec<_> = PAGE.split("```json\n").skip(1).collect();
    assert!(!examples.is_empty());
    for example in examples {
        let json = example.split("```").next().unwrap();
        Genesis::from_json(json).unwrap();
    }
}

fn field_names(value: &serde_json::Value) -> Vec<String> {
    use serde_json::Value;
    match value {
        Value::Array(values) => values.iter().flat_map(field_names).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| std::iter::once(name.clone()).chain(field_names(value)))
            .collect(),
        _ => Vec::new(),
    }
}
