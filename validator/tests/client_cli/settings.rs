//! The configuration file, and the addresses of nodes.

use std::fs;

use crate::user::{User, text};

#[test]
fn settings_come_from_our_file_or_from_solanas() {
    let user = User::without_node();
    let solana = user.home.path().join(".config/solana/cli/config.yml");
    fs::create_dir_all(solana.parent().unwrap()).unwrap();
    fs::write(
        &solana,
        "---\njson_rpc_url: \"https://far.example.com\"\ncommitment: finalized\n",
    )
    .unwrap();
    let shown = user.ok(&["config", "get"]);
    assert!(
        shown.contains(text(&solana)) && shown.contains("RPC URL: https://far.example.com\n"),
        "{shown}"
    );
    let refused = user.fails(&["slot"]);
    assert!(
        refused.contains(text(&solana)) && refused.contains("http only"),
        "{refused}"
    );

    user.ok(&["config", "set", "--url", "localhost"]);
    let shown = user.ok(&["config", "get"]);
    let expected = format!(
        "Config File: {home}/.config/isobath/config.yml\nRPC URL: http://127.0.0.1:8899\n\
         WebSocket URL: ws://127.0.0.1:8900 (computed)\nKeypair Path: {home}/.config/isobath/id.json\n\
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
}
