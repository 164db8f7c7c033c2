//! Retired words, where people read them and where they do not.

use super::{Workspace, source};

const RULE: &str = "retired-word";
const LIST: &str = "tests/tidy/retired.txt";
const RETIRED: &str = "# Words.\n\ndoor, doors | server\ntake in | accept | take in turn\nstands | is | stands for, it stands there\n";

fn workspace() -> Workspace {
    Workspace::tidy().with(LIST, RETIRED)
}

#[test]
fn in_documents() {
    for text in [
        "The Door.",
        "two doors",
        "[a door](#b)",
        "take in",
        "take\nin",
        "take-in",
        "(it stands)",
        "| stands | for",
    ] {
        let advice = "is retired: write";
        for path in [
            "README.md",
            "CHANGELOG.md",
            "docs/door.md",
            "a/README.md",
            "tests/clients/README.md",
        ] {
            let text = format!("# A\n\n{text}\n");
            workspace().with(path, &text).reports(path, 3, RULE, advice);
        }
    }
    for text in [
        "doorstep, door_index and indoor",
        "take, in",
        "take\n\nin",
        "`door` and ``a door``",
        "[a](#door)",
        "```\nthe door\n```",
        "take in turn; it stands for the other, and there it stands there",
    ] {
        workspace()
            .with("README.md", &format!("{text}\n"))
            .reports_nothing();
    }
}

#[test]
fn in_messages() {
    for code in [
        "const A: &str = \"no door\";",
        "#[error(\"the door {0}\")] struct E(u8);",
        "const A: &str = r#\"a \"door\"\"#;",
        "fn f() { log!(\"one\\ndoor\") }",
    ] {
        workspace()
            .with("a/src/lib.rs", &source(code))
            .reports("a/src/lib.rs", 3, RULE, "write server");
    }
    let broken = source("const A: &str = \"we take \\\n    in\";");
    workspace().with("a/src/lib.rs", &broken).reports(
        "a/src/lib.rs",
        3,
        RULE,
        "`take in` is retired: write accept",
    );
    for code in [
        "// A door.\nfn door() {}",
        "/// A door.\nfn f() {}",
        "const A: [&str; 2] = [\"take\", \"in\"];",
        "#[cfg(test)]\nconst A: &str = \"door\";",
    ] {
        workspace().with("a/src/lib.rs", &source(code)).reports_nothing();
    }
    let test = "//! Tests of b.\n\nconst A: &str = \"door\";\n";
    workspace().with("a/src/b/tests.rs", test).reports_nothing();
}

#[test]
fn in_programs_that_lie_among_tests() {
    let code = source("fn main() { print(\"no door\") }");
    let is_reported = |path: &str| {
        let problems = workspace().with(path, &code).problems();
        problems
            .iter()
            .any(|found| found.path == path && found.rule == RULE)
    };
    assert!(is_reported("tests/src/bin/load.rs"));
    assert!(!is_reported("tests/src/load.rs"));
}

#[test]
fn in_the_help_of_a_command_line() {
    for name in ["Args", "clap::Parser", "Clone, Subcommand", "ValueEnum"] {
        let code = format!("/// The door.\n#[derive({name})]\nstruct A;");
        workspace()
            .with("a/src/lib.rs", &source(&code))
            .reports("a/src/lib.rs", 3, RULE, "`door`");
    }
    for code in ["#[derive(Clone)]", "#[cfg(test)]\n#[derive(Args)]"] {
        let code = format!("/// The door.\nstruct A;\n{code}\nstruct B;");
        workspace().with("a/src/lib.rs", &source(&code)).reports_nothing();
    }
}

#[test]
fn an_allowance_names_a_file_and_a_reason() {
    let allowing = |line: &str, text: &str| {
        let list = format!("{RETIRED}{line}\n");
        Workspace::tidy().with(LIST, &list).with("README.md", text)
    };
    let allow = "allow README.md: door # of a house";
    allowing(allow, "The door.\n").reports_nothing();
    allowing(allow, "The doors.\n")
        .with("README.md", "Doors.\nA door.\n")
        .reports("README.md", 1, RULE, "`doors`");
    allowing(allow, "Nothing.\n").reports(LIST, 6, RULE, "remove this line");
    allowing("allow README.md: door #", "Nothing.\n").reports(LIST, 6, RULE, "# reason");
    allowing("door", "Nothing.\n").reports(LIST, 6, RULE, "what to write instead");
}
