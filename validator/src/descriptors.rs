//! The limit of the system on open files, which every connection counts against.
//!
//! At start the soft limit is raised to the hard one. When even that is less than the limits on connections need, these
//! are lowered, with a warning: a node that serves fewer clients is better than one that cannot open a file.

use isobath_rpc::RpcLimits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that the node opens beside its connections: ledger, log, sockets, spare descriptors, event queues.
const OTHER_FILES: u64 = 64;
/// Ports.
const PORTS: u64 = 2;
/// Connections of a port that are allowed even when they do not fit.
const CONNECTIONS_MIN: u64 = 8;

/// Raises the limit on open files as far as allowed; the limits on connections that fit into it.
pub(crate) fn raise_and_fit(limits: RpcLimits) -> RpcLimits {
    let raised = raise();
    match raised {
        Some(available) => fit(limits, available),
        None => limits,
    }
}

/// Raises the soft limit to the hard one; the limit in force, if there is any.
fn raise() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return limit.current;
    }
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::debug!(%error, "cannot raise the limit on open files");
            limit.current
        }
    }
}

/// The limits, with as many connections as fit.
fn fit(mut limits: RpcLimits, available: u64) -> RpcLimits {
    let count = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
    let of_port = count(limits.connections_max).saturating_add(count(limits.connections_reserve));
    let needed = of_port.saturating_mul(PORTS).saturating_add(OTHER_FILES);
    if needed <= available {
        return limits;
    }
    let of_port = available.saturating_sub(OTHER_FILES) / PORTS;
    let reserve = count(limits.connections_reserve).min(of_port / 4).max(2);
    let connections = of_port.saturating_sub(reserve).max(CONNECTIONS_MIN);
    tracing::warn!(
        available,
        needed,
        connections,
        reserve,
        "the system allows fewer open files than the limits on connections need, so each port serves fewer; raise \
         `ulimit -n`, or lower --limit-connections"
    );
    limits.connections_max = usize::try_from(connections).unwrap_or(usize::MAX);
    limits.connections_reserve = usize::try_from(reserve).unwrap_or(usize::MAX);
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_into_the_files_that_the_system_allows() {
        let limits = RpcLimits::default();
        let shape = |limits: RpcLimits| (limits.connections_max, limits.connections_reserve);
        assert_eq!(shape(fit(limits, 1 << 20)), shape(limits));
        assert_eq!(shape(fit(limits, 1_024)), (416, 64));
        assert_eq!(shape(fit(limits, 256)), (72, 24));
        assert_eq!(shape(fit(limits, 10)), (8, 2));
    }

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        raise();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
