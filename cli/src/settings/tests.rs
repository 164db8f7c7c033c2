//! Tests of the settings: which file and which flag decides.

use std::fs;
use std::path::{Path, PathBuf};

use isobath_rpc_client::Commitment;

use super::{
    ConfigFile, DEFAULT_KEYPAIR, GlobalArgs, LOCALHOST_URL, OUR_FILE, Origin, SOLANA_FILE, Settings,
};

fn write(home: &Path, file: &str, text: &str) {
    let path = home.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn load(home: &Path, args: &GlobalArgs) -> Settings {
    Settings::load(args, Some(home), ConfigFile::Existing).unwrap()
}

#[test]
fn defaults_apply_without_flags_and_file() {
    let home = tempfile::tempdir().unwrap();
    let settings = load(home.path(), &GlobalArgs::default());
    assert_eq!(settings.url.value, LOCALHOST_URL);
    assert_eq!(settings.websocket.value, "ws://127.0.0.1:8900/");
    assert_eq!(settings.websocket.origin, Origin::Computed);
    assert_eq!(
        settings.keypair_path().unwrap(),
        home.path().join(DEFAULT_KEYPAIR)
    );
    assert_eq!(settings.commitment.value, Commitment::Confirmed);
    assert_eq!(settings.read_from, None);
    assert_eq!(settings.written_to().unwrap(), home.path().join(OUR_FILE));
}

#[test]
fn solanas_file_is_read_until_ours_exists() {
    let home = tempfile::tempdir().unwrap();
    let solana = "---\njson_rpc_url: \"http://solana:1\"\nwebsocket_url: ''\nkeypair_path: ~/sol.json\n\
                  address_labels:\n  \"1111\": System\ncommitment: finalized\n";
    write(home.path(), SOLANA_FILE, solana);
    let settings = load(home.path(), &GlobalArgs::default());
    assert_eq!(settings.url.value, "http://solana:1");
    assert_eq!(settings.websocket.value, "ws://solana:2/");
    assert_eq!(
        settings.keypair_setting().unwrap().value,
        home.path().join("sol.json")
    );
    assert_eq!(settings.commitment.value, Commitment::Finalized);
    assert_eq!(
        settings.new_keypair_path().unwrap(),
        home.path().join(DEFAULT_KEYPAIR)
    );
    assert_eq!(settings.read_from, Some(home.path().join(SOLANA_FILE)));

    write(
        home.path(),
        OUR_FILE,
        "json_rpc_url: http://ours:5\nkeypair_path: /k.json\n",
    );
    let settings = load(home.path(), &GlobalArgs::default());
    assert_eq!(settings.url.value, "http://ours:5");
    assert_eq!(settings.keypair_path().unwrap(), Path::new("/k.json"));
    assert_eq!(settings.new_keypair_path().unwrap(), Path::new("/k.json"));
    assert_eq!(settings.commitment.origin, Origin::Default);
}

#[test]
fn flags_override_the_file() {
    let home = tempfile::tempdir().unwrap();
    let ours = "json_rpc_url: http://ours:5\nwebsocket_url: ws://ours:99\ncommitment: processed\n";
    write(home.path(), OUR_FILE, ours);
    assert_eq!(
        load(home.path(), &GlobalArgs::default()).websocket.value,
        "ws://ours:99"
    );
    let args = GlobalArgs {
        url: Some("l".to_owned()),
        commitment: Some(Commitment::Finalized),
        keypair_path: Some(PathBuf::from("x.json")),
        ..GlobalArgs::default()
    };
    let settings = load(home.path(), &args);
    assert_eq!(settings.rpc_url().unwrap(), LOCALHOST_URL);
    assert_eq!(
        settings.websocket.value, "ws://127.0.0.1:8900/",
        "not that of the file's node"
    );
    assert_eq!(settings.commitment.value, Commitment::Finalized);
    assert_eq!(settings.keypair_path().unwrap(), Path::new("x.json"));
}

#[test]
fn a_file_named_by_flag_is_the_only_one() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), SOLANA_FILE, "json_rpc_url: http://solana:1\n");
    write(home.path(), "mine.yml", "json_rpc_url: http://mine:1\n");
    let mut args = GlobalArgs {
        config_file: Some(home.path().join("mine.yml")),
        ..GlobalArgs::default()
    };
    assert_eq!(load(home.path(), &args).url.value, "http://mine:1");
    args.config_file = Some(home.path().join("none.yml"));
    let error = Settings::load(&args, Some(home.path()), ConfigFile::Existing).unwrap_err();
    assert!(error.to_string().contains("none.yml"), "{error}");
    let new = Settings::load(&args, Some(home.path()), ConfigFile::New).unwrap();
    assert_eq!(new.url.value, LOCALHOST_URL);
}

#[test]
fn bad_values_name_the_file() {
    let home = tempfile::tempdir().unwrap();
    for (text, cause) in [
        ("commitment: certain\n", "`certain` is not a commitment level"),
        ("json_rpc_ulr: http://far\n", "unknown key `json_rpc_ulr`"),
        ("json_rpc_url: 1\n", "put it in quotes"),
        ("json_rpc_url: 'http\n", "cannot parse"),
    ] {
        write(home.path(), OUR_FILE, text);
        let error =
            Settings::load(&GlobalArgs::default(), Some(home.path()), ConfigFile::Existing).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("config.yml") && error.contains(cause), "{error}");
    }
    write(home.path(), OUR_FILE, "json_rpc_url: far\n");
    let settings = load(home.path(), &GlobalArgs::default());
    let error = settings.rpc_url().unwrap_err().to_string();
    assert!(
        error.contains("`far` is not the address") && error.contains("config.yml"),
        "{error}"
    );
}

#[test]
fn solanas_file_leads_to_this_machine_only() {
    let home = tempfile::tempdir().unwrap();
    write(
        home.path(),
        SOLANA_FILE,
        "json_rpc_url: https://api.devnet.solana.com/?api-key=SECRET\nnew_key: 1\n",
    );
    let error = load(home.path(), &GlobalArgs::default())
        .rpc_url()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("api.devnet.solana.com") && error.contains("isobath config set --url localhost"),
        "{error}"
    );
    assert!(!error.contains("SECRET"), "{error}");
    let args = GlobalArgs {
        url: Some("devnet".to_owned()),
        ..GlobalArgs::default()
    };
    assert_eq!(
        load(home.path(), &args).rpc_url().unwrap(),
        "https://api.devnet.solana.com"
    );
    for url in ["http://localhost:8899", "http://127.0.0.1:1"] {
        write(home.path(), SOLANA_FILE, &format!("json_rpc_url: {url}\n"));
        assert_eq!(load(home.path(), &GlobalArgs::default()).rpc_url().unwrap(), url);
    }
    write(
        home.path(),
        OUR_FILE,
        "json_rpc_url: https://api.devnet.solana.com\n",
    );
    load(home.path(), &GlobalArgs::default()).rpc_url().unwrap();
}

#[test]
fn without_a_home_only_its_files_are_missing() {
    let settings = Settings::load(&GlobalArgs::default(), None, ConfigFile::Existing).unwrap();
    assert_eq!(settings.rpc_url().unwrap(), LOCALHOST_URL);
    for error in [
        settings.keypair_path().unwrap_err(),
        settings.new_keypair_path().unwrap_err(),
        settings.written_to().unwrap_err(),
    ] {
        assert!(error.to_string().contains("HOME is not set"), "{error}");
    }
    let args = GlobalArgs {
        keypair_path: Some(PathBuf::from("x.json")),
        ..GlobalArgs::default()
    };
    let settings = Settings::load(&args, None, ConfigFile::Existing).unwrap();
    assert_eq!(settings.keypair_path().unwrap(), Path::new("x.json"));
    assert_eq!(settings.new_keypair_path().unwrap(), Path::new("x.json"));
}
