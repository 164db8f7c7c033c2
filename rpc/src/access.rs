//! Whose requests are answered: the host that a request names, and the origin of the page that makes it.
//!
//! ```text
//! Host    not this machine  --> 403: a name of an attacker that resolves to this machine (DNS rebinding)
//! Origin  absent            --> not a browser: everything
//!         local, or listed  --> everything
//!         any other         --> everything but what changes state without a signature
//! ```
//!
//! A browser lets every page send calls to a node on the same machine. Reading the chain and sending signed
//! transactions is meant for every page, so that explorers and wallets work unchanged; what needs no signature is not.
//!
//! Local are `localhost` and loopback addresses, with any port. The origin `null` (a file, a sandboxed frame) is not:
//! any page can make a frame that has it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use hyper::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use hyper::http::uri::{Authority, Uri};
use thiserror::Error;

/// The longest host or origin that a refusal repeats, in characters.
const SHOWN_MAX: usize = 128;

/// The origin of a web page: `scheme://host` or `scheme://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    /// `None` for the usual port of the scheme.
    port: Option<u16>,
}

/// A text is not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not an origin; write scheme://host or scheme://host:port, such as https://wallet.example")]
pub struct OriginError;

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let uri: Uri = text.parse().map_err(|_| OriginError)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(OriginError);
        };
        let has_more = uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@');
        if has_more || authority.host().is_empty() {
            return Err(OriginError);
        }
        let scheme = scheme.to_ascii_lowercase();
        let usual_port = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        Ok(Self {
            scheme,
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16().filter(|port| Some(*port) != usual_port),
        })
    }
}

impl Origin {
    fn is_local(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https") && is_local_host(&self.host)
    }
}

/// A request of a page whose origin is neither local nor listed.
#[derive(Clone, Debug)]
pub(crate) struct ForeignOrigin(Arc<str>);

impl fmt::Display for ForeignOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The hosts and origins that a server accepts.
#[derive(Debug)]
pub(crate) struct AccessRules {
    /// `None` when every host is accepted.
    hosts: Option<Hosts>,
    origins: Vec<Origin>,
}

#[derive(Debug)]
struct Hosts {
    listens_on: IpAddr,
    names: Vec<String>,
}

impl AccessRules {
    /// The rules of a server. Hosts are checked on a loopback address, where their names are known, and wherever some
    /// are listed.
    pub(crate) fn new(listens_on: IpAddr, names: &[String], origins: &[Origin]) -> Self {
        let listens_on = listens_on.to_canonical();
        let is_checked = listens_on.is_loopback() || !names.is_empty();
        Self {
            hosts: is_checked.then(|| Hosts {
                listens_on,
                names: names.to_vec(),
            }),
            origins: origins.to_vec(),
        }
    }

    /// Checks the host that a request names, if it names one.
    ///
    /// # Errors
    /// The text of the refusal.
    pub(crate) fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
        let Some(hosts) = &self.hosts else {
            return Ok(());
        };
        let in_headers = headers.get_all(HOST).into_iter().map(HeaderValue::as_bytes);
        let in_uri = uri.authority().map(|authority| authority.as_str().as_bytes());
        let mut named = in_headers.chain(in_uri).filter(|host| !host.is_empty());
        named.find(|host| !hosts.include(host)).map_or(Ok(()), |host| {
            Err(format!(
                "the host {} is not served here; use localhost or a loopback address, or start the node with \
                 --allowed-host NAME for the name of this host\n",
                shown(host)
            ))
        })
    }

    /// The origin of the page that makes a request, unless it is local or listed. Requests that name none do not come
    /// from a page.
    pub(crate) fn foreign_origin(&self, headers: &HeaderMap) -> Option<ForeignOrigin> {
        headers
            .get_all(ORIGIN)
            .into_iter()
            .find(|value| !self.accepts(value))
            .map(|value| ForeignOrigin(shown(value.as_bytes()).into()))
    }

    fn accepts(&self, value: &HeaderValue) -> bool {
        let origin = value.to_str().ok().and_then(|text| text.parse::<Origin>().ok());
        origin.is_some_and(|origin| origin.is_local() || self.origins.contains(&origin))
    }
}

impl Hosts {
    /// Whether `host`, with or without a port, is a name of this machine.
    fn include(&self, host: &[u8]) -> bool {
        let Ok(authority) = Authority::try_from(host) else {
            return false;
        };
        let name = authority.host();
        let name = name.strip_suffix('.').unwrap_or(name);
        !authority.as_str().contains('@')
            && (is_local_host(name)
                || address(name) == Some(self.listens_on)
                || self.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
    }
}

/// Whether `host` is `localhost` or a loopback address; IPv6 in brackets.
fn is_local_host(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || address(host).is_some_and(|address| address.is_loopback())
}

fn address(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address: IpAddr = bare.unwrap_or(host).parse().ok()?;
    Some(address.to_canonical())
}

/// What a refusal repeats of a header.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(SHOWN_MAX).collect()
}

#[cfg(test)]
mod tests;
