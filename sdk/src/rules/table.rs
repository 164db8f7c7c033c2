//! Every feature of `agave-feature-set` 4.2.2, ascending by name.
//!
//! Names and addresses are those of its source. The next column names the profiles in which a feature is active:
//! `mainnet` is the list that litesvm 0.16.0 carries as active on Solana's mainnet-beta, read from the cluster on
//! 2026-08-24; `all` has every feature but another agreement protocol and what belongs to it, transactions of version 1,
//! lower rent and shorter slots. The comparator checks both against those crates (`tests/comparator/src/features.rs`).
//! The last column says what the feature means for the rules here, from reading every place where 4.2.2 looks at it.

use Effect::{Fixed, Gate, Missing, Outside, Rent};

use crate::ids::decode_base58;
use crate::pubkey::Pubkey;

/// What a feature means for the rules of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It switches a rule, and both forms of the rule exist here.
    Gate,
    /// Only the active form of its rule exists here, and for nearly all of these in Solana 4.2.2 as well.
    Fixed,
    /// Only the inactive form of its rule exists here, for this reason.
    Missing(&'static str),
    /// It lowers the minimum balance per byte, which is a number of the genesis, to this one.
    Rent(u64),
    /// It concerns programs, a virtual machine, an agreement protocol or a network that do not exist here. Its account
    /// exists, and nothing else depends on it.
    Outside,
}

const AGREEMENT: &str = "its agreement protocol, with transactions and accounts of its own, is not supported";
const VERSION_1: &str = "transactions of version 1 are not supported";

/// One feature.
pub(super) struct Row {
    /// Its name in `agave-feature-set`.
    pub(super) name: &'static str,
    /// Its address.
    pub(super) id: Pubkey,
    /// Whether it is in the profile `mainnet`.
    pub(super) is_in_mainnet: bool,
    /// Whether it is in the profile `all`.
    pub(super) is_in_all: bool,
    /// What it means here.
    pub(super) effect: Effect,
}

/// Number of features.
pub(super) const COUNT: u16 = 285;

macro_rules! features {
    ($($name:literal $id:literal $profiles:ident $effect:expr;)*) => {
        [$(Row {
            name: $name,
            id: Pubkey::new(decode_base58($id)),
            is_in_mainnet: profiles(stringify!($profiles)).0,
            is_in_all: profiles(stringify!($profiles)).1,
            effect: $effect,
        }),*]
    };
}

/// Reads the column of profiles: whether it names `mainnet`, and `all`.
const fn profiles(column: &str) -> (bool, bool) {
    match column.as_bytes() {
        b"both" => (true, true),
        b"mainnet" => (true, false),
        b"all" => (false, true),
        b"neither" => (false, false),
        _ => panic!("not a column of profiles"),
    }
}

/// The features.
pub(super) static TABLE: [Row; COUNT as usize] = features! {
    "abort_on_invalid_curve" "FuS3FPfJDKSNot99ECLXtp3rueq36hMNStJkPJwWodLh" both Outside;
    "account_data_direct_mapping" "CR3dVN2Yoo95Y96kLSTaziWDAQT2MNEpiWh5cqVq2pNE" all Outside;
    "account_hash_ignore_slot" "SVn36yVApPLYsa8koK3qUcy14zXDnqkNYWyUh1f4oK1" both Outside;
    "accounts_lt_hash" "LTHasHQX6661DaDD4S6A2TFi6QBuiwXKv66fB1obfHq" both Outside;
    "add_compute_budget_program" "4d5AKtxoh93Dwm1vHXUU3iRATuMndx1c431KgT2td52r" both Fixed;
    "add_get_minimum_delegation_instruction_to_stake_program" "St8k9dVXP97xT6faW24YmRSYConLbhsMJA4TJTBLmMT" both Outside;
    "add_get_processed_sibling_instruction_syscall" "CFK1hRCNy8JJuAAY8Pb2GjLFNdCThS2qwZNe3izzBMgn" both Outside;
    "add_new_reserved_account_keys" "8U4skmMVnF6k2kMvrWbQuRUT3qQSiTYpSjqmhmgfthZu" both Fixed;
    "add_set_compute_unit_price_ix" "98std1NSHqXi9WYvFShfVepRdCoq1qvsp8fsR2XZtG8g" both Fixed;
    "add_set_tx_loaded_accounts_data_size_instruction" "G6vbf1UBok8MWb8m25ex86aoQHeKTzDKzuZADHkShqm6" both Fixed;
    "add_shred_type_to_shred_seed" "Ds87KVeqhbv7Jw8W6avsS1mqz3Mw5J3pRTpPoDQ2QdiJ" both Outside;
    "allow_commission_decrease_at_any_time" "decoMktMcnmiq6t3u7g5BfgcQu91nKZr6RvMYf9z1Jb" both Outside;
    "allow_votes_to_directly_update_vote_state" "Ff8b1fBeB86q8cjq47ZhsQLgv5EkHu3G1C99zjUfAzrq" both Outside;
    "alpenglow" "a1penGLz8Vm2QHYB3JPefBiU4BY3Z6JkW2k3Scw5GWP" neither Missing(AGREEMENT);
    "alpenglow_fast_leader_handover" "FLHoAWBDjNh6zwmJ5i1NKK4KyD8otAiv7XxvmnFnVnKH" neither Missing(AGREEMENT);
    "alt_bn128_little_endian" "bn2oPgpkzQPT3tohMaAsMVGjhDmmDa4jCaVPqCFmtxM" both Outside;
    "apply_cost_tracker_during_replay" "2ry7ygxiYURULZCrypHhveanvP5tzZ4toRwVp89oCNSj" both Outside;
    "bank_transaction_count_fix" "Vo5siZ442SaZBKPXNocthiXysNviW4UYPwRFggmbgAp" both Fixed;
    "better_error_codes_for_tx_lamport_check" "Ffswd3egL3tccB6Rv3XY6oqfdzn913vUcjCSnpvCKpfx" both Fixed;
    "blake3_syscall_enabled" "HTW2pSyErTj4BV6KBM9NZ9VBUJVxt7sacNWcf76wtzb3" all Outside;
    "block_revenue_sharing" "B1ockRevenueSharing111111111111111111111111" all Outside;
    "bls_pubkey_management_in_vote_account" "AnAP9zPV4KL7czAPQbFhpDKV2tx7g4UGNbK9wvXwjaRo" both Gate;
    "cap_accounts_data_allocations_per_transaction" "9gxu85LYRAcZL38We8MYJ4A9AwgBBPtVBAqebMcT1241" both Fixed;
    "cap_bpf_program_instruction_accounts" "9k5ijzTbYPtjzu8wj2ErH9v45xecHzQ1x4PMYMMxFgdM" both Outside;
    "cap_transaction_accounts_data_size" "DdLwVYuvDz26JohmgSbA7mjpJFgX5zP2dkp8qsF2C33V" both Fixed;
    "chained_merkle_conflict_duplicate_proofs" "chaie9S2zVfuxJKNRGkyTDokLwWxx6kD2ZLsqQHaDD8" all Outside;
    "check_init_vote_data" "3ccR6QpxGYsAbWyfevEtBNGfWV4xBffxRj2tD6A9i39F" both Outside;
    "check_physical_overlapping" "nWBqjr3gpETbiaVj3CBJ3HFC5TMdnJDGt21hnvSTvVZ" both Outside;
    "check_slice_translation_size" "GmC19j9qLn2RFk5NduX6QXaDhVpGncVVBzyM8e9WMz2F" both Outside;
    "check_syscall_outputs_do_not_overlap" "3uRVPBpyEJRo1emLCrq38eLRFGcu6uKSpUXqGvU8T7SZ" both Outside;
    "checked_arithmetic_in_fee_validation" "5Pecy6ie6XGm22pc9d4P9W5c31BugcFBuy6hsP2zkETv" both Fixed;
    "clean_up_delegation_errors" "Bj2jmUsM2iRhfdLLDSTkhM5UQRQvQHm57HSmPibPtEyu" both Outside;
    "commission_rate_in_basis_points" "Eg7tXEwMZzS98xaZ1YHUbdRHsaYZiCsSaR6sKgxreoaj" both Outside;
    "commission_updates_only_allowed_in_first_half_of_epoch" "noRuG2kzACwgaY7TVmLRnUNPLKNVQE1fb7X55YWBehp" both Outside;
    "compact_vote_state_updates" "86HpNqzutEZwLcPxS6EHDcMNYWk6ikhteg9un7Y2PBKE" both Outside;
    "consume_blockstore_duplicate_proofs" "6YsBCejwK96GZCkJ6mkZ4b68oP63z2PLoQmWjC7ggTqZ" both Outside;
    "cost_model_requested_write_lock_cost" "wLckV1a64ngtcKPRGU4S4grVTestXjmNjxBjaKZrAcn" both Fixed;
    "create_account_allow_prefund" "6sPDzwyARRExKH52LECxcGoqziH8G7SZofwuxi8Ja331" both Gate;
    "credits_auto_rewind" "BUS12ciZ5gCoFafUHWW8qaFMMtwFQGVxjsDheWLdqBE2" both Outside;
    "curve25519_restrict_msm_length" "eca6zf6JJRjQsYYPkBHF3N32MTzur4n2WL4QiiacPCL" both Outside;
    "curve25519_syscall_enabled" "7rcw5UtqgDTBBv2EcynNfYckgdAaH1MAsCjKgXMkN7Ri" both Outside;
    "custom_commission_collector" "3HcSrCTGXTUnrTueHi4DAwNuMxZSsm5xui2Ax3mgxHqf" all Outside;
    "dedupe_config_program_signers" "8kEuAshXLsgkUEdcFVLqrjCGGHVWFW99ZZpxvAzzMtBp" both Outside;
    "default_units_per_instruction" "J2QdYx8crLbTVK8nur1jeLsmc3krDbfjoxoea2V1Uy5Q" both Fixed;
    "define_ltds_fee_only_semantics" "LTDSzjZKFJMKHYpNycG1FrWwGGTaFFwqEFjB5GGLNVD" both Fixed;
    "delay_commission_updates" "76dHtohc2s5dR3ahJyBxs7eJJVipFkaPdih9CLgTTb4B" both Outside;
    "delay_visibility_of_program_deployment" "GmuBvtFb2aHfSfMXpuFeWZGHyDeCLPS79s48fmCWCfM5" both Fixed;
    "demote_program_write_locks" "3E3jV7v9VcdJL8iYZUMax9DiDno8j7EWUVbhm9RtShj2" both Fixed;
    "deplete_cu_meter_on_vm_failure" "B7H2caeia4ZFcpE3QcgMqbiWiBtWrdBRBSJ1DY6Ktxbq" both Outside;
    "deprecate_legacy_vote_ixs" "depVvnQ2UysGrhwdiwU42tCadZL8GcBb1i2GYhMopQv" all Outside;
    "deprecate_rent_exemption_threshold" "rent6iVy6PDoViPBeJ6k5EJQrkj62h7DPyLbWGHwjrC" both Fixed;
    "deprecate_rewards_sysvar" "GaBtBJvmS4Arjj5W1NmFcyvPjsHN38UGYDq2MDwbs9Qu" both Outside;
    "deprecate_unused_legacy_vote_plumbing" "6Uf8S75PVh91MYgPQSHnjRAPQq6an5BDv9vomrCwDqLe" both Outside;
    "direct_account_pointers_in_program_input" "ptr9umikaeAS7ZBBp2fsfRhie16F1V2jCKA2y6gXNAK" all Outside;
    "disable_account_loader_special_case" "EQUMpNFr7Nacb1sva56xn1aLfBxppEoSBH8RRVdkcD1x" both Fixed;
    "disable_bpf_deprecated_load_instructions" "3XgNukcZWf9o3HdA3fpJbm94XFc4qpvTXc8h1wxYwiPi" both Outside;
    "disable_bpf_loader_instructions" "7WeS1vfPRgeeoXArLh7879YcB9mgE9ktjPDtajXeWfXn" both Outside;
    "disable_bpf_unresolved_symbols_at_runtime" "4yuaYAj2jGMGTh1sSmi4G2eFscsDq8qjugJXZoBN6YEa" both Outside;
    "disable_builtin_loader_ownership_chains" "4UDcAfQ6EcA6bdcadkeHpkarkhZGJ7Bpq7wTAiRMjkoi" both Fixed;
    "disable_cpi_setting_executable_and_rent_epoch" "B9cdB55u4jQsDNsdTK525yE9dmSc5Ga7YBaBrDFvEhM9" both Outside;
    "disable_deploy_of_alloc_free_syscall" "79HWsX9rpnnJBPcdNURVqygpMAfxdrAirzAGAVmf92im" both Outside;
    "disable_deprecated_loader" "GTUMCZ8LTNxVfxdrw7ZsDFTxXb7TutYkzJnFwinpE6dg" both Outside;
    "disable_fee_calculator" "2jXx2yDmGysmBKfKYNgLj2DQyAQv6mMk2BPh4eSbyB4H" both Fixed;
    "disable_fees_sysvar" "JAN1trEUEtZjgXYzNBYHU9DYd7GnThhXfFP7SzPXkPsG" both Outside;
    "disable_partitioned_rent_collection" "2B2SBNbUcr438LtGXNcJNBP2GBSxjx81F945SdSkUSfC" both Fixed;
    "disable_rehash_for_rent_epoch" "DTVTkmw3JSofd8CJVJte8PXEbxNQ2yZijvVr3pe2APPj" both Outside;
    "disable_rent_fees_collection" "CJzY83ggJHqPGDq8VisV3U91jDJLuEaALZooBrXtnnLU" both Fixed;
    "disable_sbpf_v0_execution" "TestFeature11111111111111111111111111111111" all Outside;
    "disable_sbpf_v0_v1_v2_deployment" "B8JJXCy5amZyWG9r7EnUYLwzXSXTxG7GZ1qZ1qggo83g" all Outside;
    "disable_turbine_fanout_experiments" "turbnbNRp22nwZCmgVVXFSshz7H7V23zMzQgA46YpmQ" both Outside;
    "disable_zk_elgamal_proof_program" "zkdoVwnSFnSLtGJG7irJPEYUpmb4i7sGMGcnN6T9rnC" both Outside;
    "discard_unexpected_data_complete_shreds" "disCA4efguFL6Wqa4pGdG7jpjC7C5uiKzKnhEBqchBe" both Outside;
    "do_support_realloc" "75m6ysz33AfLA5DDEzWM1obBrnPQRSsdVQ2nRmc8Vuu1" both Fixed;
    "drop_legacy_shreds" "GV49KKQdBNaiv2pgqhS2Dy3GWYJGXMTVYbYkdk91orRy" both Outside;
    "drop_redundant_turbine_path" "4Di3y24QFLt5QEUPZtbnjyfQKfm6ZMTfa6Dw1psfoMKU" both Outside;
    "drop_unchained_merkle_shreds" "5KLGJSASDVxKPjLCDWNtnABLpZjsQSrYZ8HKwcEdAMC8" both Outside;
    "ed25519_precompile_verify_strict" "ed9tNscbWLYBooxWA7FE2B5KHWs8A6sxfY8EzezEcoo" both Outside;
    "ed25519_program_enabled" "6ppMXNYLhVd7GcsZ5uV11wQEW7spppiMVfqQv5SXhDpX" both Fixed;
    "enable_alt_bn128_compression_syscall" "EJJewYSddEEtSZHiqugnvhQHiWyZKjkFDQASd7oKSagn" both Outside;
    "enable_alt_bn128_g2_syscalls" "bn1hKNURMGQaQoEVxahcEAcqiX3NwRs6hgKKNSLeKxH" both Outside;
    "enable_alt_bn128_syscall" "A16q37opZdQMCbe5qJ6xpBB9usykfv8jZaMkxvZQi4GJ" both Outside;
    "enable_big_mod_exp_syscall" "EBq48m8irRKuE7ZnMTLvLg2UuGSqhe8s8oMqnmja1fJw" all Outside;
    "enable_bls12_381_syscall" "b1sgUiJ3qu7hYm3tNDyyqZNQd6gLGJmJppnLNa93PCQ" both Outside;
    "enable_bpf_loader_extend_program_ix" "8Zs9W7D9MpSEtUWSQdGniZk2cNmV22y6FLJwCx53asme" both Outside;
    "enable_bpf_loader_set_authority_checked_ix" "5x3825XS7M2A3Ekbn5VGGkvFoAg5qrRWkTrY4bARP1GL" both Outside;
    "enable_chained_merkle_shreds" "7uZBkJXJ1HkuP6R3MJfZs7mLwymBcDbKdqbF51ZWLier" both Outside;
    "enable_durable_nonce" "4EJQtF2pkRyawwcTVfQutzq4Sa5hRhibF6QAK1QXhtEX" both Fixed;
    "enable_early_verification_of_account_modifications" "7Vced912WrRnfjaiKRiNBcbuFw7RrnLv3E3z95Y4GTNc" both Fixed;
    "enable_extend_program_checked" "ExtendProgCheckedWi11BeDe1eted11111111111111" all Outside;
    "enable_get_epoch_stake_syscall" "FKe75t4LXxGaQnVHdUKM6DSFifVVraGZ8LyNo7oPwy1Z" both Outside;
    "enable_gossip_duplicate_proof_ingestion" "FNKCMBzYUdjhHyPdsKG2LSmdzH8TCHXn3ytj8RNBS4nG" both Outside;
    "enable_loader_v4" "LoaderV4WasAbandoned11111111111111111111111" all Outside;
    "enable_poseidon_syscall" "FL9RsQA6TVUoh5xJQ9d936RHSebA1NLQqe3Zv9sXZRpr" both Outside;
    "enable_program_redeployment_cooldown" "J4HFT8usBxpcF63y46t1upYobJgChmKyZPm5uTBRg25Z" both Fixed;
    "enable_request_heap_frame_ix" "Hr1nUA9b7NJ6eChS26o7Vi8gYYDDwWD3YeBfzJkTbU86" both Fixed;
    "enable_sbpf_v1_deployment_and_execution" "JE86WkYvTrzW8HgNmrHY7dFYpCmSptUpKupbo2AdQ9cG" both Outside;
    "enable_sbpf_v2_deployment_and_execution" "F6UVKh1ujTEFK3en2SyAL3cdVnqko1FVEXWhmdLRu6WP" both Outside;
    "enable_sbpf_v3_deployment_and_execution" "5cC3foj77CWun58pC51ebHFUWavHWKarWyR5UUik7dnC" both Outside;
    "enable_secp256r1_precompile" "srremy31J5Y25FrAApwVb9kZcfXbusYMMsvTK9aWv5q" both Fixed;
    "enable_sha512_syscall" "s512oDwgx8hjMnaQjXfqqrZroVj4HvC6TkN3iSSWXCh" all Outside;
    "enable_tower_sync_ix" "tSynMCspg4xFiCj1v3TDb4c7crMR5tSBhLz4sF7rrNA" both Outside;
    "enable_transaction_loading_failure_fees" "PaymEPK2oqwT9TXAVfadjztH2H6KfLEB9Hhd5Q5frvP" both Fixed;
    "enable_turbine_extended_fanout_experiments" "turbRpTzBzDU6PJmWvRTbcJXXGxUs19CvQamUrRD9bN" all Outside;
    "enable_turbine_fanout_experiments" "D31EFnLgdiysi84Woo3of4JMu7VmasUS3Z7j9HYXCeLY" both Outside;
    "enable_tx_v1" "txv1aq4pp281K9um3tnPgkfX8UqtFT6wcVW3hNezGLL" neither Missing(VERSION_1);
    "enable_vote_address_leader_schedule" "5JsG4NWH8Jbrqdd8uL6BNwnyZK3dQSoieRXG5vmofj9y" both Outside;
    "enable_zk_proof_from_account" "zkiTNuzBKxrCLMKehzuQeKZyLtX2yvFcEKMML8nExU8" all Outside;
    "enable_zk_transfer_with_fee" "zkNLP7EQALfC1TYeB3biDU7akDckj8iPkvh9y2Mt2K3" all Outside;
    "enforce_fixed_fec_set" "fixfecLZYMfkGzwq6NJA11Yw6KYztzXiK9QcL3K78in" both Outside;
    "epoch_accounts_hash" "5GpmAKxaGsWWbPp4bNXFLJxZVvG92ctxf7jQnzTQjF3n" both Outside;
    "error_on_syscall_bpf_function_hash_collisions" "8199Q2gMD2kwgfopK5qqVWuDbegLgpuFUFHCcUJQDN8b" both Outside;
    "evict_invalid_stakes_cache_entries" "EMX9Q7TVFAmQ9V1CggAkhMzhXSg8ECp7fHrWQX2G1chf" both Outside;
    "executables_incur_cpi_data_cost" "7GUcYgq4tVtaqNCKT3dho9r4665Qp5TxCZ27Qgjx3829" both Outside;
    "filter_stake_delegation_accounts" "GE7fRxmW46K6EmCD9AMZSbnaJ2e3LfqCZzdHi9hmYAgi" both Outside;
    "filter_votes_outside_slot_hashes" "3gtZPqvPpsbXZVCx6hceMfWxtsmrjMzmg8C7PLKSxS2d" both Outside;
    "fix_alt_bn128_multiplication_input_length" "bn2puAyxUx6JUabAxYdKdJ5QHbNNmKw8dCGuGCyRrFN" both Outside;
    "fix_alt_bn128_pairing_length_check" "bnYzodLwmybj7e1HAe98yZrdJTd7we69eMMLgCXqKZm" both Outside;
    "fix_recent_blockhashes" "6iyggb5MTcsvdcugX7bEKbHV8c6jdLbpHwkncrgLMhfo" both Fixed;
    "fixed_memcpy_nonoverlapping_check" "36PRUK2Dz6HWYdG9SpjeAsF5F3KxnFCakA2BZMbtMhSb" both Outside;
    "formalize_loaded_transaction_data_size" "DeS7sR48ZcFTUmt5FFEVDr1v1bh73aAbZiZq3SYr8Eh8" both Fixed;
    "full_inflation::devnet_and_testnet" "DT4n6ABDqs6w4bnfwrXT9rsprcPf6cdDga1egctaPkLC" all Outside;
    "full_inflation::mainnet::certusone::enable" "7XRJcS5Ud5vxGB54JbK9N2vBZVwnwdBNeJW1ibRgD9gx" both Outside;
    "full_inflation::mainnet::certusone::vote" "BzBBveUDymEYoYzcMWNQCx3cd4jQs7puaVFHLtsbB6fm" both Outside;
    "get_sysvar_syscall_enabled" "CLCoTADvV64PSrnR6QXty6Fwrt9Xc6EdxSJE4wLRePjq" both Outside;
    "include_account_index_in_rent_error" "2R72wpcQ7qV7aTJWUumdn8u5wmmTyXbK7qzEy7YSAgyY" both Fixed;
    "include_loaded_accounts_data_size_in_fee_calculation" "EaQpmC6GtRssaZ3PCUM5YksGqUdMLeZ46BQXYtHYakDS" all Outside;
    "increase_cpi_account_info_limit" "H6iVbVaDZgDphcPbcZwc5LoznMPWQfnJ1AM7L1xzqvt5" both Fixed;
    "increase_tx_account_lock_limit" "9LZdXeKGeBV6hRLdxS1rHbHoEUsKqesCC2ZAPTPKJAbK" all Gate;
    "incremental_snapshot_only_incremental_hash_calculation" "25vqsfjk7Nv1prsQJmA4Xu1bN61s8LXCBGUPp8Rfy1UF" both Outside;
    "index_erasure_conflict_duplicate_proofs" "dupPajaLy2SSn8ko42aZz4mHANDNrLe8Nw8VQgFecLa" both Outside;
    "instructions_sysvar_owned_by_sysvar" "H3kBSaKdeiUsyHmeHqjJYNc27jesXZ6zWj3zWkowQbkV" both Fixed;
    "last_restart_slot_sysvar" "HooKD5NC9QNxk25QuzCssB8ecrEzGt6eXEPBUxWp1LaR" both Outside;
    "leave_nonce_on_success" "E8MkiWZNNPGU6n55jkGzyj8ghUmjCHRmDFdYYFYHxWhQ" both Fixed;
    "libsecp256k1_0_5_upgrade_enabled" "DhsYfRjxfnh2g7HKJYSzT79r74Afa1wbHkAgHndrA1oy" both Outside;
    "libsecp256k1_fail_on_bad_count" "8aXvSuopd1PUj7UhehfXJRg6619RHp8ZvwTyyJHdUYsj" all Outside;
    "libsecp256k1_fail_on_bad_count2" "54KAoNiUERNoWWUhTWWwXgym94gzoXFVnHyQwPA18V9A" both Outside;
    "limit_instruction_accounts" "6aHuNsUmwSzCEMjrBzBCYaxHAyAcQBjVES92JigHBDuC" both Fixed;
    "limit_max_instruction_trace_length" "GQALDaC48fEhZGWRj9iL5Q889emJKcj3aCvHF7VCbbF4" both Fixed;
    "limit_secp256k1_recovery_id" "7g9EUwj4j7CS21Yx1wvgWLjSZeh5aPq8x9kpoPwXM8n8" both Outside;
    "loader_v3_minimum_extend_program_size" "YbbRLkvenrocjGPGyoQE4wjnvYzTgfsk38NFmcYK7a5" both Outside;
    "loosen_cpi_size_restriction" "GDH5TVdbTPUpRnXaRyQqiKUa7uZAbZ28Q2N9bhbKoMLm" both Fixed;
    "mask_out_rent_epoch_in_vm_serialization" "RENtePQcDLrAbxAsP3k8dwVcnNYQ466hi2uKvALjnXx" both Outside;
    "max_tx_account_locks" "CBkDroRDqm8HwHe6ak9cguPjUomrASEkfmxEaZ5CNNxz" both Fixed;
    "merge_nonce_error_into_system_error" "21AWDosvp3pBamFW91KB35pNoaoZVTM7ess8nr2nt53B" both Fixed;
    "merkle_conflict_duplicate_proofs" "mrkPjRg79B2oK2ZLgd7S3AfEJaX9B6gAF3H9aEykRUS" both Outside;
    "migrate_address_lookup_table_program_to_core_bpf" "C97eKZygrkU4JxJsZdjgbUY7iQR7rKTr4NyDWo2E5pRm" both Fixed;
    "migrate_config_program_to_core_bpf" "2Fr57nzzkLYXW695UdDxDeR5fhnZWSttZeZYemrnpGFV" both Outside;
    "migrate_feature_gate_program_to_core_bpf" "4eohviozzEeivk1y9UbrnekbAFMDQyJz5JjA9Y6gyvky" both Outside;
    "migrate_stake_program_to_core_bpf" "6M4oQ6eXneVhtLoiAr4yRYQY43eVLjrKbiDZDJc892yk" both Outside;
    "move_precompile_verification_to_svm" "9ypxGLzkMxi89eDerRKXWDXe44UY2z4hBig4mDhNq5Dp" both Outside;
    "move_serialized_len_ptr_in_cpi" "74CoWuBmt3rUVUrCb2JiSTvh6nXyBWUsK4SaMj3CtE3T" both Outside;
    "move_stake_and_move_lamports_ixs" "7bTK6Jis8Xpfrs8ZoUfiMDPazTcdPcTWheZFJTA5Z6X4" both Outside;
    "native_programs_consume_cu" "8pgXCMNXC8qyEFypuwpXyRxLXZdpM4Qo72gJ6k87A6wL" both Fixed;
    "no_overflow_rent_distribution" "4kpdyrcj5jS47CZb2oJGfVxjYbsMm2Kx97gFyZrxxwXz" both Outside;
    "nonce_must_be_advanceable" "3u3Er5Vc2jVcwz4xr2GJeSAXT3fAj6ADHZ4BJMZiScFd" both Fixed;
    "nonce_must_be_authorized" "HxrEu1gXuH7iD3Puua1ohd5n4iUKJyFNtNxk9DVJkvgr" both Fixed;
    "nonce_must_be_writable" "BiCU7M5w8ZCMykVSyhZ7Q3m2SWoR2qrEQ86ERcDX77ME" both Fixed;
    "on_load_preserve_rent_epoch_for_rent_exempt_accounts" "CpkdQmspsaZZ8FVAouQTtTWZkc8eeQ7V3uj7dWz543rZ" both Outside;
    "optimize_epoch_boundary_updates" "265hPS8k8xJ37ot82KEgjRunsUp5w4n4Q4VwwiN9i9ps" both Outside;
    "partitioned_epoch_rewards_superfeature" "PERzQrt5gBD1XEe2c9XdFWqwgHY3mr7cYWbm5V772V8" both Outside;
    "pico_inflation" "4RWNif6C2WCNiKVW7otP4G7dkmkHGyKQWRpuZ1pxKU5m" both Outside;
    "poseidon_enforce_padding" "poUdAqRXXsNmfqAZ6UqpjbeYgwBygbfQLEvWSqVhSnb" both Outside;
    "preserve_rent_epoch_for_rent_exempt_accounts" "HH3MUYReL2BvqqA3oEcAa7txju5GY6G4nxJ51zvsEjEZ" both Outside;
    "prevent_calling_precompiles_as_programs" "4ApgRX3ud6p7LNMJmsuaAcZY5HWctGPr5obAsjB3A54d" both Outside;
    "prevent_crediting_accounts_that_end_rent_paying" "812kqX67odAp5NFwM8D2N24cku7WTm9CHUTFUXaDkWPn" both Fixed;
    "prevent_rent_paying_rent_recipients" "Fab5oP3DmsLYCiQZXdjyqT3ukFFPrsmqhXU4WU1AWVVF" both Outside;
    "provide_instruction_data_offset_in_vm_r2" "5xXZc66h4UdB6Yq7FzdBxBiRAFMMScMLwHxk2QZDaNZL" both Outside;
    "quick_bail_on_panic" "DpJREPyuMZ5nDfU6H3WTqSqUFSXAfw8u7xqmWtEwJDcP" both Outside;
    "raise_account_cu_limit" "htsptAwi2yRoZH83SKaUXykeZGtZHgxkS2QwW1pssR8" both Fixed;
    "raise_block_limits_to_100m" "P1BCUMpAC7V2GRBRiJCNUgpMyWZhoqt3LKo712ePqsz" both Gate;
    "raise_block_limits_to_50m" "5oMCU3JPaFLr8Zr4ct7yFA7jdk6Mw1RmB8K4u9ZbS42z" both Fixed;
    "raise_block_limits_to_60m" "6oMCUgfY6BzZ6jwB681J6ju5Bh6CjVXbd7NeWYqiXBSu" both Fixed;
    "raise_cpi_nesting_limit_to_8" "6TkHkRmP7JZy1fdM6fg5uXn76wChQBWGokHBJzrLB3mj" all Gate;
    "record_instruction_in_transaction_context_push" "3aJdcZqxoLpSBxgeYGjPwaYS1zzcByxUDqJkbzWAH1Zb" both Fixed;
    "reduce_required_deploy_balance" "EBeznQDjcPG8491sFsKZYBi5S5jTVXMpAKNDJMQPS2kq" both Outside;
    "reduce_slot_time_to_200ms" "iBRLjhJnkmDZgNoZRDMW11d8ZV7HvsL3vAyRjZB5npW" neither Gate;
    "reduce_slot_time_to_250ms" "iBRLMc81UjRa8fn8A6eE8bJTnRbgQoPTynM51akENCV" neither Gate;
    "reduce_slot_time_to_300ms" "iBRLL3k18HST852F1Mf3Lv83waTNQmmqvKDxvYGwQFL" neither Gate;
    "reduce_slot_time_to_350ms" "iBRL5RuWhw4yqaAZu96RUULHckHTZAoe2b77qaV38JZ" mainnet Gate;
    "reduce_stake_warmup_cooldown" "GwtDQBghCTBgmX2cpEGNPxTEBUTQRaDMGTr5qychdGMj" both Outside;
    "reenable_sbpf_v0_execution" "TestFeature21111111111111111111111111111111" all Outside;
    "reenable_zk_elgamal_proof_program" "zkexuyPRdyTVbZqEAREueqL2xvvoBhRgth9xGSc1tMN" both Outside;
    "reject_callx_r10" "3NKRSwpySNwD3TvP5pHnRmkAQRsdkXWRr1WaQh8p4PWX" both Outside;
    "reject_empty_instruction_without_program" "9kdtFSrXHQg3hKkbXkQ6trJ3Ja1xpJ22CTFSNAciEwmL" both Fixed;
    "reject_non_rent_exempt_vote_withdraws" "7txXZZD6Um59YoLMF7XUNimbMjsqsWhc7g2EniiTrmp1" both Outside;
    "reject_vote_account_close_unless_zero_credit_epoch" "ALBk3EWdeAg2WAGf6GPDUf1nynyNqCdEVmgouG7rpuCj" both Outside;
    "relax_authority_signer_check_for_lookup_table_creation" "FKAcEvNgSY79RpqsPNUV5gDyumopH4cEHqUxyfm8b8Ap" both Fixed;
    "relax_intrabatch_account_locks" "4WeHX6QoXCCwqbSFgi6dxnB6QsPo6YApaNTH7P4MLQ99" both Outside;
    "relax_post_exec_min_balance_check" "BY4JhHLahVzS9ynfDz4exzGPbVXhFmJvEyMWsXbDBqME" all Gate;
    "relax_programdata_account_check_migration" "rexav5eNTUSNT1K2N7cfRjnthwhcP5BC25v2tA4rW4h" both Outside;
    "remaining_compute_units_syscall_enabled" "5TuppMutoyzhUSfuYdhgzD47F92GL1g89KpCZQKqedxP" all Outside;
    "remove_accounts_delta_hash" "LTdLt9Ycbyoipz5fLysCi1NnDnASsZfmJLJXts5ZxZz" both Outside;
    "remove_accounts_executable_flag_checks" "FXs1zh47QbNnhXcnB6YiAQoJ4sGB91tKF3UFHLcKT7PM" both Fixed;
    "remove_bpf_loader_incorrect_program_id" "2HmTkCj9tXuPE4ueHzdD7jPeMf9JGCoZh5AsyoATiWEe" both Outside;
    "remove_congestion_multiplier_from_fee_calculation" "A8xyMHZovGXFkorFqEmVH2PKGLiBip5JD7jt4zsUWo4H" both Fixed;
    "remove_deprecated_request_unit_ix" "EfhYd3SafzGT472tYQDUc4dPd2xdEfKs5fwkowUgVt4W" both Fixed;
    "remove_native_loader" "HTTgmruMYRZEntyL3EdCDdnS6e4D5wRq1FA7kQsb66qq" both Fixed;
    "remove_rounding_in_fee_calculation" "BtVN7YjDzNE6Dk7kTT7YTDgMNUZTNgiSJgsdzAeTg2jF" both Fixed;
    "remove_simple_vote_from_cost_model" "2GCrNXbzmt4xrwdcKS2RdsLzsgu4V5zHAemW57pcHT6a" both Fixed;
    "rent_for_sysvars" "BKCPBQQBZqggVnFso5nQ8rQ4RwwogYwjuUt9biBjxwNF" both Outside;
    "replace_spl_token_with_p_token" "ptokFjwyJtrwCa9Kgo9xoDS59V4QccBGEaRFnRPnSdP" both Outside;
    "requestable_heap_size" "CCu4boMmfLuqcmfTLPHQiUo22ZdUsXjgzPAURYaWt1Bw" both Fixed;
    "require_custodian_for_locked_stake_authorize" "D4jsDcXaqdW8tDAWn8H4R25Cdns2YwLneujSL1zvjW6R" both Outside;
    "require_rent_exempt_accounts" "BkFDxiJQWZXGTZaJQxH7wVEHkAmwCgSEVkrvswFfRJPD" both Fixed;
    "require_rent_exempt_split_destination" "D2aip4BBr8NPWtU9vLrwrBvbuaQ8w1zV38zFLxx4pfBV" both Outside;
    "require_static_nonce_account" "7VVhpg5oAjAmnmz1zCcSHb2Z9ecZB2FQqpnEwReka9Zm" both Fixed;
    "require_static_program_ids_in_transaction" "8FdwgyHFEjhAdjWfV2vfqk7wA1g9X3fQpKH7SBpEv3kC" both Fixed;
    "reserve_minimal_cus_for_builtin_instructions" "C9oAhLxDBm3ssWtJx1yBGzPY55r2rArHmN1pbQn6HogH" both Fixed;
    "return_data_syscall_enabled" "DwScAzPUjuv65TMbDnFY7AgwmotzWy3xpEJMXM3hZFaB" both Fixed;
    "revise_turbine_epoch_stakes" "BTWmtJC8U5ZLMbBUUA1k6As62sYjPEjAiNAT55xYGdJU" both Outside;
    "reward_full_priority_fee" "3opE3EzAKnUftUDURkzMgwpNgimBAypW1mNDYH4x4Zg7" both Fixed;
    "round_up_heap_size" "CE2et8pqgyQMP2mQRg3CgvX8nJBKUArMu3wfiQiQKY1y" both Outside;
    "secp256k1_program_enabled" "E3PHP7w8kB7np3CTQ1qQ2tW3KCtjRSXBQgW9vM2mWv2Y" both Fixed;
    "secp256k1_recover_syscall_enabled" "6RvdSWHh8oh72Dp7wMTS2DBkf3fRPtChfNrAo3cZZoXJ" both Outside;
    "send_to_tpu_vote_port" "C5fh68nJ7uyKAuYZg2x9sEQ5YrVf3dkW6oojNBSc3Jvo" both Outside;
    "separate_nonce_from_blockhash" "Gea3ZkK2N4pHuVZVxWcnAtS6UEDdyumdYt4pFcKjA3ar" both Fixed;
    "set_exempt_rent_epoch_max" "5wAGiy15X1Jb2hkHnPDCM8oB9V42VNA9ftNVFK84dEgv" both Fixed;
    "set_lamports_per_byte_to_1322" "GsUBNYNDPdMLHPD37TToHzrzcNcjpC9w5n1EcJk5iTaM" neither Rent(1_322);
    "set_lamports_per_byte_to_2575" "Ftxb3ZKq7aNqgxDBbP7EonvR2RszZk9ctjdsTX38kQaz" neither Rent(2_575);
    "set_lamports_per_byte_to_5080" "61BtM7BkDEE8Yq5fskEVAQT9mYA8qCejJWoLe5apqg81" neither Rent(5_080);
    "set_lamports_per_byte_to_6333" "4a6f7o7iTcA8hRDCrPLkSatnt5Ykxiu36wo5p1Tt12wC" neither Rent(6_333);
    "set_lamports_per_byte_to_696" "mZdnRh9T2EbDNvqKjkCR3bvo5c816tJaojtE9Xs7iuY" neither Rent(696);
    "set_lamports_per_byte_to_6960" "5AqsUgSb6cgLizSaNiFn3o9XB7VUtKDtDZfcKEjEDmni" all Outside;
    "simplify_alt_bn128_syscall_error_codes" "JDn5q3GBeqzvUa7z67BbmVHVdE3EbUAjvFep3weR3jxX" both Outside;
    "simplify_writable_program_account_check" "5ZCcFAzJ1zsFKe1KSZa9K92jhx7gkcKj97ci2DBo1vwj" both Fixed;
    "skip_rent_rewrites" "CGB2jM8pwZkeeiXQ66kBMyBR6Np61mggL7XUsmLjVcrw" both Fixed;
    "snapshots_lt_hash" "LTsNAP8h1voEVVToMNBNqoiNQex4aqfUrbFhRH3mSQ2" both Outside;
    "sol_log_data_syscall_enabled" "6uaHcKPGUy4J7emLBgUTeufhJdiwhngW6a1R9B7c2ob9" both Fixed;
    "spl_associated_token_account_v1_0_4" "FaTa4SpiaSNH44PGC4z8bnGVTkSRYaWvrBs3KTu8XQQq" both Outside;
    "spl_associated_token_account_v1_1_0" "FaTa17gVKoqbh38HcfiQonPsAaQViyDCCSg71AubYZw8" both Outside;
    "spl_token_v2_multisig_fix" "E5JiFDQCwyC6QfT9REFyMpfK2mHcmv1GUDySU1Ue7TYv" both Outside;
    "spl_token_v2_self_transfer_fix" "BL99GYhdjjcv6ys22C9wPgn2aTVERDbPHHo4NbS3hgp7" both Outside;
    "spl_token_v2_set_authority_fix" "FToKNBYyiF4ky9s8WsmLBXHCht17Ek7RXaLZGHzzQhJ1" both Outside;
    "spl_token_v3_3_0_release" "Ftok2jhqAqxUWEiCVRrfRs9DPppWP8cgTB7NQNKL88mS" both Outside;
    "spl_token_v3_4_0" "Ftok4njE8b7tDffYkC5bAbCaQv5sL6jispYrprzatUwN" both Outside;
    "stake_allow_zero_undelegated_amount" "sTKz343FM8mqtyGvYWvbLpTThw3ixRM4Xk8QvZ985mw" both Outside;
    "stake_deactivate_delinquent_instruction" "437r62HoAdUb63amq3D7ENnBLDhHT2xY8eFkLJYVKK4x" both Outside;
    "stake_merge_with_unmatched_credits_observed" "meRgp4ArRPhD3KtCY9c5yAf2med7mBLsjKTPeVUHqBL" both Outside;
    "stake_program_advance_activating_credits_observed" "SAdVFw3RZvzbo6DvySbSdBnHN4gkzSTH9dSxesyKKPj" both Outside;
    "stake_raise_minimum_delegation_to_1_sol" "9onWzzvCzNC2jfhxxeqRgs5q7nFAAKpCUvkj6T6GJK9i" all Outside;
    "stake_split_uses_rent_sysvar" "FQnc7U4koHqWgRvFaBJjZnV8VPg6L6wWK33yJeDp4yvV" both Outside;
    "stakes_remove_delegation_if_inactive" "HFpdDDNQjvcXnXKec697HDDsyk6tFoWS2o8fkxuhQZpL" both Outside;
    "static_instruction_limit" "64ixypL1HPu8WtJhNSMb9mSgfFaJvsANuRkTbHyuLfnx" both Fixed;
    "stop_sibling_instruction_search_at_parent" "EYVpEP7uzH1CoXzbD6PubGhYmnxRXPeq3PPsm1ba3gpo" both Outside;
    "stop_truncating_strings_in_syscalls" "16FMCmgLzCNNz6eTwGanbyN2ZxvTBSLuQ6DZhgeMshg" both Outside;
    "switch_to_chacha8_turbine" "CHaChatUnR3s6cPyPMMGNJa3VdQQ8PNH2JqdD4LpCKnB" both Outside;
    "switch_to_new_elf_parser" "Cdkc8PPTeTNUPoZEfCY5AyetUrEdkZtNPMgz58nqyaHD" both Outside;
    "syscall_parameter_address_restrictions" "EDGMC5kxFxGk4ixsNkGt8bW7QL5hDMXnbwaZvYMwNfzF" both Outside;
    "syscall_saturated_math" "HyrbKftCdJ5CrUfEti6x26Cj7rZLNe32weugk7tLcWb8" both Outside;
    "system_transfer_zero_check" "BrTR9hzw4WBGFP65AJMbpAo64DcA3U6jdPSga9fMV5cS" both Fixed;
    "timely_vote_credits" "tvcF6b1TRz353zKuhBjinZkKzjmihXmBAHJdjNYw1sQ" both Outside;
    "tx_wide_compute_cap" "5ekBxc8itEnPv4NzGJtr8BVVQLNMQuLMNQQj7pHoLNZ9" both Fixed;
    "update_hashes_per_tick" "3uFHb9oKdGfgZGJK9EHaAXN4USvnQtAFC13Fh5gGFS5B" both Outside;
    "update_hashes_per_tick2" "EWme9uFqfy1ikK1jhJs8fM5hxWnK336QJpbscNtizkTU" both Outside;
    "update_hashes_per_tick3" "8C8MCtsab5SsfammbzvYz65HHauuUYdbY2DZ4sznH6h5" both Outside;
    "update_hashes_per_tick4" "8We4E7DPwF2WfAN8tRTtWQNhi98B99Qpuj7JoZ3Aikgg" both Outside;
    "update_hashes_per_tick5" "BsKLKAn1WM4HVhPRDsjosmqSg2J8Tq5xP2s2daDS6Ni4" both Outside;
    "update_hashes_per_tick6" "FKu1qYwLQSiehz644H6Si65U5ZQ2cp9GxsyFUfYcuADv" both Outside;
    "update_rewards_from_cached_accounts" "28s7i3htzhahXQKqmS2ExzbEoUypg9krwvtK2M9UWXh9" both Outside;
    "update_syscall_base_costs" "2h63t332mGCCsWK2nqqqHhN4U9ayyqhLVFvczznHDoTZ" both Outside;
    "upgrade_bpf_stake_program_to_v5" "STk5Xj8hdAx3sTzmtJ3QysKkq6X2A3yj73JtxttiRyk" both Fixed;
    "upgrade_bpf_stake_program_to_v5_1" "s51VGwCAgebo2745DSUris72RavoLkXGUmVJosESCXr" all Outside;
    "use_default_units_in_fee_calculation" "8sKQrMQoUHtQSUP83SPG4ta2JDjSAiWs7t5aJ9uEd6To" both Fixed;
    "validate_chained_block_id" "vcmrbYbiMVKaq1snKP6eCacNDcr6qZvpCNUjmk6gxvZ" both Outside;
    "validate_chained_block_id_2" "vcmrw431aNM8ngQ46derkZXipoTGQdbHkEygBDh12dA" both Outside;
    "validate_fee_collector_account" "prpFrMtgNmzaNzkPJg9o753fVvbHKqNrNTm76foJ2wm" both Fixed;
    "validator_admission_ticket" "VAT9huvhPjRN9cyrPytq9rwvEJ3J4ADtjdncgZRyANJ" mainnet Outside;
    "verify_retransmitter_signature" "51VCKU5eV6mcTc9q9ArfWELU2CqDoi13hdAjr6fHMdtv" all Outside;
    "verify_tx_signatures_len" "EVW9B5xD9FFK7vw1SBARwMA4s5eRo5eKJdKpsBikzKBz" both Fixed;
    "versioned_tx_message_enabled" "3KZZ6Ks1885aGBQ45fwRcPXVBCtzUvxhUTkwKMR41Tca" both Fixed;
    "virtual_address_space_adjustments" "7VgiehxNxu53KdxgLspGQY8myE6f7UokaWa4jsGcaSz" all Outside;
    "vote_account_initialize_v2" "VoteAccount1nitia1izeV211111111111111111111" all Outside;
    "vote_authorize_with_seed" "6tRxEYKuy2L5nnv5bgn7iT28MxUbYxp5h7F3Ncf1exrT" both Outside;
    "vote_only_full_fec_sets" "ffecLRhhakKSGhMuc6Fz2Lnfq4uT9q3iu9ZsNaPLxPc" both Outside;
    "vote_only_retransmitter_signed_fec_sets" "RfEcA95xnhuwooVAhUUksEJLZBF7xKCLuqrJoqk4Zph" all Outside;
    "vote_stake_checked_instructions" "BcWknVcgvonN8sL4HE4XFuEVgfcee5MwxWPAgP6ZV89X" both Outside;
    "vote_state_add_vote_latency" "7axKe5BTYBDD87ftzWbk5DfzWMGyRvqmWTduuo22Yaqy" both Outside;
    "vote_state_update_credit_per_dequeue" "CveezY6FDLVBToHDcvJRmtMouqzsmj4UXYh5ths5G5Uv" both Outside;
    "vote_state_update_root_fix" "G74BkWBzmsByZ1kxHy44H3wjwp5hp7JbrGRuDpco22tY" both Outside;
    "vote_state_v4" "Gx4XFcrVMt4HUvPzTpTSVkdDVgcDSjKhDN1RqRS6KDuZ" both Outside;
    "vote_withdraw_authority_may_change_authorized_voter" "AVZS3ZsN4gi6Rkx2QUibYuSJG3S6QHib7xCYhG6vGJxU" both Outside;
    "warp_timestamp_again" "GvDsGDkH5gyzwpDhxNixx8vtx1kwYHH13RiNAPw27zXb" both Outside;
    "warp_timestamp_with_a_vengeance" "3BX6SBeEBibHaVQXywdkcgyUk6evfYZkHdztXiDtEpFS" both Outside;
    "zk_elgamal_proof_program_enabled" "zkhiy5oLowR7HY4zogXjCjeMXyruLqBwSWH21qcFtnv" both Outside;
    "zk_token_sdk_enabled" "zk1snxsc6Fh3wsGNbbHAJNHiJoYgF29mMnTSusGx5EJ" all Outside;
};
