//! What is searched for, and the work of one thread.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bip39::Mnemonic;
use isobath_sdk::Keypair;
use tokio::sync::mpsc::Sender;
use zeroize::Zeroizing;

use crate::wallet::derivation::Derivation;
use crate::wallet::phrase::{self, Language};

/// Characters that an address has at most.
const ADDRESS_LEN_MAX: usize = 44;

/// The characters of base58.
const ALPHABET: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// How an address begins and ends, and how many keys are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    starts: String,
    ends: String,
    count: u64,
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pubkeys, start, end) = match self.count {
            1 => ("pubkey that", "starts", "ends"),
            _ => ("pubkeys that", "start", "end"),
        };
        let Self { starts, ends, count } = self;
        write!(
            f,
            "{count} {pubkeys} {start} with '{starts}' and {end} with '{ends}'"
        )
    }
}

/// Reads `PREFIX:COUNT`.
pub(super) fn parse_prefix(text: &str) -> Result<Pattern, String> {
    let [starts, count] = parts(text, "PREFIX:COUNT")?;
    pattern(starts, "", count)
}

/// Reads `SUFFIX:COUNT`.
pub(super) fn parse_suffix(text: &str) -> Result<Pattern, String> {
    let [ends, count] = parts(text, "SUFFIX:COUNT")?;
    pattern("", ends, count)
}

/// Reads `PREFIX:SUFFIX:COUNT`.
pub(super) fn parse_both(text: &str) -> Result<Pattern, String> {
    let [starts, ends, count] = parts(text, "PREFIX:SUFFIX:COUNT")?;
    pattern(starts, ends, count)
}

fn parts<'a, const N: usize>(text: &'a str, form: &str) -> Result<[&'a str; N], String> {
    let parts: Vec<_> = text.split(':').collect();
    let parts: Result<[&str; N], _> = parts.try_into();
    parts
        .ok()
        .filter(|parts| parts.iter().all(|part| !part.is_empty()))
        .ok_or_else(|| format!("expected {form}"))
}

fn pattern(starts: &str, ends: &str, count: &str) -> Result<Pattern, String> {
    if let Some(other) = starts
        .chars()
        .chain(ends.chars())
        .find(|c| !ALPHABET.contains(*c))
    {
        return Err(format!(
            "no address has the character `{other}`; base58 has {ALPHABET}"
        ));
    }
    if starts.len().saturating_add(ends.len()) > ADDRESS_LEN_MAX {
        return Err(format!(
            "no address is that long; addresses have up to {ADDRESS_LEN_MAX} characters"
        ));
    }
    match count.parse() {
        Ok(0) | Err(_) => Err(format!("`{count}` is not a number of keys; give at least 1")),
        Ok(count) => Ok(Pattern {
            starts: starts.to_owned(),
            ends: ends.to_owned(),
            count,
        }),
    }
}

/// Where keys of phrases come from.
#[derive(Debug)]
pub(super) struct PhraseSource {
    pub(super) language: Language,
    pub(super) words: u8,
    pub(super) passphrase: Zeroizing<String>,
    pub(super) derivation: Derivation,
}

/// A key whose address is wanted.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) keypair: Keypair,
    /// Its phrase, where phrases are searched.
    pub(super) phrase: Option<Mnemonic>,
}

/// A pattern, and how many of its keys are still wanted.
#[derive(Debug)]
struct Wanted {
    pattern: Pattern,
    left: AtomicU64,
}

/// A search that several threads share.
#[derive(Debug)]
pub(super) struct Search {
    wanted: Vec<Wanted>,
    ignore_case: bool,
    phrases: Option<PhraseSource>,
    // Counters for people, and flags that may be seen late: nothing else depends on their order.
    tried: AtomicU64,
    matched: AtomicU64,
    stopped: AtomicBool,
}

impl Search {
    /// Searches until every pattern has its keys.
    pub(super) fn new(patterns: Vec<Pattern>, ignore_case: bool, phrases: Option<PhraseSource>) -> Self {
        let wanted = patterns.into_iter().map(|mut pattern| {
            if ignore_case {
                pattern.starts.make_ascii_lowercase();
                pattern.ends.make_ascii_lowercase();
            }
            let left = AtomicU64::new(pattern.count);
            Wanted { pattern, left }
        });
        Self {
            wanted: wanted.collect(),
            ignore_case,
            phrases,
            tried: AtomicU64::new(0),
            matched: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// Tries keys and sends those that are wanted, until all are found, the search is stopped, or nobody receives.
    pub(super) fn run(&self, found: &Sender<anyhow::Result<Found>>) {
        while !self.stopped.load(Ordering::Relaxed) && !self.is_complete() {
            let wanted = match self.try_one() {
                Ok(None) => continue,
                Ok(Some(key)) => Ok(key),
                Err(error) => Err(error),
            };
            if wanted.is_err() {
                self.stop();
            }
            if found.blocking_send(wanted).is_err() {
                return;
            }
        }
    }

    /// Ends the threads.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether phrases need a passphrase as well.
    pub(super) fn has_passphrase(&self) -> bool {
        let phrases = self.phrases.as_ref();
        phrases.is_some_and(|phrases| !phrases.passphrase.is_empty())
    }

    /// What was done so far.
    pub(super) fn progress(&self, elapsed: Duration) -> String {
        format!(
            "searched {} keypairs in {} s, {} matches found",
            self.tried.load(Ordering::Relaxed),
            elapsed.as_secs(),
            self.matched.load(Ordering::Relaxed)
        )
    }

    fn is_complete(&self) -> bool {
        self.wanted
            .iter()
            .all(|wanted| wanted.left.load(Ordering::Relaxed) == 0)
    }

    /// A random key, if its address is wanted.
    fn try_one(&self) -> anyhow::Result<Option<Found>> {
        self.tried.fetch_add(1, Ordering::Relaxed);
        let candidate = self.candidate()?;
        let mut address = candidate.keypair.pubkey().to_string();
        if self.ignore_case {
            address.make_ascii_lowercase();
        }
        let mut is_wanted = false;
        for wanted in &self.wanted {
            let Pattern { starts, ends, .. } = &wanted.pattern;
            // Two threads that find the last key at once must not count it twice.
            let take = |left: u64| left.checked_sub(1);
            is_wanted |= address.starts_with(starts)
                && address.ends_with(ends)
                && wanted
                    .left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                    .is_ok();
        }
        if is_wanted {
            self.matched.fetch_add(1, Ordering::Relaxed);
        }
        Ok(is_wanted.then_some(candidate))
    }

    fn candidate(&self) -> anyhow::Result<Found> {
        let Some(source) = &self.phrases else {
            return Ok(Found {
                keypair: Keypair::from_seed(*phrase::random_bytes()?),
                phrase: None,
            });
        };
        let phrase = phrase::generate(source.language, source.words)?;
        Ok(Found {
            keypair: phrase::keypair_of(&phrase, &source.passphrase, &source.derivation),
            phrase: Some(phrase),
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::channel;

    use super::*;

    #[test]
    fn patterns_are_checked() {
        let both = parse_both("So:ana:4").unwrap();
        assert_eq!(
            both.to_string(),
            "4 pubkeys that start with 'So' and end with 'ana'"
        );
        assert_eq!(
            parse_suffix("a:1").unwrap().to_string(),
            "1 pubkey that starts with '' and ends with 'a'"
        );
        for text in [
            "", "a", "a:", ":1", "a:0", "a:x", "a:-1", "l:1", "0:1", "a:b:1", "\u{e9}:1",
        ] {
            assert!(parse_prefix(text).is_err(), "{text}");
        }
        assert!(parse_prefix(&format!("{}:1", "a".repeat(45))).is_err());
    }

    #[test]
    fn exactly_the_wanted_keys_are_found() {
        let patterns = vec![parse_prefix("A:2").unwrap(), parse_suffix("b:1").unwrap()];
        let search = Search::new(patterns, true, None);
        let (sender, mut receiver) = channel(16);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let (search, sender) = (&search, sender.clone());
                scope.spawn(move || search.run(&sender));
            }
        });
        drop(sender);
        let mut counts = (0, 0, 0);
        while let Some(found) = receiver.blocking_recv() {
            let address = found.unwrap().keypair.pubkey().to_string().to_lowercase();
            assert!(address.starts_with('a') || address.ends_with('b'), "{address}");
            counts.0 += u32::from(address.starts_with('a'));
            counts.1 += u32::from(address.ends_with('b'));
            counts.2 += 1;
        }
        assert!(counts.0 >= 2 && counts.1 >= 1 && counts.2 <= 3, "{counts:?}");
    }
}
