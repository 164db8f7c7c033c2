//! Sending transfers to the node: one task per connection, and the reaction to each answer.
//!
//! Invariant: a transfer that the node may have accepted is never signed again here. It goes to the tracker, which
//! signs it again only after its blockhash has expired and the history has no status for it. So no transfer executes
//! twice.
//!
//! | answer | reaction |
//! |---|---|
//! | accepted, or already processed | tracker |
//! | busy, or connection refused | the same bytes again, after a pause |
//! | blockhash not found | signed again, then offered again |
//! | connection failed, no answer in time | fate unknown: tracker |
//! | anything else | a failure with its cause |

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use isobath_rpc_client::{Preflight, Refusal, RpcError};
use tokio::sync::{Mutex, mpsc};

use super::body::count_fitting;
use super::load_state::{Flight, LoadState, Offer};
use super::plan::BLOCKHASH_AGE_BLOCKS;
use super::reaction::Reaction;
use super::sign::{Signed, sign_transfer};

/// How often a transfer is signed at most.
pub(super) const ATTEMPTS_MAX: u32 = 5;

/// Age in blocks above which a blockhash is replaced before the transfer is sent: two thirds of its lifetime, so that a
/// transfer is sent with at least a third of it left.
const RESIGN_AGE_BLOCKS: u64 = BLOCKHASH_AGE_BLOCKS / 3 * 2;

/// The first pause after a busy answer; it doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(2);

/// The longest pause after a busy answer.
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// The queue of signed batches, which all senders read.
pub(super) type Queue = Arc<Mutex<mpsc::Receiver<Vec<Signed>>>>;

/// One sender: delivers batches from the queue until the queue ends or the run stops.
pub(super) async fn run_sender(load: Arc<LoadState>, queue: Queue) {
    while let Some(batch) = next_batch(&load, &queue).await {
        deliver(&load, batch).await;
    }
    load.senders_running.fetch_sub(1, Ordering::Release);
}

/// The next batch, once it is due and each of its transfers has a permit of the window.
///
/// A batch is due as a whole, at a time that depends on the rate alone. So a node that keeps the senders waiting is
/// charged for every transfer that it held up, and not only for those that were sent.
async fn next_batch(load: &LoadState, queue: &Queue) -> Option<Vec<Offer>> {
    let ready = async {
        let batch = queue.lock().await.recv().await?;
        let permits = u32::try_from(batch.len()).ok()?;
        let due = load.due_time(batch.len());
        if let Some(due) = due {
            tokio::time::sleep_until(due.into()).await;
        }
        // Released one by one, when the fate of each transfer is known.
        load.window.acquire_many(permits).await.ok()?.forget();
        Some(
            batch
                .into_iter()
                .map(|signed| Offer::first(signed, due))
                .collect(),
        )
    };
    tokio::select! {
        biased;
        () = load.stop.wait() => None,
        batch = ready => batch,
    }
}

/// Offers transfers until each was accepted or rejected, or the run stops. The caller holds their permits of the
/// window.
pub(super) async fn deliver(load: &LoadState, mut offers: Vec<Offer>) {
    let mut pause = PAUSE_MIN;
    while !offers.is_empty() {
        if load.stop.is_requested() {
            withdraw(load, &offers);
            return;
        }
        let before = offers.len();
        offers = offer_all(load, offers).await;
        if offers.is_empty() {
            return;
        }
        pause = if offers.len() < before {
            PAUSE_MIN
        } else {
            pause.saturating_mul(2).min(PAUSE_MAX)
        };
        tokio::time::sleep(pause).await;
    }
}

/// Withdraws transfers that the node certainly does not have.
fn withdraw(load: &LoadState, offers: &[Offer]) {
    let offered = offers.iter().filter(|offer| offer.since.is_some()).count();
    load.tally.sent.fetch_sub(offered as u64, Ordering::Relaxed);
    load.window.add_permits(offers.len());
}

/// Sends each transfer once, in as many requests as the bound on their bodies demands; returns those to send again.
async fn offer_all(load: &LoadState, mut offers: Vec<Offer>) -> Vec<Offer> {
    let mut again = Vec::new();
    while !offers.is_empty() {
        let fitting = count_fitting(offers.iter().map(|offer| offer.signed.wire.len()));
        let later = offers.split_off(fitting);
        again.append(&mut offer_once(load, offers).await);
        offers = later;
    }
    again
}

/// Sends one request; returns the transfers to send again.
async fn offer_once(load: &LoadState, mut offers: Vec<Offer>) -> Vec<Offer> {
    refresh_stale(load, &mut offers);
    let now = load.tally.start_timer().max(Instant::now());
    let mut first_times: u64 = 0;
    for offer in offers.iter_mut().filter(|offer| offer.since.is_none()) {
        let due = offer.due.unwrap_or(now);
        load.tally.delays.note(now.saturating_duration_since(due));
        offer.since = Some(due);
        first_times = first_times.saturating_add(1);
    }
    load.tally.sent.fetch_add(first_times, Ordering::Relaxed);

    let wires: Vec<&str> = offers.iter().map(|offer| offer.signed.wire.as_str()).collect();
    match load.rpc.send_transactions(&wires, Preflight::Skip).await {
        Ok(answers) => handle_answers(load, offers, answers),
        Err(error) if error.is_undelivered() => {
            load.tally.note_error(error);
            offers
        }
        Err(RpcError::Refused { refusal, .. }) => {
            let answers = vec![Err(refusal); offers.len()];
            handle_answers(load, offers, answers)
        }
        Err(error) => {
            load.tally.note_error(error);
            follow(load, offers);
            Vec::new()
        }
    }
}

/// Acts on each answer; returns the transfers to send again.
fn handle_answers(load: &LoadState, offers: Vec<Offer>, answers: Vec<Result<(), Refusal>>) -> Vec<Offer> {
    let mut accepted = Vec::with_capacity(offers.len());
    let mut again = Vec::new();
    let mut busy_answers: u64 = 0;
    for (offer, answer) in offers.into_iter().zip(answers) {
        let Err(refusal) = answer else {
            accepted.push(offer);
            continue;
        };
        match Reaction::to(&refusal) {
            Reaction::Follow => accepted.push(offer),
            Reaction::SendAgain => {
                busy_answers = busy_answers.saturating_add(1);
                again.push(offer);
            }
            Reaction::SignAgain if offer.attempts < ATTEMPTS_MAX => again.push(renew(load, &offer)),
            Reaction::SignAgain | Reaction::GiveUp => load.fail(format!("refused: {refusal}")),
        }
    }
    load.tally.busy_answers.fetch_add(busy_answers, Ordering::Relaxed);
    follow(load, accepted);
    again
}

/// Passes transfers that the node has, or may have, to the tracker.
fn follow(load: &LoadState, offers: Vec<Offer>) {
    if offers.is_empty() {
        return;
    }
    let now = Instant::now();
    let flights = offers
        .into_iter()
        .map(|offer| Flight {
            index: offer.signed.index,
            signature: offer.signed.signature,
            name: offer.signed.name,
            last_valid_height: offer.signed.last_valid_height,
            since: offer.since.unwrap_or(now),
            attempts: offer.attempts,
        })
        .collect();
    load.flights
        .send(flights)
        .expect("the tracker outlives the senders");
}

/// Signs again the transfers that waited too long. The node has none of them.
fn refresh_stale(load: &LoadState, offers: &mut Vec<Offer>) {
    let newest = load.lifetime.borrow().last_valid_block_height;
    let is_stale = |offer: &Offer| newest.saturating_sub(offer.signed.last_valid_height) > RESIGN_AGE_BLOCKS;
    if offers.iter().any(is_stale) {
        *offers = std::mem::take(offers)
            .into_iter()
            .map(|offer| {
                if is_stale(&offer) {
                    renew(load, &offer)
                } else {
                    offer
                }
            })
            .collect();
    }
}

/// The same transfer with the latest blockhash. The node must not have accepted the old one.
fn renew(load: &LoadState, offer: &Offer) -> Offer {
    Offer {
        due: offer.due,
        ..sign_again(load, offer.signed.index, offer.attempts, offer.since)
    }
}

/// Signs transfer number `index` again, with the latest blockhash, after `attempts` earlier times.
pub(super) fn sign_again(load: &LoadState, index: u64, attempts: u32, since: Option<Instant>) -> Offer {
    load.tally.resigned.fetch_add(1, Ordering::Relaxed);
    let lifetime = *load.lifetime.borrow();
    let signed = sign_transfer(load.plan, &load.keys, index, lifetime);
    Offer {
        signed,
        due: None,
        since,
        attempts: attempts.saturating_add(1),
    }
}
