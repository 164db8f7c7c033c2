//! Seed phrases (BIP39): 12 to 24 words of one language that stand for a seed.
//!
//! Whether a phrase has the right words is checked; the passphrase beside it may be anything, and a wrong one gives
//! another key.

use anyhow::{Context, anyhow, bail};
use bip39::Mnemonic;
use clap::ValueEnum;
use isobath_sdk::Keypair;
use pbkdf2::pbkdf2_hmac;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::Sha512;
use zeroize::Zeroizing;

use super::derivation::Derivation;
use super::terminal::{read_passphrase, read_secret};

/// Rounds of the hash that turns a phrase into a seed, by BIP39.
const SEED_ROUNDS: u32 = 2_048;

/// The language of a phrase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    #[default]
    English,
    ChineseSimplified,
    ChineseTraditional,
    Japanese,
    Spanish,
    Korean,
    French,
    Italian,
}

impl Language {
    const fn words(self) -> bip39::Language {
        match self {
            Self::English => bip39::Language::English,
            Self::ChineseSimplified => bip39::Language::SimplifiedChinese,
            Self::ChineseTraditional => bip39::Language::TraditionalChinese,
            Self::Japanese => bip39::Language::Japanese,
            Self::Spanish => bip39::Language::Spanish,
            Self::Korean => bip39::Language::Korean,
            Self::French => bip39::Language::French,
            Self::Italian => bip39::Language::Italian,
        }
    }
}

/// Whether the words of a phrase are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validation {
    /// They must be a phrase of some language.
    Check,
    /// Any text is a phrase.
    Skip,
}

/// Fills an array from the operating system's random number generator.
///
/// # Errors
/// The generator fails.
pub(crate) fn random_bytes() -> anyhow::Result<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    OsRng
        .try_fill_bytes(bytes.as_mut_slice())
        .context("the operating system's random number generator failed; no key was created")?;
    Ok(bytes)
}

/// A new phrase of 12, 15, 18, 21 or 24 words.
///
/// # Errors
/// The random number generator fails.
pub(crate) fn generate(language: Language, words: u8) -> anyhow::Result<Mnemonic> {
    let entropy = random_bytes()?;
    // Three words stand for four bytes.
    let length = usize::from(words / 3).saturating_mul(4);
    let entropy = entropy
        .get(..length)
        .context("a phrase has at most 24 words (internal error)")?;
    Mnemonic::from_entropy_in(language.words(), entropy)
        .context("a phrase has 12 to 24 words (internal error)")
}

/// The key of a phrase.
pub(crate) fn keypair_of(phrase: &Mnemonic, passphrase: &str, derivation: &Derivation) -> Keypair {
    derivation.keypair(&Zeroizing::new(phrase.to_seed(passphrase)))
}

/// Asks for a phrase and its passphrase; the key that they stand for.
///
/// # Errors
/// The phrase is invalid, or nothing can be read.
pub(crate) fn ask(derivation: &Derivation, validation: Validation) -> anyhow::Result<Keypair> {
    let Some(typed) = read_secret("seed phrase: ")? else {
        bail!(
            "standard input ended before a seed phrase; give it one line with the phrase, or run this in a terminal"
        );
    };
    let phrase = match validation {
        Validation::Check => Some(parse(&typed)?),
        Validation::Skip => None,
    };
    let passphrase = read_passphrase(
        "If this seed phrase has an associated passphrase, enter it now. Otherwise, press ENTER: ",
    )?;
    Ok(match phrase {
        Some(phrase) => keypair_of(&phrase, &passphrase, derivation),
        None => derivation.keypair(&unchecked_seed(&typed, &passphrase)),
    })
}

/// Finds the language of a phrase.
fn parse(typed: &str) -> anyhow::Result<Mnemonic> {
    let words: Vec<_> = typed.split_whitespace().collect();
    let text = Zeroizing::new(words.join(" "));
    let mut all = Language::value_variants().iter();
    let parsed = all.find_map(|language| Mnemonic::parse_in(language.words(), text.as_str()).ok());
    parsed.ok_or_else(|| {
        // Most phrases are English, and no cause shows a word.
        let cause = Mnemonic::parse_in(bip39::Language::English, text.as_str()).err();
        let cause = cause.map(|error| error.to_string()).unwrap_or_default();
        anyhow!(
            "this is not a seed phrase (as English: {cause}); check the words and their order, or skip the check with \
             --skip-seed-phrase-validation"
        )
    })
}

/// The seed of a text that need not be a phrase.
fn unchecked_seed(typed: &str, passphrase: &str) -> Zeroizing<[u8; 64]> {
    let salt = Zeroizing::new(format!("mnemonic{passphrase}"));
    let mut seed = Zeroizing::new([0; 64]);
    pbkdf2_hmac::<Sha512>(
        typed.trim().as_bytes(),
        salt.as_bytes(),
        SEED_ROUNDS,
        seed.as_mut_slice(),
    );
    seed
}

#[cfg(test)]
mod tests {
    use super::*;

    const JAPANESE: &str = "\u{3042}\u{3044}\u{3053}\u{304f}\u{3057}\u{3093}";
    const JAPANESE_LAST: &str = "\u{3042}\u{304a}\u{305e}\u{3089}";

    fn address(phrase: &str, passphrase: &str, derivation: &Derivation) -> String {
        let phrase = parse(phrase).unwrap();
        keypair_of(&phrase, passphrase, derivation).pubkey().to_string()
    }

    fn query(text: &str) -> Derivation {
        Derivation::from_query(text).unwrap()
    }

    /// The addresses were made with solana-keypair 3.1.2 and bip39 2.2.2, which solana-keygen 4.2.2 is built of. Those
    /// of the first two phrases are also in Solana's documentation.
    #[test]
    fn phrases_have_the_keys_that_solana_gives_them() {
        let pill = "pill tomorrow foster begin walnut borrow virtual kick shift mutual shoe scatter";
        let neither = "neither lonely flavor argue grass remind eye tag avocado spot unusual intact";
        let abandon = "abandon ".repeat(11) + "about";
        let japanese = format!("{JAPANESE} ").repeat(11) + JAPANESE_LAST;
        let ideographs = "\u{334d}\u{30ac}\u{30d0}\u{30f4}\u{30a1}\u{3071}\u{3070}\u{3050}\u{309e}\u{3061}\u{3062}\
                          \u{5341}\u{4eba}\u{5341}\u{8272}";
        let first = Derivation::FirstBytes;
        for (phrase, passphrase, derivation, expected) in [
            (pill, "", &first, "5ZWj7a1f8tWkjBESHKgrLmXshuXxqeY9SYcfbshpAqPG"),
            (
                pill,
                "",
                &query(""),
                "5Ra911yxjEZZsivku9qjew3VsHCmRckUyFTmmV9zXipe",
            ),
            (
                neither,
                "",
                &query("key=0/0"),
                "5vftMkHL72JaJG6ExQfGAsT2uGVHpRR7oTNUPMs68Y2N",
            ),
            (
                neither,
                "",
                &query("key=1'/0'"),
                "GcXbfQ5yY3uxCyBNDPBbR5FjumHf89E7YHXuULfGDBBv",
            ),
            (
                neither,
                "",
                &query("key=2/0"),
                "7QPgyQwNLqnoSwHEuK8wKy2Y3Ani6EHoZRihTuWkwxbc",
            ),
            (
                neither,
                "",
                &query("key=0"),
                "ZtSqp8BQkKFvahawCS9Mf15gzFuedeWWDkYap3qQEe4",
            ),
            (
                neither,
                "",
                &query("full-path=m"),
                "k2JKzccFP5YNn58NKSnt3PPYto4k7aPZneC2hchzVe2",
            ),
            (
                neither,
                "",
                &query("full-path=m/44/2017/0/1"),
                "9fLN9cSe8qD9kJ1efRbZn7KdnsPSsa5ykScBppqnpz5N",
            ),
            (
                &abandon,
                "TREZOR",
                &first,
                "6UChi37U4BGomEQR665JZNjTM2PiHcUmBCD3e7TD366v",
            ),
            (
                &abandon,
                "TREZOR",
                &query("key=0/0"),
                "7zSmbu6gKkb6HB7UDPtHYjwCWuBHU1D4TpNZFm4sndQe",
            ),
            (
                &japanese,
                ideographs,
                &first,
                "8FtzcsQWHawgecRDMRE3Bsr89SyWQ7LbAyRhKFxzsoKx",
            ),
            (
                &japanese,
                ideographs,
                &query("key=0/0"),
                "62EYLQ4LYkRnCDPR4YsqWrTunK5UwLH82Poy9Fbf7f3s",
            ),
        ] {
            assert_eq!(
                address(phrase, passphrase, derivation),
                expected,
                "{derivation:?}"
            );
        }
        let seed = unchecked_seed(" not a real phrase ", "pw");
        assert_eq!(
            first.keypair(&seed).pubkey().to_string(),
            "wb6Tq9hNWjxhyNGuHYn6SN3ZucXJB2hu5GqMzwVgcT5"
        );
        assert_eq!(
            query("").keypair(&seed).pubkey().to_string(),
            "Eura7q77A22kJxnWs2szTn69WoECL9wjdPGxFyQFQ4Xa"
        );
    }

    #[test]
    fn every_language_and_length_is_made_and_read_back() {
        for language in Language::value_variants() {
            for words in [12, 15, 18, 21, 24] {
                let phrase = generate(*language, words).unwrap();
                assert_eq!(phrase.word_count(), usize::from(words));
                let text = phrase.to_string();
                let spaced = format!("  {} \t", text.replace(' ', "   "));
                // Two languages may share all words of a phrase, but then they stand for the same seed.
                assert_eq!(
                    parse(&spaced).unwrap().to_seed("p"),
                    phrase.to_seed("p"),
                    "{language:?}"
                );
            }
        }
    }

    #[test]
    fn bad_phrases_are_refused_without_showing_them() {
        for phrase in [
            "",
            "zebra zebra",
            "zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra",
            "\u{7af9}",
        ] {
            let error = parse(phrase).unwrap_err().to_string();
            assert!(!error.contains("zebra"), "{error}");
        }
    }
}
