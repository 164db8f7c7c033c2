//! The stage from outside: order, duplicates, bounds, endings.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]
#![allow(
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "tests of threads; small numbers"
)]

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::*;
use crate::rule::tests::forge::{Forger, honest};
use crate::{Cause, Item, Policy, Verdict};
use curve25519_dalek::Scalar;

/// A packet of `signers` signatures, each with a key of its own, over a message that follows from `number`.
///
/// ```text
/// signatures | keys | message
/// ```
fn packet(number: u64, signers: u64) -> Packet<u64> {
    let message = number.to_le_bytes();
    let signed: Vec<_> = (0..signers)
        .map(|signer| {
            let forger = Forger {
                secret: Scalar::from(100 + number * 50 + signer),
                ..honest()
            };
            forger.sign(&message)
        })
        .collect();
    let mut bytes = signed
        .iter()
        .map(|signed| signed.signature)
        .collect::<Vec<_>>()
        .concat();
    let keys = bytes.len();
    bytes.extend(signed.iter().flat_map(|signed| signed.key));
    let end = bytes.len();
    bytes.extend(message);
    let layout = Layout::new(&bytes, end..bytes.len(), keys..end, 0..keys).unwrap();
    Packet {
        bytes,
        layout,
        tag: number,
    }
}

/// The same with its message changed in the last byte.
fn altered(number: u64, signers: u64, by: u8) -> Packet<u64> {
    let mut packet = packet(number, signers);
    *packet.bytes.last_mut().unwrap() ^= by;
    packet
}

fn config(threads: usize) -> StageConfig {
    StageConfig {
        threads,
        batch_max: 8,
        ..StageConfig::default()
    }
}

/// Everything that comes out until the stage ends.
fn drain(output: &Output<u64>) -> Vec<Verified<u64>> {
    std::iter::from_fn(|| output.recv()).flatten().collect()
}

/// Submits all, closes and gives back what came out.
fn run(config: &StageConfig, packets: Vec<Packet<u64>>) -> (Vec<Verified<u64>>, StageCounts) {
    let (stage, output) = Stage::start(config).unwrap();
    for packet in packets {
        stage.submit(packet).unwrap();
    }
    stage.close();
    let verified = drain(&output);
    stage.join();
    assert_eq!(stage.failure(), None);
    (verified, stage.counts())
}

#[test]
fn verdicts_come_in_order_whatever_the_number_of_threads() {
    for threads in [1, 2, 5] {
        let packets: Vec<_> = (0..100)
            .map(|number| {
                if number % 7 == 3 {
                    altered(number, 1, 1)
                } else {
                    packet(number, 1)
                }
            })
            .collect();
        let (verified, counts) = run(&config(threads), packets);
        assert!(verified.iter().map(|verified| verified.packet.tag).eq(0..100));
        for verified in &verified {
            let cause = Cause::Equation;
            let expected = if verified.packet.tag % 7 == 3 {
                Err(Failure { index: 0, cause })
            } else {
                Ok(())
            };
            assert_eq!(verified.verdict, expected, "{}", verified.packet.tag);
            assert!(!verified.is_duplicate);
        }
        assert_eq!(
            (counts.packets, counts.signatures, counts.duplicates),
            (100, 100, 0)
        );
        assert_eq!(counts.failures_of(Cause::Equation), 14);
        assert_eq!(counts.batch_sizes.iter().sum::<u64>(), counts.batches);
        assert!(counts.batches >= 13, "at most eight signatures each");
        assert!(counts.batch_sizes[4..].iter().all(|count| *count == 0));
        assert!(counts.busy_ns > 0);
    }
}

#[test]
fn the_first_bad_signature_of_a_packet_counts() {
    let mut packets = vec![packet(1, 3), packet(2, 5), packet(3, 4)];
    // Signature 2 is broken in s (too large), signature 3 in its key.
    packets[1].bytes[2 * 64 + 63] = 0xff;
    let keys = 5 * 64;
    packets[1].bytes[keys + 3 * 32..keys + 4 * 32].fill(0xff);
    let (verified, counts) = run(&config(2), packets);
    let failure = Failure {
        index: 2,
        cause: Cause::ScalarNotCanonical,
    };
    let verdicts: Vec<_> = verified.iter().map(|verified| verified.verdict).collect();
    assert_eq!(verdicts, [Ok(()), Err(failure), Ok(())]);
    assert_eq!(counts.signatures, 12);
    assert_eq!(counts.failures.iter().sum::<u64>(), 1, "packets are counted");
}

#[test]
fn duplicates_get_the_verdict_of_the_first_one_without_being_verified() {
    for threads in [1, 3] {
        let mut packets = Vec::new();
        for _ in 0..20 {
            packets.extend([packet(1, 2), altered(2, 1, 1), packet(3, 1)]);
        }
        let (verified, counts) = run(&config(threads), packets);
        assert_eq!((counts.signatures, counts.duplicates), (4, 57));
        for (at, verified) in verified.iter().enumerate() {
            assert_eq!(verified.verdict.is_ok(), verified.packet.tag != 2);
            assert_eq!(verified.is_duplicate, at >= 3);
        }
        assert_eq!(
            counts.failures_of(Cause::Equation),
            1,
            "a duplicate is not counted again"
        );
    }
}

#[test]
fn packets_that_share_a_signature_are_both_verified() {
    // The same signature over another message, and the same bytes under another layout.
    let (good, other) = (packet(1, 1), altered(1, 1, 1));
    let mut shifted = packet(1, 1);
    shifted.layout = Layout::new(&shifted.bytes, 97..104, 64..96, 0..64).unwrap();
    assert_eq!(good.bytes[..96], other.bytes[..96]);
    for packets in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let packets = packets.map(|which| match which {
            0 => packet(1, 1),
            1 => altered(1, 1, 1),
            _ => Packet {
                layout: shifted.layout.clone(),
                ..packet(1, 1)
            },
        });
        let (verified, counts) = run(&config(1), packets.into());
        assert_eq!((counts.signatures, counts.duplicates), (3, 0));
        for verified in verified {
            let is_good = verified.packet.bytes == good.bytes && verified.packet.layout == good.layout;
            assert_eq!(verified.verdict.is_ok(), is_good);
        }
    }
}

#[test]
fn the_duplicate_window_is_bounded_and_can_be_switched_off() {
    let twice = || {
        (0..12)
            .chain(0..12)
            .map(|number| packet(number, 1))
            .collect::<Vec<_>>()
    };
    for (duplicate_window, duplicates) in [(0, 0), (1, 0), (11, 0), (12, 12), (100, 12)] {
        let config = StageConfig {
            duplicate_window,
            ..config(2)
        };
        let (verified, counts) = run(&config, twice());
        assert_eq!(counts.duplicates, duplicates, "window of {duplicate_window}");
        assert_eq!(counts.signatures, 24 - duplicates);
        assert!(verified.iter().all(|verified| verified.verdict.is_ok()));
    }
}

/// Gives the verdicts of the oracle, but waits for the gate first, and panics on request.
struct Gated {
    gate: Receiver<()>,
    panics: &'static AtomicBool,
    verdicts: Vec<Verdict>,
}

impl Verify for Gated {
    fn verify(&mut self, items: &[Item<'_>]) -> &[Verdict] {
        let _ = self.gate.recv();
        assert!(!self.panics.load(Ordering::SeqCst), "panic on request");
        self.verdicts = items.iter().map(crate::verify_one).collect();
        &self.verdicts
    }

    fn totals(&self) -> (u64, u64) {
        (0, 0)
    }
}

/// A stage whose threads wait until the gate is dropped or something is sent through it.
fn gated(config: &StageConfig, panics: &'static AtomicBool) -> (Stage<u64>, Output<u64>, Sender<()>) {
    let (open, gate) = unbounded();
    let verifier = || Gated {
        gate: gate.clone(),
        panics,
        verdicts: Vec::new(),
    };
    let (stage, output) = Stage::start_with(config, verifier).unwrap();
    (stage, output, open)
}

static NEVER: AtomicBool = AtomicBool::new(false);

#[test]
fn closing_with_work_in_flight_finishes_it() {
    let (stage, output, open) = gated(&config(2), &NEVER);
    for number in 0..50 {
        stage.submit(packet(number, 1)).unwrap();
    }
    stage.close();
    let refused = stage.submit(packet(99, 1)).unwrap_err();
    assert_eq!((refused.reason, refused.packet.tag), (Refusal::Closed, 99));
    drop(open);
    assert!(
        drain(&output)
            .iter()
            .map(|verified| verified.packet.tag)
            .eq(0..50)
    );
    stage.join();
    assert_eq!(stage.counts().dropped_closed, 1);
}

#[test]
fn a_full_stage_gives_packets_back_and_holds_no_more_than_it_may() {
    let config = StageConfig {
        queue: 10,
        batch_max: 4,
        wait_max: Duration::ZERO,
        ..config(2)
    };
    // The output is never received, so everything fills up.
    let (stage, output, open) = gated(&config, &NEVER);
    drop(open);
    let (mut taken, mut given_back) = (0_u64, 0_u64);
    for number in 0..400 {
        match stage.submit(packet(number, 1)) {
            Ok(()) => taken += 1,
            Err(refused) => {
                assert_eq!((refused.reason, refused.packet.tag), (Refusal::Full, number));
                given_back += 1;
                std::thread::sleep(Duration::from_micros(100));
            }
        }
    }
    // The queue, two batches in flight per thread, and as many not yet received.
    assert!(taken <= 10 + 4 * 4 + 4 * 4, "{taken}");
    assert_eq!(stage.counts().dropped_full, given_back);
    assert!(given_back > 300);
    stage.close();
    assert_eq!(
        drain(&output).len() as u64,
        taken,
        "every accepted packet comes out"
    );
    stage.join();
}

#[test]
fn an_output_that_is_gone_ends_nothing_and_is_counted() {
    let (stage, output) = Stage::start(&config(2)).unwrap();
    drop(output);
    for number in 0..50 {
        stage.submit(packet(number, 1)).unwrap();
    }
    stage.join();
    assert_eq!(stage.counts().dropped_unclaimed, 50);
}

#[test]
fn a_panic_becomes_the_failure_of_the_stage() {
    static PANICS: AtomicBool = AtomicBool::new(false);
    for threads in [1, 4] {
        PANICS.store(true, Ordering::SeqCst);
        let (stage, output, open) = gated(&config(threads), &PANICS);
        for number in 0..200 {
            stage.submit(packet(number % 20, 1)).unwrap();
        }
        assert_eq!(stage.failure(), None);
        drop(open);
        assert!(drain(&output).is_empty());
        stage.join();
        assert_eq!(stage.failure(), Some("panic on request"));
        // Each thread has lost one batch of up to eight, at most.
        let given_up = stage.counts().dropped_closed;
        assert!((200 - 8 * threads as u64..200).contains(&given_up), "{given_up}");
        let refused = stage.submit(packet(1, 1)).unwrap_err();
        assert_eq!(refused.reason, Refusal::Closed);
    }
}

#[test]
fn a_lone_packet_does_not_wait() {
    let config = StageConfig {
        wait_max: Duration::from_secs(3_600),
        ..config(2)
    };
    let (stage, output) = Stage::start(&config).unwrap();
    // The test would not end if it waited. How fast packets must come for a wait is tested with `Rate`.
    stage.submit(packet(7, 1)).unwrap();
    let batch = output.recv().unwrap();
    assert_eq!((batch.len(), batch[0].packet.tag), (1, 7));
    stage.join();
}

#[test]
fn many_submitters_and_takers_lose_nothing() {
    let config = StageConfig {
        queue: 64,
        ..config(3)
    };
    let (stage, output) = Stage::start(&config).unwrap();
    let all: Vec<Vec<u8>> = (0..40).map(|number| packet(number, 1).bytes).collect();
    let layout = packet(0, 1).layout;
    let start = Barrier::new(4);
    let seen: u64 = std::thread::scope(|scope| {
        let submitters: Vec<_> = (0..4_u64)
            .map(|index| {
                let (stage, all, layout, start) = (&stage, &all, &layout, &start);
                scope.spawn(move || {
                    start.wait();
                    for round in 0..500_u64 {
                        let number = (round * 3 + index) % 40;
                        let mut packet = Packet {
                            bytes: all[number as usize].clone(),
                            layout: layout.clone(),
                            tag: number,
                        };
                        while let Err(refused) = stage.submit(packet) {
                            packet = refused.packet;
                            std::thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        let takers: Vec<_> = (0..2)
            .map(|_| {
                let output = output.clone();
                scope.spawn(move || {
                    let verified = drain(&output);
                    assert!(verified.iter().all(|verified| verified.verdict.is_ok()));
                    verified.len() as u64
                })
            })
            .collect();
        for submitter in submitters {
            submitter.join().unwrap();
        }
        stage.close();
        takers.into_iter().map(|taker| taker.join().unwrap()).sum()
    });
    stage.join();
    let counts = stage.counts();
    assert_eq!((seen, counts.packets), (2_000, 2_000));
    assert_eq!((counts.signatures, counts.duplicates), (40, 1_960));
}

#[test]
fn every_policy_gives_the_same_verdicts() {
    let expected: Vec<_> = (0..60).map(|number| number % 11 != 4).collect();
    for policy in [Policy::Adaptive, Policy::Batch, Policy::Lanes, Policy::Scalar] {
        let mut config = config(2);
        config.batch_max = 64;
        config.verifier.policy = policy;
        config.verifier.key_cache = 8;
        let packets = (0..60).map(|number| {
            if number % 11 == 4 {
                altered(number, 1, 3)
            } else {
                packet(number, 1)
            }
        });
        let (verified, _) = run(&config, packets.collect());
        assert!(
            verified
                .iter()
                .map(|verified| verified.verdict.is_ok())
                .eq(expected.iter().copied())
        );
    }
}

#[test]
fn layouts_and_numbers_are_checked() {
    let bytes = vec![0; 200];
    let wrong = |message, keys, signatures| Layout::new(&bytes, message, keys, signatures).unwrap_err();
    assert_eq!(wrong(0..201, 0..32, 32..96), LayoutError::Range);
    #[allow(clippy::reversed_empty_ranges, reason = "such a range is what is tested")]
    let reversed = 5..4;
    assert_eq!(wrong(reversed, 0..32, 32..96), LayoutError::Range);
    assert_eq!(wrong(0..10, 0..32, 190..254), LayoutError::Range);
    assert_eq!(wrong(0..10, 0..0, 32..32), LayoutError::Count);
    assert_eq!(wrong(0..10, 0..31, 32..96), LayoutError::Count);
    assert_eq!(wrong(0..10, 0..32, 32..97), LayoutError::Count);
    assert_eq!(wrong(0..10, 0..64, 64..128), LayoutError::Count);
    let (stage, _output) = Stage::start(&config(1)).unwrap();
    let mut packet = packet(1, 1);
    packet.bytes.truncate(50);
    assert_eq!(
        stage.submit(packet).unwrap_err().reason,
        Refusal::Layout(LayoutError::Range)
    );
    for zero in ["threads", "queue", "batch_max"] {
        let mut config = config(1);
        match zero {
            "threads" => config.threads = 0,
            "queue" => config.queue = 0,
            _ => config.batch_max = 0,
        }
        let error = Stage::<()>::start(&config).unwrap_err();
        assert!(matches!(error, StageError::Config(name) if name == zero));
    }
}
