//! The binary as a user runs it: `demo` and `client` against real nodes, and common mistakes.
//!
//! Each test has its own node, ledger folder and ports, so they run side by side.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use isobath_node::NodeConfig;
use isobath_rpc::RpcConfig;
use isobath_sdk::chain::genesis::Genesis;
use isobath_testkit::keys::{dev_key, unfunded_key};
use isobath_validator::in_process::InProcessNode;
use serde_json::Value;
use tempfile::TempDir;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_isobath-bench"))
        .args(arguments)
        .output()
        .expect("the binary runs")
}

fn stderr_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The one JSON object on stdout; panics with stdout and stderr if there is not exactly one.
fn json_of(output: &Output) -> Value {
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        stdout.lines().count(),
        1,
        "stdout: {stdout}\nstderr: {}",
        stderr_of(output)
    );
    serde_json::from_str(&stdout).expect("stdout is one JSON object")
}

/// A node with 50 ms slots, served on free ports. Parts are dropped in the order of the fields.
struct TestNode {
    served: InProcessNode,
    url: String,
    _folder: TempDir,
}

impl TestNode {
    fn start(genesis: Genesis) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be created");
        let mut config = NodeConfig::at(folder.path());
        config.genesis = Some(genesis);
        config.slot_ms = Some(50);
        let served = InProcessNode::start(config, RpcConfig::on_port(0), None).expect("the node starts");
        Self {
            url: format!("http://{}", served.rpc_addr()),
            served,
            _folder: folder,
        }
    }
}

#[test]
fn the_demo_verifies_what_it_reports() {
    let output = run(&[
        "demo",
        "--seconds",
        "1",
        "--accounts",
        "50",
        "--slot-ms",
        "50",
        "--json",
    ]);
    let report = json_of(&output);
    assert!(output.status.success(), "{report:#}\n{}", stderr_of(&output));
    assert_eq!(report["ok"], true);
    assert_eq!(report["command"], "demo");
    assert_eq!(report["seed"], 1);
    let confirmed = report["confirmed"].as_u64().unwrap();
    assert!(confirmed > 0, "{report:#}");
    assert_eq!(report["sent"], confirmed);
    assert_eq!(report["compute_units"], confirmed * 150);
    assert!(report["tps"].as_f64().unwrap() > 0.0);
    let latency = &report["latency_us"];
    assert!(
        latency["p50"].as_u64() <= latency["p99"].as_u64()
            && latency["p99"].as_u64() <= latency["max"].as_u64()
    );
    assert_eq!(report["conservation"]["holds"], true);
    assert_eq!(report["conservation"]["fees_lamports"], confirmed * 5_000);
    assert_eq!(report["chain"]["holds"], true);
    assert_eq!(report["reopened"]["looked_up"], confirmed);
    assert_eq!(report["reopened"]["found"], confirmed);
    assert!(report["machine"]["cores"].as_u64().unwrap() >= 1);
    assert!(
        report["load_average"]
            .as_array()
            .is_some_and(|averages| averages.len() == 2)
    );
    assert_eq!(report["reopened"]["lost_blocks"], 0);
}

#[test]
fn a_client_confirms_every_transfer_and_can_be_run_again() {
    let node = TestNode::start(Genesis::development());
    for txs in ["300", "77"] {
        let output = run(&[
            "client",
            "--url",
            &node.url,
            "--accounts",
            "20",
            "--txs",
            txs,
            "--batch",
            "16",
            "--json",
        ]);
        let report = json_of(&output);
        assert!(output.status.success(), "{report:#}\n{}", stderr_of(&output));
        assert_eq!(report["confirmed"], txs.parse::<u64>().unwrap());
        assert_eq!(report["failures"], serde_json::json!({}));
        assert_eq!(report["conservation"]["holds"], true);
        assert!(report["chain"].is_null() && report["reopened"].is_null());
    }
}

#[test]
fn a_keypair_file_pays_where_there_is_no_faucet() {
    let mut genesis = Genesis::development();
    genesis.faucet = None;
    let node = TestNode::start(genesis);

    let output = run(&["client", "--url", &node.url, "--accounts", "5", "--txs", "20"]);
    let text = stderr_of(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("--keypair FILE") && text.contains("requestAirdrop"),
        "{text}"
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payer.json");
    std::fs::write(&file, dev_key(0).to_json()).unwrap();
    let file = file.to_str().unwrap();
    let arguments = [
        "client",
        "--url",
        &node.url,
        "--accounts",
        "5",
        "--txs",
        "20",
        "--rate",
        "200",
    ];
    let output = run(&[&arguments[..], &["--keypair", file]].concat());
    assert!(output.status.success(), "{}", stderr_of(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("20 transfers, all of 20 sent") && text.contains("ok    the 5 balances"),
        "{text}"
    );
}

#[test]
fn an_empty_payer_is_reported_with_the_missing_amount() {
    let node = TestNode::start(Genesis::development());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.json");
    std::fs::write(&file, unfunded_key(42).to_json()).unwrap();
    let file = file.to_str().unwrap();
    let output = run(&[
        "client",
        "--url",
        &node.url,
        "--accounts",
        "5",
        "--txs",
        "20",
        "--keypair",
        file,
    ]);
    let text = stderr_of(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("holds 0 lamports") && text.contains("are needed"),
        "{text}"
    );
}

#[test]
fn an_interrupted_run_does_not_claim_that_a_check_failed() {
    let node = TestNode::start(Genesis::development());
    let arguments = [
        "client",
        "--url",
        &node.url,
        "--accounts",
        "20",
        "--txs",
        "1000000",
        "--rate",
        "400",
    ];
    let client = Command::new(env!("CARGO_BIN_EXE_isobath-bench"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let first = node.served.node().published().chain().slot();
    // Signing ahead takes a while; sending shows in the blocks.
    while node.served.node().counters().executed_ok.get() < 400 {
        assert!(
            node.served.node().published().chain().slot() < first + 1_200,
            "the load does not begin"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let interrupt = Command::new("kill")
        .args(["-INT", &client.id().to_string()])
        .status();
    assert!(interrupt.expect("kill runs").success());
    let output = client.wait_with_output().expect("the client ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{text}{}", stderr_of(&output));
    assert!(
        text.contains("every check passed for what was sent") && !text.contains("FAIL"),
        "{text}"
    );
}

#[test]
fn mistakes_are_named_with_their_cure() {
    // Port 1 on loopback has no listener on any machine that runs tests.
    for (arguments, code, words) in [
        (
            &["client", "--url", "http://127.0.0.1:1"][..],
            1,
            &["cannot connect", "start `isobath dev`"][..],
        ),
        (
            &["client", "--url", "127.0.0.1:8899"],
            1,
            &["http://127.0.0.1:8899"],
        ),
        (
            &["client", "--keypair", "/nonexistent/file.json"],
            1,
            &["/nonexistent/file.json"],
        ),
        (&["client", "--txs", "0"], 2, &["--txs"]),
        (
            &["demo", "--window", "10", "--batch", "64"],
            2,
            &["64", "10", "lower --batch"],
        ),
        (&["demo", "--slot-ms", "1"], 2, &["--slot-ms"]),
        (&["frobnicate"], 2, &["frobnicate"]),
    ] {
        let output = run(arguments);
        let text = stderr_of(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty(), "{arguments:?} wrote to stdout");
        for word in words {
            assert!(
                text.contains(word),
                "{arguments:?}: {word:?} is missing in: {text}"
            );
        }
    }
}

#[test]
fn help_names_every_argument() {
    let output = run(&["client", "--help"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for argument in [
        "--url",
        "--ws-url",
        "--accounts",
        "--txs",
        "--window",
        "--batch",
        "--connections",
        "--rate",
        "--timeout",
        "--threads",
        "--seed",
        "--keypair",
        "--json",
    ] {
        assert!(text.contains(argument), "{argument} is missing in:\n{text}");
    }
}

#[test]
fn sigverify_reports_every_figure_and_judges_only_what_it_measured() {
    let output = run(&[
        "sigverify",
        "--backend",
        "best",
        "--rounds",
        "1",
        "--seconds",
        "1",
        "--json",
    ]);
    let report = json_of(&output);
    let best = isobath_sigverify::Backend::best().name();
    assert_eq!(report["backend"], best, "{}", stderr_of(&output));
    for n in ["1", "8", "16", "64", "256", "1024", "4096"] {
        assert!(report["ours_us"][n].as_f64().unwrap() > 0.0, "{report:#}");
    }
    for figure in [
        "lanes_us",
        "one_bad_in_batch_us",
        "alternating_bad_batches_us",
        "dalek_strict_us",
    ] {
        assert!(report[figure].as_f64().unwrap() > 0.0, "{figure}");
    }
    let targets = report["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 9);
    // The verdicts decide the exit code; a debug build is not expected to reach any target.
    let missed = targets.iter().any(|target| target["verdict"] == "not reached");
    assert_eq!(output.status.success(), !missed);
    for target in targets {
        assert_eq!(
            target["measured"].is_null(),
            target["verdict"] == "not measurable here"
        );
    }
}

#[test]
fn a_projection_says_what_it_is_and_stands_beside_what_was_measured() {
    let output = run(&[
        "projection",
        "--accounts",
        "1000",
        "--block-transactions",
        "200",
        "--warmup-blocks",
        "2",
        "--rounds",
        "2",
        "--cores",
        "128",
        "--json",
    ]);
    let report = json_of(&output);
    assert!(output.status.success(), "{report:#}\n{}", stderr_of(&output));
    assert_eq!(
        report["label"],
        "projection from measured stage costs, not a measurement"
    );
    let workloads = report["workloads"].as_array().unwrap();
    let names: Vec<&Value> = workloads.iter().map(|row| &row["workload"]).collect();
    assert_eq!(names, ["disjoint", "zipf", "hot"]);
    assert_eq!(workloads[2]["chain_share"], 1.0);
    for row in workloads {
        let curve = row["curve"].as_array().unwrap();
        let cores: Vec<&Value> = curve.iter().map(|point| &point["cores"]).collect();
        assert_eq!(cores, [1, 2, 128]);
        assert!(
            curve
                .iter()
                .all(|point| point["projected_tps"].as_f64().unwrap() > 0.0)
        );
        assert!(
            curve[..2]
                .iter()
                .all(|point| point["measured_tps"].as_f64().unwrap() > 0.0)
        );
    }
}

#[test]
fn the_pipeline_is_measured_from_the_pool_to_the_notice() {
    let parent = tempfile::tempdir().expect("a temporary folder can be created");
    let ledger = parent.path().to_str().expect("its name is text");
    for (workload, accounts) in [("disjoint", "100"), ("zipf", "30"), ("hot", "2")] {
        let output = run(&[
            "pipeline",
            "--accounts",
            accounts,
            "--transfers",
            "2000",
            "--warmup-transfers",
            "300",
            "--workload",
            workload,
            "--ledger",
            ledger,
            "--json",
        ]);
        let report = json_of(&output);
        assert!(output.status.success(), "{report:#}\n{}", stderr_of(&output));
        assert_eq!(report["command"], "pipeline");
        assert_eq!(report["workload"], workload);
        assert_eq!(
            (&report["transfers"], &report["rounds"]),
            (&2_000.into(), &1.into())
        );
        let figure = |name: &str| report[name].as_f64().unwrap();
        assert!(figure("blocks") >= 1.0, "{report:#}");
        assert!(figure("bytes_per_transfer") > 100.0, "{report:#}");
        assert!(figure("tps") > 0.0 && figure("feeder_us") > 0.0, "{report:#}");
        let stages = report["stages_us"].as_object().unwrap();
        let sum: f64 = stages.values().filter_map(Value::as_f64).sum();
        assert!(sum > 0.0 && figure("cpu_us_per_transfer") > 0.0, "{report:#}");
    }
    assert_eq!(
        parent.path().read_dir().unwrap().count(),
        0,
        "ledgers are removed"
    );
}

#[test]
fn a_ledger_of_the_pipeline_needs_a_folder() {
    let output = run(&["pipeline", "--ledger", "/does/not/exist"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = stderr_of(&output);
    assert!(
        stderr.contains("/does/not/exist") && stderr.contains("--ledger"),
        "{stderr}"
    );
}

#[test]
fn sigverify_names_the_available_backends() {
    let output = run(&["sigverify", "--backend", "abacus"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = stderr_of(&output);
    assert!(
        stderr.contains("no backend abacus") && stderr.contains("portable"),
        "{stderr}"
    );
}
