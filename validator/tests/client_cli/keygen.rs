//! Keypair files and phrases.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use isobath_sdk::Keypair;
use isobath_testkit::keys::unfunded_key;

use crate::user::{Node, User};

#[test]
fn a_new_key_is_private_and_never_written_over_by_accident() {
    let user = User::without_node();
    let said = user.ok(&["keygen", "new"]);
    let path = user.home.path().join(".config/isobath/id.json");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let key = Keypair::from_json(&fs::read_to_string(&path).unwrap()).unwrap();
    assert!(said.contains(&format!("pubkey: {}", key.pubkey())), "{said}");
    assert_eq!(user.ok(&["keygen", "pubkey"]).trim(), key.pubkey().to_string());
    assert_eq!(user.pubkey(), key.pubkey());

    let refused = user.fails(&["keygen", "new"]);
    assert!(
        refused.contains("--force") && refused.contains("id.json"),
        "{refused}"
    );
    assert_eq!(user.pubkey(), key.pubkey());
    user.ok(&["keygen", "new", "--force"]);
    assert_ne!(user.pubkey(), key.pubkey());

    let other = user.json(&["keygen", "new", "-o", "other.json", "--no-passphrase"]);
    let shown = user.ok(&["keygen", "pubkey", "other.json"]);
    assert_eq!(other["pubkey"], shown.trim());
    let none = user.fails(&["keygen", "pubkey", "none.json"]);
    assert!(none.contains("isobath keygen new"), "{none}");
}

#[test]
fn files_beside_a_new_key_stay() {
    let user = User::without_node();
    let beside = user.home.path().join("id.json.new");
    fs::write(&beside, "mine").unwrap();
    user.ok(&["keygen", "new", "-o", "id.json", "--force"]);
    assert_eq!(fs::read_to_string(&beside).unwrap(), "mine");
}

/// A phrase and its addresses, from Solana's documentation and from solana-keypair 3.1.2.
const PHRASE: &str = "neither lonely flavor argue grass remind eye tag avocado spot unusual intact\n";
const PHRASE_ADDRESS: &str = "6MpmQoFGPWgmBZwky5axYvL4vzWVNgTfJBrgnKfYNYF7";
const PHRASE_FIRST_ADDRESS: &str = "5vftMkHL72JaJG6ExQfGAsT2uGVHpRR7oTNUPMs68Y2N";

fn files(user: &User) -> Vec<String> {
    let entries = fs::read_dir(user.home.path()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_new_key_is_recovered_from_its_phrase() {
    let user = User::without_node();
    for args in [
        &["--no-bip39-passphrase"][..],
        &["--word-count", "24"],
        &["--language", "japanese", "--word-count", "15"],
    ] {
        let made = user.json(&[&["keygen", "new", "-f", "-o", "new.json"], args].concat());
        let phrase = made["seedPhrase"].as_str().unwrap();
        let said = user.ok_with(
            &format!("{phrase}\n\ny\n"),
            &["keygen", "recover", "-f", "-o", "recovered.json"],
        );
        assert_eq!(said, "Wrote recovered keypair to recovered.json\n");
        let read = |name| fs::read_to_string(user.home.path().join(name)).unwrap();
        assert_eq!(read("new.json"), read("recovered.json"));
    }
    let made = user.json(&["keygen", "new", "-n", "--derivation-path"]);
    let phrase = made["seedPhrase"].as_str().unwrap();
    let shown = user.ok_with(&format!("{phrase}\n"), &["keygen", "pubkey", "prompt://?key=0/0"]);
    assert_eq!(made["pubkey"], shown.trim());

    let refused = user.fails_with(&format!("{PHRASE}\nn\n"), &["keygen", "recover", "-o", "no.json"]);
    assert!(refused.contains("nothing was written"), "{refused}");
    let refused = user.fails_with("zebra zebra\n\ny\n", &["keygen", "recover", "-o", "no.json"]);
    assert!(
        refused.contains("not a seed phrase") && !refused.contains("zebra"),
        "{refused}"
    );
    let skipped = ["keygen", "recover", "-o", "-", "--skip-seed-phrase-validation"];
    let key = user.ok_with("zebra zebra\n\ny\n", &skipped);
    Keypair::from_json(&key).unwrap();
    assert!(!files(&user).contains(&"no.json".to_owned()));
    // The file is looked at before a phrase is asked for.
    let refused = user.fails_with("", &["keygen", "recover", "-o", "new.json"]);
    assert!(refused.contains("--force"), "{refused}");
    assert_eq!(
        user.run(&["keygen", "new", "-n", "--word-count", "13"])
            .status
            .code(),
        Some(2)
    );
    let refused = user.fails(&["keygen", "new", "-n", "--derivation-path=44/501"]);
    assert!(refused.contains("is not a derivation path"), "{refused}");
}

#[test]
fn keys_and_phrases_are_shown_only_on_request() {
    let user = User::without_node();
    assert_eq!(
        user.ok(&["keygen", "new", "-s", "-o", "id.json"]),
        "Wrote new keypair to id.json\n"
    );
    let shown = user.ok(&["keygen", "new", "--no-outfile"]);
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines[1].starts_with("pubkey: "), "{shown}");
    assert_eq!(lines[3], "Save this seed phrase to recover your new keypair:");
    assert_eq!(lines[4].split(' ').count(), 12, "{shown}");
    assert_eq!(files(&user), ["id.json"]);
    for conflict in [&["-n", "-s"][..], &["-n", "-o", "x"]] {
        let output = user.run(&[&["keygen", "new"], conflict].concat());
        assert_eq!(output.status.code(), Some(2), "{conflict:?}");
    }

    let key = user.ok(&["keygen", "new", "-s", "-o", "-"]);
    assert_eq!(key.lines().count(), 1);
    let address = Keypair::from_json(&key).unwrap().pubkey().to_string();
    for args in [
        &["keygen", "pubkey", "-"][..],
        &["address", "-k", "-"],
        &["address", "-k", "stdin:"],
    ] {
        assert_eq!(user.ok_with(&key, args).trim(), address, "{args:?}");
    }
    let refused = user.fails_with("[1,2,3]", &["keygen", "pubkey", "-"]);
    assert!(refused.contains("standard input is not a keypair"), "{refused}");
}

#[test]
fn keypairs_are_named_as_for_the_solana_cli() {
    let user = User::without_node();
    for (source, address) in [
        ("ASK", PHRASE_ADDRESS),
        ("prompt://?key=0/0", PHRASE_FIRST_ADDRESS),
        ("prompt:?full-path=m/44'/501'/0'/0'", PHRASE_FIRST_ADDRESS),
        ("prompt://", "5LB1MxtN9CMreLYii2CfUsALG7CW9sRm39EyuR4XWswX"),
    ] {
        assert_eq!(user.ok_with(PHRASE, &["address", "-k", source]).trim(), address);
        assert_eq!(
            user.ok_with(PHRASE, &["keygen", "pubkey", source]).trim(),
            address
        );
    }
    let refused = user.fails(&["keygen", "new", "-k", "-"]);
    assert!(
        refused.contains("name the file to write with --outfile"),
        "{refused}"
    );
    let refused = user.fails(&["address", "-k", "prompt://"]);
    assert!(refused.contains("ended before a seed phrase"), "{refused}");
    let refused = user.fails(&["address", "-k", "usb://ledger"]);
    assert!(
        refused.contains("hardware wallets are not supported"),
        "{refused}"
    );
    user.ok(&["config", "set", "--keypair", "prompt://?key=0/0"]);
    assert_eq!(user.ok_with(PHRASE, &["address"]).trim(), PHRASE_FIRST_ADDRESS);
    assert_eq!(
        user.ok(&["keygen", "pubkey", PHRASE_ADDRESS]).trim(),
        PHRASE_ADDRESS
    );

    user.ok(&["keygen", "new", "-o", "id.json"]);
    let address = user.ok(&["keygen", "pubkey", "file:id.json"]);
    user.ok(&["keygen", "pubkey", "id.json", "-o", "address.json"]);
    let written = fs::read_to_string(user.home.path().join("address.json")).unwrap();
    assert_eq!(written, format!("\"{}\"", address.trim()));
    let refused = user.fails(&["keygen", "pubkey", "id.json", "-o", "address.json"]);
    assert!(refused.contains("--force"), "{refused}");
    user.ok(&["keygen", "pubkey", "id.json", "-f", "-o", "address.json"]);

    let shown = user.ok(&["keygen", "verify", address.trim(), "id.json"]);
    assert_eq!(
        shown,
        format!("Verification for public key: {}: Success\n", address.trim())
    );
    let refused = user.fails(&["keygen", "verify", PHRASE_ADDRESS, "id.json"]);
    assert!(
        refused.contains(&format!("of {}, not of {PHRASE_ADDRESS}", address.trim())),
        "{refused}"
    );
}

#[test]
fn a_typed_key_pays_and_is_typed_once() {
    let node = Node::start();
    let user = User::of(&node);
    user.ok(&["airdrop", "2", PHRASE_ADDRESS]);
    let to = unfunded_key(1).pubkey();
    let transfer = [
        "-k",
        "ASK",
        "transfer",
        "--allow-unfunded-recipient",
        &to.to_string(),
        "1",
    ];
    user.ok_with(PHRASE, &transfer);
    assert_eq!(user.balance(&to), 1_000_000_000);
}

#[test]
fn grind_finds_the_wanted_addresses() {
    let user = User::without_node();
    let said = user.ok(&[
        "keygen",
        "grind",
        "--starts-with",
        "A:1",
        "--ends-with",
        "b:1",
        "--num-threads",
        "2",
    ]);
    let mut found = files(&user);
    found.retain(|name| name.starts_with('A') || name.ends_with("b.json"));
    assert!(!found.is_empty(), "{said}");
    for name in &found {
        assert!(said.contains(&format!("Wrote keypair to {name}\n")), "{said}");
        let path = user.home.path().join(name);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let address = user.ok(&["keygen", "pubkey", name]);
        assert_eq!(format!("{}.json", address.trim()), *name);
    }
    let count = files(&user).len();
    let args = [
        "keygen",
        "grind",
        "--use-mnemonic",
        "-n",
        "--starts-and-ends-with",
        "1:x:1",
        "--ignore-case",
    ];
    let args = [
        &args[..4],
        &["--ends-with", "X:1"],
        &args[6..],
        &["--output", "json-compact"],
    ]
    .concat();
    let shown: serde_json::Value = serde_json::from_str(&user.ok(&args)).unwrap();
    let phrase = shown["seedPhrase"].as_str().unwrap();
    let address = user.ok_with(&format!("{phrase}\n"), &["keygen", "pubkey", "ASK"]);
    assert_eq!(shown["pubkey"], address.trim());
    assert!(address.trim().to_lowercase().ends_with('x'), "{address}");
    assert_eq!(files(&user).len(), count);
    for args in [
        &[][..],
        &["--starts-with", "A"],
        &["--starts-with", "l:1"],
        &["--starts-with", "A:1", "-n"],
        &["--starts-with", "A:1", "--num-threads", "0"],
    ] {
        let output = user.run(&[&["keygen", "grind"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn grind_ends_when_it_is_interrupted() {
    let user = User::without_node();
    let mut command = user.command(&["keygen", "grind", "--starts-with", "zzzzzzzzzzzz:1"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    assert!(line().contains("searching with"));
    assert!(line().contains("starts with 'zzzzzzzzzzzz'"));
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let last = line();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(last.starts_with("error: interrupted (searched "), "{last}");
    assert!(files(&user).is_empty());
}
