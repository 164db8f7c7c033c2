//! Writes the samples of every fuzz body as the first corpus of its fuzz target.
//!
//! ```sh
//! cargo run -p isobath-tests --example seed_corpus -- fuzz/corpus
//! ```

use std::{env, fs, io, path::PathBuf};

use isobath_tests::fuzz_bodies::BODIES;

fn main() -> io::Result<()> {
    let root = env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("fuzz/corpus"), PathBuf::from);
    for body in BODIES {
        let folder = root.join(body.name);
        fs::create_dir_all(&folder)?;
        for (index, sample) in (body.samples)().iter().enumerate() {
            fs::write(folder.join(format!("sample-{index}")), sample)?;
        }
    }
    Ok(())
}
