//! The flags of the limits, made from the table of the RPC, so that neither a flag nor its default is written twice.
//!
//! `-h` omits them and `--help` lists them under a heading of their own.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use isobath_rpc::{LIMITS, Limit, RpcLimits};

/// The limits as the command line sets them.
#[derive(Clone, Debug)]
pub(crate) struct LimitArgs {
    /// In a box, since commands without limits are small.
    pub(crate) values: Box<RpcLimits>,
}

fn flag(limit: &Limit) -> Arg {
    let (least, most) = limit.range;
    let default = limit.get(&RpcLimits::default());
    Arg::new(limit.long)
        .long(limit.long)
        .value_name(limit.unit)
        .value_parser(clap::value_parser!(u64).range(least..=most))
        .help(format!("{} [default: {default}]", limit.help))
        .help_heading("Limits")
        .hide_short_help(true)
}

impl Args for LimitArgs {
    fn augment_args(command: Command) -> Command {
        command.args(LIMITS.iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for LimitArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut limits = Self {
            values: Box::default(),
        };
        limits.update_from_arg_matches(matches)?;
        Ok(limits)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for limit in &LIMITS {
            if let Some(value) = matches.get_one::<u64>(limit.long) {
                limit.set(&mut self.values, *value);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<LimitArgs, clap::Error> {
        let command = LimitArgs::augment_args(Command::new("test"));
        let matches = command.try_get_matches_from([&["test"], arguments].concat())?;
        LimitArgs::from_arg_matches(&matches)
    }

    #[test]
    fn a_flag_sets_its_limit_and_no_other() {
        for limit in &LIMITS {
            let value = limit.range.1;
            let values = parse(&[&limit.flag(), &value.to_string()]).unwrap().values;
            for other in &LIMITS {
                let expected = if other.name == limit.name {
                    value
                } else {
                    other.get(&RpcLimits::default())
                };
                assert_eq!(other.get(&values), expected, "{} with {}", other.name, limit.name);
            }
        }
    }

    #[test]
    fn a_value_out_of_range_is_rejected_with_the_range() {
        let error = parse(&["--limit-connections", "0"]).unwrap_err().to_string();
        assert!(error.contains("1..=1048576"), "{error}");
    }
}
