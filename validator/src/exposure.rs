//! Refuses to offer public keys to a network.
//!
//! The development keys are derived from a seed in the source. On the loopback address that is convenient; at an
//! address that others can reach it means that anyone can spend what they hold, and have the faucet sign for them.

use std::net::IpAddr;

use anyhow::bail;

use crate::keys::DevKey;

/// Whether a chain with public keys may be served to a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublicKeys {
    /// Only on a loopback address.
    Local,
    /// Anywhere.
    Anywhere,
}

/// Checks that a node that listens on `host` gives away no keys; `known` are the development keys of its genesis.
///
/// # Errors
/// The address can be reached from a network, the genesis uses development keys, and that is not allowed.
pub(crate) fn check(host: IpAddr, known: &[DevKey], allowed: PublicKeys) -> anyhow::Result<()> {
    if host.to_canonical().is_loopback() || known.is_empty() {
        return Ok(());
    }
    let count = known.len();
    if allowed == PublicKeys::Local {
        bail!(
            "refusing to listen on {host}: the genesis uses {count} development keys, which anyone can derive from the \
             source; listen on 127.0.0.1, use a genesis with keys of your own (--genesis), or add --allow-public-keys"
        );
    }
    tracing::warn!(
        "listening on {host} with {count} development keys: anyone who reaches this address can spend what they hold"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use isobath_sdk::chain::genesis::Genesis;
    use isobath_sdk::keypair::Keypair;

    use super::*;
    use crate::keys;

    #[test]
    fn public_keys_stay_on_loopback_unless_allowed() {
        let public = keys::known_to(&Genesis::development());
        let check = |host: &str, known: &[DevKey], allowed| check(host.parse().unwrap(), known, allowed);
        for local in ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"] {
            check(local, &public, PublicKeys::Local).unwrap();
        }
        for reachable in ["0.0.0.0", "::", "192.168.0.7", "fe80::1", "::ffff:10.0.0.1"] {
            let error = check(reachable, &public, PublicKeys::Local)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(reachable) && error.contains("12 development keys"),
                "{error}"
            );
            assert!(
                error.contains("--genesis") && error.contains("--allow-public-keys"),
                "{error}"
            );
            check(reachable, &public, PublicKeys::Anywhere).unwrap();
        }
    }

    #[test]
    fn keys_of_ones_own_may_be_served_anywhere() {
        let mine = Keypair::from_seed([9; 32]).pubkey();
        let mut genesis = Genesis::development();
        genesis.producers = vec![mine];
        genesis.faucet = None;
        let known = keys::known_to(&genesis);
        assert!(check("0.0.0.0".parse().unwrap(), &known, PublicKeys::Local).is_err());
        genesis
            .accounts
            .iter_mut()
            .for_each(|account| account.pubkey = mine);
        let known = keys::known_to(&genesis);
        check("0.0.0.0".parse().unwrap(), &known, PublicKeys::Local).unwrap();
    }
}
