//! The configuration file: YAML, with the keys of the Solana CLI's file.

use std::collections::BTreeMap;

use anyhow::{anyhow, bail};
use serde_json::Value;

/// The keys that a file may have.
pub(crate) const KNOWN_KEYS: &str =
    "json_rpc_url, websocket_url, keypair_path, commitment and address_labels";

/// The values of a configuration file; `None` where absent or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values {
    /// `json_rpc_url`
    pub(crate) url: Option<String>,
    /// `websocket_url`
    pub(crate) websocket: Option<String>,
    /// `keypair_path`
    pub(crate) keypair_path: Option<String>,
    /// `commitment`
    pub(crate) commitment: Option<String>,
    /// `address_labels`, which the Solana CLI shows beside addresses; kept when the file is written.
    labels: Option<Value>,
}

/// What a text holds: values, and the keys that are not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// The values of the known keys.
    pub(crate) values: Values,
    /// All other keys.
    pub(crate) unknown: Vec<String>,
}

impl Values {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// It is not one YAML map, a key is repeated, or a value is not text. No error shows a value: an address may hold
    /// a secret.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Parsed> {
        // YAML 1.2, in which `y` and `no` are texts.
        let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
        let map: Option<BTreeMap<String, Value>> = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| anyhow!(error.render_with_formatter(&serde_saphyr::UserMessageFormatter)))?;
        let mut parsed = Parsed::default();
        for (key, value) in map.unwrap_or_default() {
            let field = match key.as_str() {
                "json_rpc_url" => &mut parsed.values.url,
                "websocket_url" => &mut parsed.values.websocket,
                "keypair_path" => &mut parsed.values.keypair_path,
                "commitment" => &mut parsed.values.commitment,
                "address_labels" => {
                    parsed.values.labels = Some(value);
                    continue;
                }
                _ => {
                    parsed.unknown.push(key);
                    continue;
                }
            };
            *field = match value {
                Value::Null => None,
                Value::String(text) => Some(text).filter(|text| !text.is_empty()),
                _ => bail!("the value of `{key}` is not text; put it in quotes"),
            };
        }
        Ok(parsed)
    }

    /// The text of a file with these values. Every JSON value is a YAML value.
    pub(crate) fn to_text(&self) -> String {
        let entries = [
            ("json_rpc_url", &self.url),
            ("websocket_url", &self.websocket),
            ("keypair_path", &self.keypair_path),
            ("commitment", &self.commitment),
        ];
        let mut text = "---\n".to_owned();
        for (key, value) in entries {
            let value = Value::from(value.as_deref().unwrap_or_default());
            text.push_str(&format!("{key}: {value}\n"));
        }
        if let Some(labels) = &self.labels {
            text.push_str(&format!("address_labels: {labels}\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<String> {
        let parsed = Values::parse(text).unwrap();
        assert_eq!(parsed.unknown, [""; 0], "{text}");
        parsed.values.url
    }

    #[test]
    fn the_file_of_the_solana_cli_is_parsed() {
        let text = "---\njson_rpc_url: https://api.devnet.solana.com\nwebsocket_url: ''\n\
                    keypair_path: /keys/of/me/.config/solana/id.json\naddress_labels:\n  '11111111111111111111111111111111': \
                    System Program\ncommitment: confirmed # default\n";
        let Values {
            url,
            websocket,
            keypair_path,
            commitment,
            ..
        } = Values::parse(text).unwrap().values;
        assert_eq!(url.as_deref(), Some("https://api.devnet.solana.com"));
        assert_eq!(websocket, None);
        assert_eq!(
            keypair_path.as_deref(),
            Some("/keys/of/me/.config/solana/id.json")
        );
        assert_eq!(commitment.as_deref(), Some("confirmed"));
    }

    #[test]
    fn every_form_of_yaml_is_read() {
        for text in [
            "json_rpc_url: http://a",
            "\"json_rpc_url\": http://a\n",
            "'json_rpc_url': \"http://a\"",
            "{json_rpc_url: 'http://a'}",
            "{\"json_rpc_url\": \"http://a\", \"commitment\": null}",
            "  json_rpc_url: http://a\n  commitment:\n",
            "\u{feff}json_rpc_url: http://a\r\n",
            "---\njson_rpc_url: >-\n  http://a\n...\n",
            "# comment\njson_rpc_url: !!str http://a # comment\n",
            "\"json_rpc\\u005furl\": \"\\x68ttp://a\"",
            "json_rpc_url: &node http://a\nwebsocket_url: *node",
        ] {
            assert_eq!(url(text).as_deref(), Some("http://a"), "{text}");
        }
        for text in [
            "",
            "# only a comment\n\n",
            "---\n",
            "json_rpc_url:\n",
            "json_rpc_url: ~",
            "json_rpc_url: ''",
        ] {
            assert_eq!(url(text), None, "{text}");
        }
        assert_eq!(url("json_rpc_url: 'it''s'").as_deref(), Some("it's"));
        assert_eq!(url("json_rpc_url: \"a\\\"b\\\\\"").as_deref(), Some("a\"b\\"));
        assert_eq!(url("json_rpc_url: y").as_deref(), Some("y"));
    }

    #[test]
    fn what_is_not_read_is_refused_and_never_shown() {
        for text in [
            "json_rpc_url\n",
            "- json_rpc_url: SECRET",
            "json_rpc_url: \"SECRET",
            "json_rpc_url: 'SECRET\n",
            "json_rpc_url: SECRET\njson_rpc_url: SECRET",
            "json_rpc_url: SECRET\n---\njson_rpc_url: SECRET",
            "json_rpc_url: [SECRET]",
            "json_rpc_url: {SECRET: SECRET}",
            "json_rpc_url: 8899",
            "json_rpc_url: true",
            "json_rpc_url: *alias",
            "{json_rpc_url: SECRET",
        ] {
            let error = format!("{:#}", Values::parse(text).unwrap_err());
            assert!(!error.contains("SECRET"), "{text}: {error}");
        }
        let parsed = Values::parse("json_rpc_ulr: x\ncommitment: finalized").unwrap();
        assert_eq!(parsed.unknown, ["json_rpc_ulr"]);
        let error = Values::parse("\njson_rpc_url: a\njson_rpc_url: b").unwrap_err();
        assert!(error.to_string().contains("line 3"), "{error}");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let values = Values {
            url: Some("http://127.0.0.1:8899".to_owned()),
            websocket: None,
            keypair_path: Some("/a \"b\" \\ 'c' # d: e\n\u{1}\u{e9}".to_owned()),
            commitment: Some("finalized".to_owned()),
            labels: Some(serde_json::json!({"11111111111111111111111111111111": "System Program"})),
        };
        for values in [values, Values::default()] {
            let read = Values::parse(&values.to_text()).unwrap();
            assert_eq!(read.values, values);
            assert!(read.unknown.is_empty());
        }
    }
}
