//! Transfers, accounts, blocks, nonces, lookup tables, logs.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use isobath_sdk::builtins::lookup_table::LookupTableMeta;
use isobath_sdk::builtins::nonce::{NonceData, NonceState};
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::{Hash, Pubkey, ids};
use isobath_testkit::keys::{dev_key, unfunded_key};
use serde_json::Value;

use crate::user::{BINARY, Node, PATIENCE, User, text};

/// What a transfer of one signature costs.
const FEE_LAMPORTS: u64 = 5_000;

#[test]
fn what_cannot_work_is_said_in_one_line() {
    let user = User::without_node();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let nowhere = format!("http://127.0.0.1:{port}");
    let someone = unfunded_key(1).pubkey().to_string();
    let refused = user.fails(&["slot", "-u", &nowhere]);
    assert!(
        refused.contains("start `isobath dev`") && refused.contains(&nowhere),
        "{refused}"
    );
    let websocket = nowhere.replace("http", "ws");
    let refused = user.fails(&["logs", "--ws", &websocket]);
    assert!(
        refused.contains(&format!("cannot connect to {websocket}")),
        "{refused}"
    );
    let refused = user.fails(&["logs", "--ws", &nowhere]);
    assert!(refused.contains("give a URL like ws://"), "{refused}");
    for command in [&["balance"][..], &["airdrop", "1"], &["transfer", &someone, "1"]] {
        let line = user.fails(command);
        assert!(line.contains("isobath keygen new"), "{line}");
    }
    for (args, cause) in [
        (&["balance", "nobody"][..], "`nobody` is not an address"),
        (&["airdrop", "1.2.3", &someone], "`1.2.3` is not an amount"),
        (&["airdrop", "0.0000000001", &someone], "decimal places"),
        (&["transfer", &someone, "-1"], "error"),
        (&["confirm", "abc"], "`abc` is not a signature"),
        (&["slot", "--url", "nowhere"], "not the address of a node"),
        (&["config", "set"], "nothing to set"),
        (&["dev", "--url", "l"], "--url is for the client commands"),
    ] {
        if args.contains(&"-1") {
            // Looks like a flag, so the command line itself is refused.
            assert_eq!(user.run(args).status.code(), Some(2));
            continue;
        }
        let line = user.fails(args);
        assert!(line.contains(cause), "{line}");
    }
}

#[test]
fn lamports_move_exactly_as_asked() {
    let node = Node::start();
    let user = User::of(&node).with_funds("2.5");
    assert_eq!(user.ok(&["balance"]), "2.5 SOL\n");
    assert_eq!(user.ok(&["balance", "--lamports"]), "2500000000 lamports\n");
    let to = unfunded_key(1).pubkey();
    let recipient = to.to_string();

    let refused = user.fails(&["transfer", &recipient, "1"]);
    assert!(
        refused.contains("not funded") && refused.contains("--allow-unfunded-recipient"),
        "{refused}"
    );
    let sent = user.json(&[
        "transfer",
        &recipient,
        "0.300000001",
        "--allow-unfunded-recipient",
    ]);
    assert_eq!(user.balance(&to), 300_000_001);
    assert_eq!(
        user.balance(&user.pubkey()),
        2_500_000_000 - 300_000_001 - FEE_LAMPORTS
    );

    let refused = user.fails(&["transfer", &recipient, "99"]);
    assert!(
        refused.contains("has 2.199994999 SOL and needs 99.000005 SOL"),
        "{refused}"
    );
    let refused = user.fails(&["transfer", &recipient, "2.1999"]);
    assert!(refused.contains("insufficient funds for rent"), "{refused}");

    let signature = sent["signature"].as_str().unwrap();
    assert_eq!(user.ok(&["confirm", signature]), "Finalized\n");
    let shown = user.ok(&["confirm", "-v", signature]);
    for line in [
        "  Status: Ok",
        "    Transfer { lamports: 300000001 }",
        "    Fee: 0.000005 SOL",
        "Finalized",
    ] {
        assert!(shown.lines().any(|found| found == line), "{line} in\n{shown}");
    }
    let verbose = user.json(&["confirm", "-v", signature]);
    assert_eq!(verbose["transaction"]["meta"]["fee"], FEE_LAMPORTS);
    let unknown = isobath_sdk::Signature([9; 64]).to_string();
    assert_eq!(user.ok(&["confirm", &unknown]), "Not found\n");
    assert_eq!(user.json(&["confirm", &unknown])["state"], "unknown");

    user.ok(&["transfer", &recipient, "ALL"]);
    assert_eq!(user.balance(&user.pubkey()), 0);
    assert_eq!(user.balance(&to), 2_500_000_000 - 2 * FEE_LAMPORTS);
    let refused = user.fails(&["transfer", &recipient, "ALL"]);
    assert!(refused.contains("does not pay the fee"), "{refused}");
}

#[test]
fn another_key_can_send_and_another_can_pay() {
    let node = Node::start();
    let user = User::of(&node);
    let (from, payer, to) = (node.key_file(3), node.key_file(4), unfunded_key(2).pubkey());
    let before = user.balance(&dev_key(4).pubkey());
    let all = [
        "transfer",
        "--from",
        text(&from),
        "--fee-payer",
        text(&payer),
        "--allow-unfunded-recipient",
        &to.to_string(),
        "ALL",
    ];
    let funds = user.balance(&dev_key(3).pubkey());
    user.ok(&all);
    assert_eq!(user.balance(&dev_key(3).pubkey()), 0);
    assert_eq!(user.balance(&to), funds);
    assert_eq!(user.balance(&dev_key(4).pubkey()), before - 2 * FEE_LAMPORTS);

    // 450 compute units at 1000000 micro-lamports are 450 lamports.
    let priced = [
        "-k",
        text(&payer),
        "transfer",
        &to.to_string(),
        "1",
        "--with-compute-unit-price",
        "1000000",
    ];
    let signature = user.json(&priced)["signature"].as_str().unwrap().to_owned();
    let shown = user.json(&["confirm", "-v", &signature]);
    assert_eq!(shown["transaction"]["meta"]["fee"], FEE_LAMPORTS + 450);

    let sent = user.json(&[
        "-k",
        text(&payer),
        "transfer",
        text(&from),
        "1",
        "--allow-unfunded-recipient",
        "--no-wait",
    ]);
    assert!(sent["signature"].is_string());
}

#[test]
fn accounts_and_numbers_of_the_chain_are_shown() {
    let node = Node::start();
    let user = User::of(&node);
    let clock = ids::SYSVAR_CLOCK.to_string();
    let shown = user.ok(&["account", &clock]);
    assert!(
        shown.contains(&format!("\nPublic Key: {clock}\nBalance: ")),
        "{shown}"
    );
    assert!(shown.contains("\nLength: 40 (0x28) bytes\n0000:   "), "{shown}");
    let file = user.home.path().join("clock.bin");
    let shown = user.ok(&["account", &clock, "--output-file", text(&file)]);
    assert!(
        shown.ends_with(&format!("Wrote account data to {}\n", file.display())),
        "{shown}"
    );
    assert_eq!(fs::read(&file).unwrap().len(), 40);
    let json = user.json(&["account", &clock]);
    assert_eq!(json["account"]["owner"], ids::SYSVAR_OWNER.to_string());
    let none = user.fails(&["account", &unfunded_key(5).pubkey().to_string()]);
    assert!(none.contains("there is no account"), "{none}");

    // The first block may wait for a busy disk.
    let begun = Instant::now();
    let slot: u64 = loop {
        let slot = user.ok(&["slot"]).trim().parse().unwrap();
        if slot > 0 {
            break slot;
        }
        assert!(begun.elapsed() < PATIENCE, "no block in {PATIENCE:?}");
    };
    let height: u64 = user.ok(&["block-height"]).trim().parse().unwrap();
    assert!(height >= slot);
    assert!(user.ok(&["epoch-info"]).contains("Epoch Slot Range: [0.."));
    let info = user.json(&["epoch-info"]);
    assert!(info["absoluteSlot"].as_u64().unwrap() >= slot);
    user.ok(&["airdrop", "1", &unfunded_key(5).pubkey().to_string()]);
    assert_eq!(user.ok(&["transaction-count"]), "1\n");
    assert_eq!(
        user.ok(&["rent", "80", "--lamports"]),
        "Rent-exempt minimum: 1447680 lamports\n"
    );
}

/// A genesis with a nonce account at `[21; 32]` and a lookup table at `[22; 32]`, written to `path`.
fn write_genesis(path: &Path, authority: Pubkey) {
    let mut genesis = Genesis::development();
    let nonce = NonceState::initialized(NonceData {
        authority,
        durable_nonce: Hash([8; 32]),
        lamports_per_signature: FEE_LAMPORTS,
    });
    let mut table = LookupTableMeta::new(Some(authority)).to_bytes().to_vec();
    table.extend([3; 32]);
    for (seed, owner, data) in [
        (21, ids::SYSTEM_PROGRAM, nonce.to_bytes().to_vec()),
        (22, ids::ADDRESS_LOOKUP_TABLE_PROGRAM, table),
    ] {
        genesis.accounts.push(GenesisAccount {
            pubkey: Pubkey([seed; 32]),
            lamports: 2_000_000,
            owner,
            executable: false,
            data,
        });
    }
    genesis.accounts.sort_by_key(|account| account.pubkey);
    fs::write(path, genesis.to_json()).unwrap();
}

#[test]
fn nonces_and_lookup_tables_are_shown_and_checked() {
    let dir = tempfile::tempdir().unwrap();
    let genesis = dir.path().join("genesis.json");
    write_genesis(&genesis, dev_key(0).pubkey());
    let node = Node::start_with(&["--genesis", text(&genesis)]);
    let user = User::of(&node);
    let (nonce, table) = (Pubkey([21; 32]).to_string(), Pubkey([22; 32]).to_string());

    for get in [&["nonce", "get", &nonce][..], &["nonce", &nonce]] {
        assert_eq!(user.ok(get).trim(), Hash([8; 32]).to_string());
    }
    let shown = user.ok(&["nonce", "show", &nonce]);
    let expected = format!(
        "\nBalance: 0.002 SOL\nMinimum Balance Required: 0.00144768 SOL\nNonce blockhash: {}\n\
         Fee: 5000 lamports per signature\nAuthority: {}\n",
        Hash([8; 32]),
        dev_key(0).pubkey()
    );
    assert_eq!(shown, expected);
    assert_eq!(user.ok(&["nonce-account", &nonce]), expected);
    let stranger_key = node.key_file(1);
    let refused = user.fails(&["-k", text(&stranger_key), "nonce", "new", &nonce]);
    assert!(refused.contains("--nonce-authority"), "{refused}");
    let refused = user.fails(&["nonce", "show", &table]);
    assert!(refused.contains("is not a nonce account"), "{refused}");

    let shown = user.ok(&["lookup-table", "show", &table]);
    assert!(
        shown.contains(&format!("  0      {}\n", Pubkey([3; 32]))),
        "{shown}"
    );
    let refused = user.fails(&["lookup-table", "show", &nonce]);
    assert!(refused.contains("is not a lookup table"), "{refused}");
    let refused = user.fails(&[
        "-k",
        text(&stranger_key),
        "lookup-table",
        "extend",
        &table,
        "--addresses",
        &nonce,
    ]);
    assert!(refused.contains("--authority"), "{refused}");
    let refused = user.fails(&["lookup-table", "freeze", &table]);
    assert!(refused.contains("--bypass-warning"), "{refused}");
}

/// The value of a nonce.
fn nonce_value(user: &User, nonce: &str) -> String {
    user.ok(&["nonce", "get", nonce]).trim().to_owned()
}

#[test]
fn a_nonce_from_its_making_to_its_end() {
    let node = Node::start();
    let user = User::of(&node).with_funds("5");
    for name in ["nonce.json", "alice.json"] {
        user.ok(&["keygen", "new", "-o", name]);
    }
    let alice = user.ok(&["keygen", "pubkey", "alice.json"]).trim().to_owned();
    let refused = user.fails(&["nonce", "create-account", "nonce.json", "0.001"]);
    assert!(refused.contains("needs at least 0.00144768 SOL"), "{refused}");
    user.ok(&["nonce", "create-account", "nonce.json", "0.0015"]);
    let refused = user.fails(&["nonce", "create-account", "nonce.json", "0.0015"]);
    assert!(refused.contains("keygen new"), "{refused}");

    let shown = user.json(&["nonce", "show", "nonce.json"]);
    assert_eq!(shown["authority"], user.pubkey().to_string());
    assert_eq!(
        (shown["balance"].as_u64(), shown["lamportsPerSignature"].as_u64()),
        (Some(1_500_000), Some(FEE_LAMPORTS))
    );
    let first = nonce_value(&user, "nonce.json");
    assert_eq!(shown["nonce"], first);
    user.ok(&["nonce", "new", "nonce.json"]);
    let second = nonce_value(&user, "nonce.json");
    assert_ne!(first, second);

    user.ok(&["nonce", "authorize", "nonce.json", &alice]);
    let refused = user.fails(&["nonce", "new", "nonce.json"]);
    assert!(
        refused.contains(&alice) && refused.contains("--nonce-authority"),
        "{refused}"
    );
    user.ok(&["new-nonce", "nonce.json", "--nonce-authority", "alice.json"]);
    assert_ne!(nonce_value(&user, "nonce.json"), second);
    let by_alice = ["--nonce-authority", "alice.json"];
    let part = ["nonce", "withdraw", "nonce.json", &alice, "0.0001"];
    let refused = user.fails(&[&part[..], &by_alice].concat());
    assert!(refused.contains("must keep 0.00144768 SOL"), "{refused}");
    let all = ["nonce", "withdraw", "nonce.json", &alice, "ALL"];
    user.ok(&[&all[..], &by_alice].concat());
    assert_eq!(user.balance(&alice.parse().unwrap()), 1_500_000);
    let refused = user.fails(&["nonce", "show", "nonce.json"]);
    assert!(refused.contains("there is no account"), "{refused}");
}

#[test]
fn a_transfer_is_signed_in_two_places_and_sent_later() {
    let node = Node::start();
    let online = User::of(&node).with_funds("5");
    let offline = User::without_node();
    offline.ok(&["keygen", "new"]);
    let (payer, from) = (online.pubkey().to_string(), offline.pubkey().to_string());
    let to = unfunded_key(1).pubkey();
    let recipient = to.to_string();
    online.ok(&["airdrop", "2", &from]);
    online.ok(&["keygen", "new", "-o", "nonce.json"]);
    online.ok(&["nonce", "create-account", "nonce.json", "0.0015"]);
    let nonce = online.ok(&["keygen", "pubkey", "nonce.json"]).trim().to_owned();
    let value = nonce_value(&online, &nonce);

    let refused = offline.run(&["transfer", &recipient, "1", "--sign-only"]);
    assert_eq!(refused.status.code(), Some(2), "a blockhash is asked for");
    let shared = [
        "transfer",
        &recipient,
        "1",
        "--nonce",
        &nonce,
        "--nonce-authority",
        &payer,
    ];
    let away = [
        &shared[..],
        &["--fee-payer", &payer, "--blockhash", &value, "--sign-only"],
    ]
    .concat();
    let signed = offline.json(&away);
    assert_eq!(
        (&signed["blockhash"], &signed["absent"]),
        (&Value::from(value.as_str()), &serde_json::json!([payer]))
    );
    let shown = offline.ok(&[&away[..], &["--dump-transaction-message"]].concat());
    for part in [
        "Blockhash: ",
        "Transaction Message: ",
        "Signers (Pubkey=Signature):\n  ",
        "Absent Signers (Pubkey):\n  ",
    ] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
    let all = [&away[..5], &["--sign-only", "--blockhash", &value]].concat();
    let refused = offline.fails(&[&["transfer", &recipient, "ALL"], &all[3..]].concat());
    assert!(refused.contains("give an amount"), "{refused}");

    let signature = signed["signers"][0].as_str().unwrap();
    let key_file = online.home.path().join(".config/isobath/id.json");
    let here = [
        "transfer",
        &recipient,
        "1",
        "--nonce",
        &nonce,
        "--from",
        &from,
        "--allow-unfunded-recipient",
    ];
    let refused = online.fails(&here);
    assert!(
        refused.contains("has not signed") && refused.contains("--signer"),
        "{refused}"
    );
    let wrong = [&here[..2], &["2"], &here[3..], &["--signer", signature]].concat();
    assert!(online.fails(&wrong).contains("is not valid for this transaction"));
    let other = [&here[..], &["--blockhash", &recipient, "--signer", signature]].concat();
    assert!(online.fails(&other).contains("sign again with the current value"));
    let right = [
        &here[..],
        &["--nonce-authority", text(&key_file), "--signer", signature],
    ]
    .concat();
    online.ok(&right);
    assert_eq!(online.balance(&to), 1_000_000_000);
    assert_eq!(online.balance(&offline.pubkey()), 1_000_000_000);
    assert_ne!(nonce_value(&online, &nonce), value);
    assert!(
        online.fails(&right).contains("is not valid for this transaction"),
        "the nonce has moved on"
    );

    let expired = ["transfer", &recipient, "1", "--blockhash", &recipient];
    let refused = online.fails(&expired);
    assert!(refused.contains("has expired"), "{refused}");
}

#[test]
fn a_lookup_table_from_its_making_to_its_end() {
    let node = Node::start();
    let user = User::of(&node).with_funds("5");
    let (one, two) = (
        unfunded_key(1).pubkey().to_string(),
        unfunded_key(2).pubkey().to_string(),
    );
    let made = user.json(&["lookup-table", "create"]);
    let table = made["lookupTableAddress"].as_str().unwrap();
    let show = || user.json(&["lookup-table", "show", table]);
    assert_eq!(show()["addresses"], serde_json::json!([]));
    let both = format!("{one},{two}");
    user.ok(&["lookup-table", "extend", table, "--addresses", &both]);
    user.ok(&["address-lookup-table", "extend", table, "--addresses", &one]);
    let shown = show();
    assert_eq!(shown["addresses"], serde_json::json!([one, two, one]));
    assert_eq!(shown["authority"], user.pubkey().to_string());

    let refused = user.fails(&["lookup-table", "close", table]);
    assert!(refused.contains("lookup-table deactivate"), "{refused}");
    user.ok(&["lookup-table", "deactivate", table, "--bypass-warning"]);
    let refused = user.fails(&["lookup-table", "deactivate", table, "--bypass-warning"]);
    assert!(refused.contains("was deactivated in slot"), "{refused}");
    let deactivated = show()["deactivationSlot"].as_u64().unwrap();
    let refused = user.fails(&["lookup-table", "close", table]);
    assert!(refused.contains("Table cannot be closed"), "{refused}");
    // It leaves the slot hashes, which are 512, before it can be closed.
    let slot = || user.ok(&["slot"]).trim().parse::<u64>().unwrap();
    while slot() <= deactivated + 515 {
        std::thread::sleep(Duration::from_millis(200));
    }
    let before = user.balance(&unfunded_key(3).pubkey());
    let recipient = unfunded_key(3).pubkey().to_string();
    user.ok(&["lookup-table", "close", table, "--recipient", &recipient]);
    assert!(user.balance(&unfunded_key(3).pubkey()) > before);
    let gone = user.fails(&["lookup-table", "show", table]);
    assert!(gone.contains("there is no account"), "{gone}");

    let frozen = user.json(&["lookup-table", "create"]);
    let frozen = frozen["lookupTableAddress"].as_str().unwrap();
    user.ok(&["lookup-table", "extend", frozen, "--addresses", &one]);
    user.ok(&["lookup-table", "freeze", frozen, "--bypass-warning"]);
    let refused = user.fails(&["lookup-table", "extend", frozen, "--addresses", &two]);
    assert!(refused.contains("is frozen"), "{refused}");
}

#[test]
fn a_block_shows_what_happened_in_it() {
    let node = Node::start();
    let user = User::of(&node).with_funds("1");
    let to = unfunded_key(1).pubkey().to_string();
    let sent = user.json(&["transfer", &to, "0.25", "--allow-unfunded-recipient"]);
    let signature = sent["signature"].as_str().unwrap();
    let found = user.json(&["confirm", "-v", signature]);
    let slot = found["transaction"]["slot"].as_u64().unwrap().to_string();
    let shown = user.ok(&["block", &slot]);
    for part in [
        format!("Slot: {slot}\n"),
        format!("Signature 0: {signature}\n"),
        "Transfer { lamports: 250000000 }\n".to_owned(),
    ] {
        assert!(shown.contains(&part), "{part} in\n{shown}");
    }
    let json = user.json(&["block", &slot]);
    assert_eq!(json["transactions"][0]["transaction"]["signatures"][0], signature);
    let refused = user.fails(&["block", "1000000000"]);
    assert!(refused.contains("see `isobath slot`"), "{refused}");
    let genesis = user.ok(&["block", "0"]);
    assert!(genesis.starts_with("Slot: 0\nParent Slot: 0\n"), "{genesis}");
    assert!(user.ok(&["block"]).starts_with("Slot: "));
}

#[test]
fn logs_come_as_transactions_run() {
    let node = Node::start();
    let user = User::of(&node).with_funds("1");
    let to = unfunded_key(1).pubkey().to_string();
    let mut logs = Command::new(BINARY)
        .args(["--url", &node.url, "logs", &to])
        .env("HOME", user.home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(logs.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    assert!(line().starts_with("Streaming transaction logs"));
    let sent = user.json(&["transfer", &to, "0.25", "--allow-unfunded-recipient"]);
    assert!(line().starts_with("Transaction executed in slot "));
    assert_eq!(
        line(),
        format!("  Signature: {}", sent["signature"].as_str().unwrap())
    );
    assert_eq!(line(), "  Status: Ok");
    logs.kill().unwrap();
    logs.wait().unwrap();
}

#[test]
fn what_the_solana_cli_has_and_this_chain_has_not_is_told_with_its_reason() {
    let user = User::without_node();
    let reasons: [(&[&str], &str); 4] = [
        (&["stakes"], "there is no stake on this chain"),
        (
            &["program", "deploy", "x.so", "--final"],
            "cannot be deployed yet",
        ),
        (&["slot", "--use-tpu-client"], "JSON-RPC only"),
        (&["slot", "--confirm-timeout", "9"], "until its blockhash expires"),
    ];
    for (args, reason) in reasons {
        let line = user.fails(args);
        assert!(line.contains(reason), "{line}");
    }
}
