//! Keypair files and phrases.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use isobath_sdk::Keypair;

use crate::user::User;

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
