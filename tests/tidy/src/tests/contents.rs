//! The contents of a crate, in the docs of its `lib.rs`.

use super::Workspace;

#[test]
fn crate_docs_name_every_module() {
    let library = |docs: &str, code: &str| {
        let text = format!("//! {docs}\n\n{code}\nmod b;\n");
        Workspace::tidy().with("a/src/lib.rs", &text)
    };
    library("The `b` of a.", "").reports_nothing();
    library("See [`mod@b`].", "").reports_nothing();
    library("```text\n//! a -> b\n//! ```", "").reports_nothing();
    library("`b`", "#[cfg(test)]\nmod c { mod d; }").reports_nothing();
    library("The b of a.", "").reports("a/src/lib.rs", 1, "contents", "the modules `b`");
    library("`bc` and `b_c`", "").reports("a/src/lib.rs", 1, "contents", "`b`");
    let two = library("A.", "mod c;").with("a/src/c.rs", "//! C.\n");
    two.reports("a/src/lib.rs", 1, "contents", "`c`, `b`");
}
