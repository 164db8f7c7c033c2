//! The configuration file, and the addresses of nodes.

use std::fs;

use crate::user::{Node, User, text};

const DEVNET: &str = "---\njson_rpc_url: \"https://api.devnet.solana.com/?api-key=SECRET\"\nwebsocket_url: ''\n\
                      keypair_path: ~/.config/solana/id.json\naddress_labels:\n  \"11111111111111111111111111111111\": \
                      System Program\ncommitment: finalized\n";

impl User {
    fn with_solana_config(self, text: &str) -> Self {
        let path = self.home.path().join(".config/solana/cli/config.yml");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        self
    }
}

#[test]
fn settings_come_from_our_file_or_from_solanas() {
    let user = User::without_node().with_solana_config(DEVNET);
    let solana = user.home.path().join(".config/solana/cli/config.yml");
    let shown = user.ok(&["config", "get"]);
    assert!(
        shown.contains(text(&solana)) && shown.contains("WebSocket URL: wss://api.devnet.solana.com/"),
        "{shown}"
    );
    user.ok(&["config", "set", "--url", "localhost"]);
    let shown = user.ok(&["config", "get"]);
    let expected = format!(
        "Config File: {home}/.config/isobath/config.yml\nRPC URL: http://127.0.0.1:8899\n\
         WebSocket URL: ws://127.0.0.1:8900/ (computed)\nKeypair Path: {home}/.config/solana/id.json\n\
         Commitment: finalized\n",
        home = user.home.path().display()
    );
    assert_eq!(shown, expected);
    assert_eq!(
        user.ok(&["config", "get", "commitment", "--commitment", "processed"]),
        "Commitment: processed\n"
    );
    assert_eq!(
        user.json(&["config", "get"])["jsonRpcUrl"],
        "http://127.0.0.1:8899"
    );
    assert_eq!(fs::read_to_string(&solana).unwrap(), DEVNET);
}

#[test]
fn the_quick_start_beside_a_solana_wallet_says_what_to_do() {
    let node = Node::start();
    let user = User::without_node().with_solana_config(DEVNET);
    user.ok(&["keygen", "new"]);
    let ours = user.home.path().join(".config/isobath/id.json");
    let refused = user.fails(&["airdrop", "10"]);
    assert!(
        refused.contains(&format!("`isobath config set --keypair {}`", text(&ours))),
        "{refused}"
    );
    user.ok(&["config", "set", "--keypair", text(&ours)]);
    let kept = user.json(&["config", "get"]);
    assert_eq!(
        kept["jsonRpcUrl"], "http://127.0.0.1:8899",
        "devnet is not carried over"
    );
    // The node of this test is not on the default port.
    user.ok(&["airdrop", "10", "--url", &node.url]);
    assert_eq!(user.ok(&["balance", "--url", &node.url]), "10 SOL\n");

    let user = User::without_node().with_solana_config(DEVNET);
    user.ok(&["keygen", "new", "-s", "-o", ".config/solana/id.json"]);
    let refused = user.fails(&["airdrop", "10"]);
    assert!(
        refused.contains("names https://api.devnet.solana.com/?***, which")
            && refused.contains("`isobath config set --url localhost`"),
        "{refused}"
    );
    assert!(!refused.contains("SECRET"), "{refused}");
    user.ok(&["config", "set", "--url", &node.url]);
    user.ok(&["airdrop", "10"]);
    assert_eq!(user.ok(&["balance"]), "10 SOL\n");
}

#[test]
fn the_file_is_read_as_yaml_or_refused() {
    let user = User::without_node();
    let file = user.home.path().join("config.yml");
    for text in [
        "\"json_rpc_url\": \"http://node:1\"",
        "{json_rpc_url: 'http://node:1'}",
        "{\"json_rpc_url\": \"http://node:1\"}",
        "  json_rpc_url: http://node:1",
        "\u{feff}json_rpc_url: http://node:1",
    ] {
        fs::write(&file, text).unwrap();
        let shown = user.ok(&["config", "get", "json_rpc_url", "-C", "config.yml"]);
        assert_eq!(shown, "RPC URL: http://node:1\n", "{text}");
    }
    for text in [
        "json_rpc_ulr: http://node:1",
        "- json_rpc_url: x",
        "json_rpc_url: 'x",
        "json_rpc_url: 1",
    ] {
        fs::write(&file, text).unwrap();
        let refused = user.fails(&["slot", "-C", "config.yml"]);
        assert!(refused.contains("config.yml"), "{refused}");
    }
    let refused = user.fails(&["config", "get", "--config", "typo.yml"]);
    assert!(
        refused.contains("there is no configuration file typo.yml"),
        "{refused}"
    );
    user.ok(&["config", "set", "--config", "typo.yml", "--url", "d"]);
    let shown = user.ok(&["config", "get", "websocket_url", "--config", "typo.yml"]);
    assert_eq!(shown, "WebSocket URL: wss://api.devnet.solana.com/ (computed)\n");
}

#[test]
fn a_node_is_named_by_host_and_port() {
    let node = Node::start_with(&["--rpc-host", "localhost"]);
    let user = User::without_node();
    let address = node.url.strip_prefix("http://").unwrap();
    user.ok(&["slot", "-u", address]);
    user.ok(&["slot", "-u", &address.replace("127.0.0.1", "localhost")]);
}

#[test]
fn home_is_needed_only_where_it_is_read() {
    let node = Node::start();
    let user = User::of(&node);
    let run = |args: &[&str]| {
        let output = user.command(args).env_remove("HOME").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    for args in [
        &["slot"][..],
        &["keygen", "new", "-o", "id.json"],
        &["keygen", "pubkey", "id.json"],
        &["config", "get"],
        &["-k", "id.json", "airdrop", "1"],
        &["-k", "id.json", "balance"],
        &["config", "set", "--config", "new.yml"],
        &["balance", "-C", "new.yml", "-k", "id.json"],
    ] {
        let (code, _, stderr) = run(args);
        assert_eq!(code, Some(0), "{args:?}: {stderr}");
    }
    for args in [&["balance"][..], &["keygen", "new"], &["config", "set"]] {
        let (code, _, stderr) = run(args);
        assert_eq!(code, Some(1), "{args:?}");
        assert!(stderr.starts_with("error: HOME is not set"), "{stderr}");
    }
}
