//! The model: how long a block takes on n cores, from what it costs on one and on two threads.
//!
//! ```text
//!  time(n) = serial + sum over stages of shared(n) / n        nanoseconds per transaction of the block
//!                     execution: at least its longest chain, and at least what one thread registers
//!  shared(n) = shared(1) + growth * 2 (n - 1) / n             growth = shared(2) - shared(1)
//! ```
//!
//! - *Serial* (Amdahl): what one thread does while the others wait, as it was on two threads; on one thread, as on one.
//! - *Growth*: what a second thread adds to the shared work comes from lines of memory that another core wrote last. With
//!   n cores that is the case with a probability of (n - 1) / n: a half for two, and nearly always for many.
//! - *Chain*: transactions that conflict run one after the other. A link costs what a transaction costs in execution.
//! - *Registering* is a role: locks are taken in block order by one thread at a time, while the others execute.
//! - *Memory*: no more bytes per second than the machine has, which is an assumption about a machine that is not at hand.
//!
//! Left out: starting threads, other programs, clock frequencies, several sockets, the stages before and after.

use serde::Serialize;

use crate::execution::{Costs, StageCost};

/// What the model knows of a workload and a machine.
pub(super) struct Inputs<'c> {
    pub(super) one: &'c Costs,
    pub(super) two: &'c Costs,
    /// Nanoseconds for registering a transaction.
    pub(super) register_ns: f64,
    /// Bytes that a transaction moves to and from memory.
    pub(super) bytes_per_tx: f64,
    /// Bytes per second that the machine moves.
    pub(super) bytes_per_s: f64,
}

/// What bounds the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bound {
    /// Work that all threads share
    SharedWork,
    /// Work of one thread
    SerialWork,
    /// The longest chain of conflicts
    Chain,
    /// Taking the locks in order
    Registering,
    /// Bytes per second
    Memory,
}

impl Bound {
    /// In words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::SharedWork => "work that all threads share",
            Self::SerialWork => "work of one thread",
            Self::Chain => "longest chain",
            Self::Registering => "registering in order",
            Self::Memory => "memory",
        }
    }
}

/// Transactions per second on so many cores, and what takes the largest part of the time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Projected {
    pub(super) tps: f64,
    pub(super) bound: Bound,
}

impl Inputs<'_> {
    /// What `cores` cores make of the workload.
    pub(super) fn project(&self, cores: u32) -> Projected {
        let n = f64::from(cores);
        let shared = |stage: fn(&Costs) -> StageCost| self.shared_ns(cores, stage);
        let hashing =
            shared(|costs| costs.admit) + shared(|costs| costs.seal) + shared(|costs| costs.publish);
        let execution = shared(|costs| costs.execute);
        // What takes longest of this is what execution takes: the rest goes on meanwhile.
        let (execution, of_execution) = longest([
            (execution / n, Bound::SharedWork),
            (execution * self.one.chain_share, Bound::Chain),
            (self.register_ns, Bound::Registering),
        ]);
        let serial = self.serial_ns(cores);
        let time = serial + hashing / n + execution;
        let (_, bound) = longest(match of_execution {
            Bound::SharedWork => [
                (serial, Bound::SerialWork),
                (hashing / n + execution, Bound::SharedWork),
                (0.0, of_execution),
            ],
            _ => [
                (serial, Bound::SerialWork),
                (hashing / n, Bound::SharedWork),
                (execution, of_execution),
            ],
        });
        let memory = self.bytes_per_s / self.bytes_per_tx;
        let tps = 1e9 / time;
        if memory < tps {
            return Projected {
                tps: memory,
                bound: Bound::Memory,
            };
        }
        Projected { tps, bound }
    }

    fn serial_ns(&self, cores: u32) -> f64 {
        let costs = if cores == 1 { self.one } else { self.two };
        let Costs {
            admit,
            execute,
            seal,
            publish,
            ..
        } = costs;
        admit.serial_ns + execute.serial_ns + seal.serial_ns + publish.serial_ns
    }

    /// Shared work of a stage, summed over the cores.
    fn shared_ns(&self, cores: u32, stage: fn(&Costs) -> StageCost) -> f64 {
        let (one, two) = (stage(self.one).shared_ns, stage(self.two).shared_ns);
        let n = f64::from(cores);
        one + (two - one).max(0.0) * 2.0 * (n - 1.0) / n
    }
}

fn longest(times: [(f64, Bound); 3]) -> (f64, Bound) {
    let longest = times.into_iter().max_by(|one, other| one.0.total_cmp(&other.0));
    longest.expect("there are three")
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn shared(shared_ns: f64) -> StageCost {
        StageCost {
            serial_ns: 0.0,
            shared_ns,
        }
    }

    fn costs(threads: u32, execute: f64, serial_ns: f64, chain_share: f64) -> Costs {
        Costs {
            threads,
            admit: shared(400.0),
            execute: shared(execute),
            seal: StageCost {
                serial_ns,
                shared_ns: 200.0,
            },
            publish: StageCost::default(),
            tps: 0.0,
            chain_share,
        }
    }

    fn project(one: &Costs, two: &Costs, cores: u32) -> Projected {
        let inputs = Inputs {
            one,
            two,
            register_ns: 50.0,
            bytes_per_tx: 1_000.0,
            bytes_per_s: 1e11,
        };
        inputs.project(cores)
    }

    fn is_near(left: f64, right: f64) -> bool {
        (left / right - 1.0).abs() < 1e-9
    }

    #[test]
    fn work_that_all_share_scales_and_serial_work_does_not() {
        let own = |threads| costs(threads, 400.0, 0.0, 0.0);
        assert!(is_near(project(&own(1), &own(2), 1).tps, 1e6));
        assert!(is_near(project(&own(1), &own(2), 4).tps, 4e6));
        let half = |threads| costs(threads, 400.0, 1_000.0, 0.0);
        let many = project(&half(1), &half(2), 128);
        assert!(many.tps < 1e6 && many.bound == Bound::SerialWork, "{many:?}");
    }

    #[test]
    fn what_a_second_thread_adds_is_added_twice_at_most() {
        let (one, two) = (costs(1, 400.0, 0.0, 0.0), costs(2, 500.0, 0.0, 0.0));
        assert!(is_near(project(&one, &two, 1).tps, 1e6));
        assert!(is_near(project(&one, &two, 2).tps, 2e9 / 1_100.0));
        assert!(project(&one, &two, 8).tps > 8e9 / 1_200.0);
    }

    #[test]
    fn a_chain_is_as_long_as_it_is() {
        let own = |threads| costs(threads, 400.0, 0.0, 1.0);
        let many = project(&own(1), &own(2), 128);
        assert!(many.tps < 1e9 / 400.0 && many.bound == Bound::Chain, "{many:?}");
    }

    #[test]
    fn registering_and_memory_bound_what_is_left() {
        let own = |threads| costs(threads, 400.0, 0.0, 0.0);
        let many = project(&own(1), &own(2), 64);
        assert_eq!(many.bound, Bound::Registering);
        let inputs = Inputs {
            one: &own(1),
            two: &own(2),
            register_ns: 0.0,
            bytes_per_tx: 1e6,
            bytes_per_s: 1e9,
        };
        let many = inputs.project(64);
        assert_eq!((many.tps, many.bound), (1e3, Bound::Memory));
    }
}
