//! The budget of simulations and preflights: units of cost per second, shared by the addresses that use it.
//!
//! What a simulation costs is known when it has run, so it is charged afterwards: its address then *owes* it, and what
//! addresses owe is paid off at `simulation_units_per_second`, in equal shares. An address may begin a simulation while
//! it owes less than its share of one second. So an address that is alone uses all of the budget, and among `n` of them
//! each has an `n`th, however much the others ask for; whoever simulates little never owes its share.
//!
//! Preflights wait in the queues of the node, many of them together, so each asks again when its turn comes.
//!
//! Invariant: over any time, what is begun costs at most what is paid off in that time, one second's worth and a share
//! for each address, and one simulation for each that runs at its end.
//!
//! Cost: O(addresses that owe something), at most [`ADDRESSES_MAX`].

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::peers::PeerAddress;
use crate::limits::refusals::Refusal;

/// Addresses that may owe something at the same time: as many as there are connections by default.
const ADDRESSES_MAX: usize = 1_024;

/// What simulations cost, by address.
#[derive(Debug)]
pub(crate) struct Simulations {
    units_per_second: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    owed: HashMap<PeerAddress, u64>,
    /// Until when it is paid off.
    paid: Instant,
}

impl Simulations {
    pub(crate) fn new(units_per_second: u64) -> Self {
        let state = State {
            owed: HashMap::new(),
            paid: Instant::now(),
        };
        Self {
            units_per_second,
            state: Mutex::new(state),
        }
    }

    /// Whether the address may begin a simulation.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn begin(&self, address: PeerAddress) -> Result<(), Refusal> {
        self.begin_at(address, Instant::now())
    }

    /// Charges what a simulation did cost.
    pub(crate) fn charge(&self, address: PeerAddress, units: u64) {
        if units > 0 {
            let mut state = self.lock();
            let owed = state.owed.entry(address).or_insert(0);
            *owed = owed.saturating_add(units);
        }
    }

    fn begin_at(&self, address: PeerAddress, now: Instant) -> Result<(), Refusal> {
        let mut state = self.lock();
        state.pay_off(self.units_per_second, now);
        let owed = state.owed.get(&address).copied();
        if owed.is_none() && state.owed.len() >= ADDRESSES_MAX {
            return Err(Refusal::Simulation);
        }
        let others = state.owed.len().saturating_sub(usize::from(owed.is_some()));
        let users = u64::try_from(others).unwrap_or(u64::MAX).saturating_add(1);
        // At least 1, so that an address that owes nothing is never refused.
        let share = self.units_per_second.checked_div(users).unwrap_or(0).max(1);
        if owed.unwrap_or(0) >= share {
            return Err(Refusal::SimulationOfAddress);
        }
        Ok(())
    }

    // Every operation leaves the state consistent, so a guard may be used after a panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Pays off what the time since the last call is worth, in equal shares.
    fn pay_off(&mut self, units_per_second: u64, now: Instant) {
        let elapsed = now.saturating_duration_since(self.paid);
        let users = self.owed.len() as u128;
        let share = units_in(elapsed, units_per_second).checked_div(users);
        // Too little to share is paid off later; without anybody who owes, there is nothing to save up.
        if share == Some(0) {
            return;
        }
        self.paid = now;
        let share = u64::try_from(share.unwrap_or(0)).unwrap_or(u64::MAX);
        self.owed.retain(|_, owed| {
            *owed = owed.saturating_sub(share);
            *owed > 0
        });
    }
}

fn units_in(elapsed: Duration, units_per_second: u64) -> u128 {
    let units = elapsed.as_nanos().saturating_mul(u128::from(units_per_second));
    units / 1_000_000_000
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const RATE: u64 = 1_000;

    fn address(number: u16) -> PeerAddress {
        let [high, low] = number.to_be_bytes();
        PeerAddress::of(IpAddr::from([10, 0, high, low]))
    }

    #[test]
    fn an_address_alone_uses_all_and_is_refused_beyond() {
        let simulations = Simulations::new(RATE);
        let mut now = Instant::now();
        let mut units = 0;
        for _ in 0..10_000 {
            if simulations.begin_at(address(1), now).is_ok() {
                simulations.charge(address(1), 50);
                units += 50;
            }
            now += Duration::from_millis(1);
        }
        // Ten seconds, a burst of one, and a simulation that begins with a unit left.
        assert!((10_900..=11_050).contains(&units), "{units}");
    }

    #[test]
    fn a_small_user_is_never_refused_for_what_a_large_one_costs() {
        let simulations = Simulations::new(RATE);
        let mut now = Instant::now();
        let (mut large, mut refused) = (0, 0);
        for _ in 0..5_000 {
            match simulations.begin_at(address(1), now) {
                Ok(()) => {
                    simulations.charge(address(1), 900);
                    large += 900;
                }
                Err(refusal) => {
                    assert_eq!(refusal, Refusal::SimulationOfAddress);
                    refused += 1;
                }
            }
            assert_eq!(simulations.begin_at(address(2), now), Ok(()));
            // Three tenths of the budget.
            simulations.charge(address(2), 3);
            now += Duration::from_millis(10);
        }
        assert!(refused > 4_000);
        // 50 seconds: at least its half of the budget, never more than all of it and a burst.
        assert!((25_000..=52_000).contains(&large), "{large}");
    }

    #[test]
    fn the_table_of_addresses_is_bounded() {
        let simulations = Simulations::new(RATE);
        let now = Instant::now();
        for number in 0..1_024 {
            assert_eq!(simulations.begin_at(address(number), now), Ok(()));
            simulations.charge(address(number), 1_000_000);
        }
        assert_eq!(
            simulations.begin_at(address(2_000), now),
            Err(Refusal::Simulation)
        );
        let later = now + Duration::from_secs(2_000_000);
        assert_eq!(simulations.begin_at(address(2_000), later), Ok(()));
        assert!(simulations.lock().owed.is_empty());
    }
}
