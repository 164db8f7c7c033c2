//! Addresses of nodes as errors and logs may show them.
//!
//! Providers put the key of an account into the address: as user name and password, in the query (`?api-key=...`) or as
//! a part of the path. Errors end up in bug reports, so those parts are replaced by `***`. Invariant: scheme, host and
//! port are shown, and nothing that could be such a key.

use std::borrow::Cow;

/// What a hidden part is replaced by.
const HIDDEN: &str = "***";

/// Parts of a path of this length or more may be keys. `v2`, `rpc` and names of networks are shorter.
const KEY_LEN_MIN: usize = 16;

/// `url` without what could be the key of an account with its provider. An address without such a part is unchanged.
#[must_use]
pub fn redact_url(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Cow::Borrowed(url);
    };
    let (rest, has_query) = rest
        .split_once(['?', '#'])
        .map_or((rest, false), |(rest, _)| (rest, true));
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit_once('@').map(|(_, host)| host);
    let has_key = path.split('/').any(|part| part.len() >= KEY_LEN_MIN);
    if host.is_none() && !has_query && !has_key {
        return Cow::Borrowed(url);
    }
    let path: Vec<&str> = path
        .split('/')
        .map(|part| if part.len() >= KEY_LEN_MIN { HIDDEN } else { part })
        .collect();
    let user = host.map_or(String::new(), |_| format!("{HIDDEN}@"));
    let query = if has_query {
        format!("?{HIDDEN}")
    } else {
        String::new()
    };
    Cow::Owned(format!(
        "{scheme}://{user}{}{}{query}",
        host.unwrap_or(authority),
        path.join("/")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_providers_are_hidden() {
        let cases = [
            (
                "https://mainnet.helius-rpc.com/?api-key=5ecre7",
                "https://mainnet.helius-rpc.com/?***",
            ),
            ("https://user:5ecre7@node:8899/x", "https://***@node:8899/x"),
            ("wss://a.b/v2/5ecre7-5ecre7-5ecre7", "wss://a.b/v2/***"),
            ("http://h?5ecre7", "http://h?***"),
            ("http://h#5ecre7", "http://h?***"),
            ("http://a@5ecre7@h/", "http://***@h/"),
            ("https://5ecre7@h?x@y", "https://***@h?***"),
        ];
        for (url, shown) in cases {
            assert_eq!(redact_url(url), shown);
            assert!(!redact_url(url).contains("5ecre7"), "{url}");
        }
    }

    #[test]
    fn other_addresses_stay_as_they_are() {
        for url in [
            "http://127.0.0.1:8899",
            "http://localhost:8899/",
            "https://api.devnet.solana.com",
            "ws://[::1]:8900/a/b",
            "localhost:8899",
            "",
        ] {
            assert_eq!(redact_url(url), url);
        }
    }
}
