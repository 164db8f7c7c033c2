//! Rounds of climbing.

use isobath_sdk::rules::Profile;
use isobath_testkit::Random;

use super::candidate::Candidate;
use super::measure::{Measured, Quantity};
use super::report::{Report, Worst};
use super::scene::Scene;

/// Random candidates from which a round begins with the best.
const BEGINNINGS: u64 = 24;
/// The producer's credit and what else a block changes besides its transactions.
const BLOCK_RECORD_BYTES: u64 = 1_024;

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Seed of the first round; the others follow it.
    pub seed: u64,
    /// Rounds, each for one quantity in turn.
    pub rounds: u64,
    /// Changes that a round tries.
    pub steps: u64,
}

/// Runs `plan`; `progress` gets the number of rounds that are done and what was found so far.
///
/// # Errors
/// A transaction whose record is longer than it was charged for, or that costs more or less in a block than in its
/// simulation, with its seed.
///
/// # Panics
/// When the harness itself does.
pub fn search(plan: Plan, mut progress: impl FnMut(u64, &Report)) -> Result<Report, String> {
    let scene = Scene::new(Profile::Mainnet);
    let plain = scene.measure(&[scene.transfer()]);
    let mut plain = plain.expect("a transfer is admitted");
    plain.alone[0] = plain.alone[0].with_headers();
    let mut report = Report::new(plain.alone[0], plain.block);
    for round in 0..plan.rounds {
        let seed = plan.seed.wrapping_add(round);
        let index = usize::try_from(round).expect("few rounds") % Quantity::ALL.len();
        climb(
            &scene,
            &plain,
            seed,
            Quantity::ALL[index],
            plan.steps,
            &mut report,
        )
        .map_err(|broken| format!("seed {seed}: {broken}"))?;
        progress(round + 1, &report);
    }
    Ok(report)
}

fn climb(
    scene: &Scene,
    plain: &Measured,
    seed: u64,
    quantity: Quantity,
    steps: u64,
    report: &mut Report,
) -> Result<(), String> {
    let mut rng = Random::new(seed);
    let (mut best, mut best_times) = (Candidate::random(&mut rng, scene), 0.0);
    for step in 0..BEGINNINGS + steps {
        let candidate = match step < BEGINNINGS {
            true => Candidate::random(&mut rng, scene),
            false => best.mutated(&mut rng, scene),
        };
        let Some(wires) = candidate.wires(scene) else {
            continue;
        };
        let Some(measured) = scene.measure(&wires) else {
            continue;
        };
        report.tried += 1;
        require_honest(&measured).map_err(|broken| format!("{broken}: {}", Worst::words(&wires)))?;
        for quantity in Quantity::ALL {
            report.see(quantity, seed, &wires, &measured, measured.times(plain, quantity));
        }
        let times = measured.times(plain, quantity);
        if times >= best_times {
            (best, best_times) = (candidate, times);
        }
    }
    Ok(())
}

/// What a transaction is charged for is at least what it does, as far as that can be seen from outside.
fn require_honest(measured: &Measured) -> Result<(), String> {
    let (charged, written) = (measured.block.work.recorded_bytes, measured.block.written_bytes);
    if written <= charged + BLOCK_RECORD_BYTES {
        return Ok(());
    }
    Err(format!(
        "a record of {written} bytes was charged as {charged}: {:?}",
        measured.outcomes
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contents that were closed with their account come back as zeros, which the record contains.
    #[test]
    fn an_account_that_comes_back_in_its_block_is_charged_for_its_zeros() {
        let scene = Scene::new(Profile::Mainnet);
        let account = scene.owned[3];
        let wires = [
            scene.legacy(&[Scene::close(account)]),
            scene.legacy(&[Scene::reopen(account)]),
        ];
        let measured = scene.measure(&wires).unwrap();
        assert_eq!(measured.outcomes, ["succeeded", "succeeded"]);
        require_honest(&measured).unwrap();
    }
}
