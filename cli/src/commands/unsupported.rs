//! Commands of the Solana CLI that a chain of Isobath has no use for: each is answered with its reason.
//!
//! Who types one by habit learns in one line why it does not exist, where the argument parser could only guess at a
//! similar name. They are hidden from the help and take any arguments.

use clap::{Arg, ArgMatches, Command};

const NO_STAKE: &str =
    "there is no stake on this chain; its genesis names the producers, see `isobath validators`";
const NO_VOTES: &str =
    "there are no votes on this chain; a block is final once it is durable, see `isobath validators`";
const NO_DEPLOYMENT: &str = "programs cannot be deployed yet; those built in are System, Compute Budget and Address \
                             Lookup Table, and `isobath account PROGRAM` shows an account";

/// Name and reason of each.
const UNSUPPORTED: [(&str, &str); 37] = [
    (
        "alpenglow-genesis-info",
        "this chain does not run Alpenglow; see `isobath genesis-hash`",
    ),
    ("authorize-stake", NO_STAKE),
    (
        "catchup",
        "this node is alone, so there is nothing to catch up with; see `isobath slot`",
    ),
    ("close-vote-account", NO_VOTES),
    ("create-stake-account", NO_STAKE),
    ("create-stake-account-checked", NO_STAKE),
    ("create-vote-account", NO_VOTES),
    ("deactivate-stake", NO_STAKE),
    ("delegate-stake", NO_STAKE),
    ("deploy", NO_DEPLOYMENT),
    (
        "feature",
        "the genesis fixes the rules of this chain, and nothing is activated later; see `isobath genesis`",
    ),
    (
        "inflation",
        "there is no inflation on this chain; lamports come from the genesis, see `isobath supply`",
    ),
    ("merge-stake", NO_STAKE),
    ("program", NO_DEPLOYMENT),
    ("program-v4", NO_DEPLOYMENT),
    ("redelegate-stake", NO_STAKE),
    (
        "resolve-signer",
        "there are no hardware wallets here, and every other signer is its own path; see `isobath keygen pubkey`",
    ),
    (
        "rewards",
        "there are no rewards on this chain but fees, which producers are credited with; see `isobath block`",
    ),
    ("split-stake", NO_STAKE),
    ("stake-account", NO_STAKE),
    ("stake-authorize", NO_STAKE),
    ("stake-authorize-checked", NO_STAKE),
    ("stake-history", NO_STAKE),
    ("stake-minimum-delegation", NO_STAKE),
    ("stake-set-lockup", NO_STAKE),
    ("stake-set-lockup-checked", NO_STAKE),
    ("stakes", NO_STAKE),
    (
        "validator-info",
        "producers publish no information about themselves here; see `isobath validators`",
    ),
    ("vote-account", NO_VOTES),
    ("vote-authorize-voter", NO_VOTES),
    ("vote-authorize-voter-checked", NO_VOTES),
    ("vote-authorize-withdrawer", NO_VOTES),
    ("vote-authorize-withdrawer-checked", NO_VOTES),
    ("vote-update-commission", NO_VOTES),
    ("vote-update-validator", NO_VOTES),
    ("withdraw-from-vote-account", NO_VOTES),
    ("withdraw-stake", NO_STAKE),
];

/// Adds the commands, hidden, with any arguments.
#[must_use]
pub fn with_unsupported(command: Command) -> Command {
    let subcommands = UNSUPPORTED.map(|(name, reason)| {
        Command::new(name)
            .about(reason)
            .hide(true)
            .disable_help_flag(true)
            .arg(
                Arg::new("arguments")
                    .num_args(..)
                    .trailing_var_arg(true)
                    .allow_hyphen_values(true),
            )
    });
    command.subcommands(subcommands)
}

/// The reason, as an error, if the command line is one of them.
///
/// # Errors
/// It is.
pub fn refuse_unsupported(matches: &ArgMatches) -> anyhow::Result<()> {
    let given = matches.subcommand_name();
    match UNSUPPORTED.iter().find(|(name, _)| given == Some(*name)) {
        Some((name, reason)) => anyhow::bail!("`{name}` is not available: {reason}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_names_a_command_to_use_instead() {
        assert!(UNSUPPORTED.is_sorted());
        for (name, reason) in UNSUPPORTED {
            assert!(reason.contains("`isobath "), "{name}");
            let command = with_unsupported(Command::new("isobath"));
            let matches = command
                .try_get_matches_from(["isobath", name, "show", "--help", "-x"])
                .unwrap();
            let error = refuse_unsupported(&matches).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("`{name}` is not available: ")),
                "{error}"
            );
        }
    }
}
