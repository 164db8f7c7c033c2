//! The configuration file: `key: value` lines, the subset of YAML that the Solana CLI's file uses.
//!
//! Indented lines belong to a key whose value is a list or a map. No key that is read here has such a value, so these
//! lines are skipped, as are unknown keys.

use anyhow::bail;

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
}

impl Values {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// A line is not of the form `key: value`, or a quote is unclosed.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut values = Self::default();
        for (number, line) in (1u32..).zip(text.lines()) {
            let is_nested = line.starts_with([' ', '\t', '-']);
            if line.trim().is_empty() || line.starts_with('#') || is_nested {
                continue;
            }
            let Some((key, value)) = line.split_once(':') else {
                bail!("line {number} is not of the form `key: value`");
            };
            let field = match key.trim() {
                "json_rpc_url" => &mut values.url,
                "websocket_url" => &mut values.websocket,
                "keypair_path" => &mut values.keypair_path,
                "commitment" => &mut values.commitment,
                _ => continue,
            };
            let Some(value) = scalar(value.trim()) else {
                bail!("line {number} has an unclosed quote");
            };
            *field = Some(value).filter(|value| !value.is_empty());
        }
        Ok(values)
    }

    /// The text of a file with these values.
    pub(crate) fn to_text(&self) -> String {
        let entries = [
            ("json_rpc_url", &self.url),
            ("websocket_url", &self.websocket),
            ("keypair_path", &self.keypair_path),
            ("commitment", &self.commitment),
        ];
        let mut text = "---\n".to_owned();
        for (key, value) in entries {
            let value = value.as_deref().unwrap_or_default();
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            text.push_str(&format!("{key}: \"{escaped}\"\n"));
        }
        text
    }
}

/// A value without its quotes, or up to a comment; `None` if a quote is unclosed.
fn scalar(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix('\'') {
        return rest.split_once('\'').map(|(value, _)| value.to_owned());
    }
    let Some(rest) = text.strip_prefix('"') else {
        let value = text.split(" #").next().unwrap_or_default();
        return Some(value.trim().to_owned());
    };
    let mut value = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(value),
            '\\' => value.push(characters.next()?),
            character => value.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_solana_cli_is_parsed() {
        let text = "---\njson_rpc_url: https://api.devnet.solana.com\nwebsocket_url: ''\n\
                    keypair_path: /keys/of/me/.config/solana/id.json\naddress_labels:\n  '11111111111111111111111111111111': \
                    System Program\ncommitment: confirmed # default\n";
        let values = Values::parse(text).unwrap();
        assert_eq!(values.url.as_deref(), Some("https://api.devnet.solana.com"));
        assert_eq!(values.websocket, None);
        assert_eq!(
            values.keypair_path.as_deref(),
            Some("/keys/of/me/.config/solana/id.json")
        );
        assert_eq!(values.commitment.as_deref(), Some("confirmed"));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let values = Values {
            url: Some("http://127.0.0.1:8899".to_owned()),
            websocket: None,
            keypair_path: Some("/a \"b\" \\ 'c' # d: e".to_owned()),
            commitment: Some("finalized".to_owned()),
        };
        assert_eq!(Values::parse(&values.to_text()).unwrap(), values);
        assert_eq!(
            Values::parse(&Values::default().to_text()).unwrap(),
            Values::default()
        );
    }

    #[test]
    fn errors_name_the_line() {
        let error = Values::parse("\njson_rpc_url\n").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(Values::parse("commitment: \"open\\").is_err());
        assert_eq!(Values::parse("# only a comment\n\n").unwrap(), Values::default());
    }
}
