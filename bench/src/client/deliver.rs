//! Handing transfers to the node: one task per connection, and what to make of each answer.
//!
//! Invariant: a transfer that the node may have taken in is never signed again here; it goes to the tracker, which
//! does so only after its blockhash has expired without a trace of it. So no transfer can be carried out twice.
//!
//! | answer | what follows |
//! |---|---|
//! | taken in, or processed already | tracker |
//! | busy, or connection refused | the same bytes again, after a pause |
//! | blockhash not found | signed again, then offered again |
//! | connection broke, no answer in time | fate unknown: tracker |
//! | anything else | a failure with its cause |

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use isobath_rpc_client::{Preflight, Refusal, RpcError};
use tokio::sync::{Mutex, mpsc};

use super::plan::BLOCKHASH_AGE_BLOCKS;
use super::reaction::Reaction;
use super::shared::{Flight, Offer, Shared};
use super::sign::{Signed, sign_transfer};

/// Times a transfer is signed at most.
pub(super) const ATTEMPTS_MAX: u32 = 5;

/// Age in blocks above which a blockhash is replaced before the transfer is sent: two thirds of its life, so that
/// what is sent still has as many blocks to get in as it spent waiting to be sent.
const RESIGN_AGE_BLOCKS: u64 = BLOCKHASH_AGE_BLOCKS / 3 * 2;

/// The first pause after a busy answer; it doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(2);

/// The longest pause after a busy answer.
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// The queue of signed batches, shared by the senders.
pub(super) type Queue = Arc<Mutex<mpsc::Receiver<Vec<Signed>>>>;

/// One sender: takes batches from the queue and delivers them, until the queue ends or the run stops.
pub(super) async fn run_sender(shared: Arc<Shared>, queue: Queue) {
    while let Some(batch) = next_batch(&shared, &queue).await {
        deliver(&shared, batch.into_iter().map(Offer::first).collect()).await;
    }
    shared.senders_running.fetch_sub(1, Ordering::Release);
}

/// The next batch, with a place in the window for each of its transfers and its turn in the pace.
async fn next_batch(shared: &Shared, queue: &Queue) -> Option<Vec<Signed>> {
    let ready = async {
        let batch = queue.lock().await.recv().await?;
        let places = u32::try_from(batch.len()).ok()?;
        if let Some(pacer) = &shared.pacer {
            let due = pacer.grant(batch.len());
            tokio::time::sleep(due.saturating_sub(shared.tally.start_timer().elapsed())).await;
        }
        // Given back one by one, when the fate of each transfer is known.
        shared.window.acquire_many(places).await.ok()?.forget();
        Some(batch)
    };
    tokio::select! {
        biased;
        () = shared.stop.wait() => None,
        batch = ready => batch,
    }
}

/// Offers transfers until each was taken in or refused, or the run stops. Places in the window are held already.
pub(super) async fn deliver(shared: &Shared, mut offers: Vec<Offer>) {
    let mut pause = PAUSE_MIN;
    while !offers.is_empty() {
        if shared.stop.is_requested() {
            withdraw(shared, &offers);
            return;
        }
        let before = offers.len();
        offers = offer_once(shared, offers).await;
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

/// Takes back transfers that the node certainly does not have.
fn withdraw(shared: &Shared, offers: &[Offer]) {
    let offered = offers.iter().filter(|offer| offer.first_sent.is_some()).count();
    shared.tally.sent.fetch_sub(offered as u64, Ordering::Relaxed);
    shared.window.add_permits(offers.len());
}

/// Sends once; returns what has to be sent again.
async fn offer_once(shared: &Shared, mut offers: Vec<Offer>) -> Vec<Offer> {
    refresh_stale(shared, &mut offers);
    let now = shared.tally.start_timer().max(Instant::now());
    let new = offers.iter_mut().filter(|offer| offer.first_sent.is_none());
    let first_times = new.map(|offer| offer.first_sent = Some(now)).count();
    shared.tally.sent.fetch_add(first_times as u64, Ordering::Relaxed);

    let wires: Vec<&str> = offers.iter().map(|offer| offer.signed.wire.as_str()).collect();
    match shared.rpc.send_transactions(&wires, Preflight::Skip).await {
        Ok(answers) => sort_out(shared, offers, answers),
        Err(error) if error.is_undelivered() => {
            shared.tally.note_error(error);
            offers
        }
        Err(RpcError::Refused { refusal, .. }) => {
            let answers = vec![Err(refusal); offers.len()];
            sort_out(shared, offers, answers)
        }
        Err(error) => {
            shared.tally.note_error(error);
            follow(shared, offers);
            Vec::new()
        }
    }
}

/// Acts on each answer; returns what has to be sent again.
fn sort_out(shared: &Shared, offers: Vec<Offer>, answers: Vec<Result<(), Refusal>>) -> Vec<Offer> {
    let mut taken_in = Vec::with_capacity(offers.len());
    let mut again = Vec::new();
    let mut busy_answers: u64 = 0;
    for (offer, answer) in offers.into_iter().zip(answers) {
        let Err(refusal) = answer else {
            taken_in.push(offer);
            continue;
        };
        match Reaction::to(&refusal) {
            Reaction::Follow => taken_in.push(offer),
            Reaction::SendAgain => {
                busy_answers = busy_answers.saturating_add(1);
                again.push(offer);
            }
            Reaction::SignAgain if offer.attempts < ATTEMPTS_MAX => again.push(renew(shared, &offer)),
            Reaction::SignAgain | Reaction::GiveUp => shared.fail(format!("refused: {refusal}")),
        }
    }
    shared
        .tally
        .busy_answers
        .fetch_add(busy_answers, Ordering::Relaxed);
    follow(shared, taken_in);
    again
}

/// Hands transfers that the node has, or may have, to the tracker.
fn follow(shared: &Shared, offers: Vec<Offer>) {
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
            first_sent: offer.first_sent.unwrap_or(now),
            attempts: offer.attempts,
        })
        .collect();
    shared
        .flights
        .send(flights)
        .expect("the tracker outlives the senders");
}

/// Signs again what has waited too long. None of it is in the node's hands.
fn refresh_stale(shared: &Shared, offers: &mut Vec<Offer>) {
    let newest = shared.lifetime.borrow().last_valid_block_height;
    let is_stale = |offer: &Offer| newest.saturating_sub(offer.signed.last_valid_height) > RESIGN_AGE_BLOCKS;
    if offers.iter().any(is_stale) {
        *offers = std::mem::take(offers)
            .into_iter()
            .map(|offer| {
                if is_stale(&offer) {
                    renew(shared, &offer)
                } else {
                    offer
                }
            })
            .collect();
    }
}

/// The same transfer with the newest blockhash. The node must not have taken the old one in.
fn renew(shared: &Shared, offer: &Offer) -> Offer {
    sign_again(shared, offer.signed.index, offer.attempts, offer.first_sent)
}

/// Signs transfer number `index` once more, with the newest blockhash, after `attempts` times before.
pub(super) fn sign_again(shared: &Shared, index: u64, attempts: u32, first_sent: Option<Instant>) -> Offer {
    shared.tally.resigned.fetch_add(1, Ordering::Relaxed);
    let lifetime = *shared.lifetime.borrow();
    let signed = sign_transfer(shared.plan, &shared.keys, index, lifetime);
    Offer {
        signed,
        first_sent,
        attempts: attempts.saturating_add(1),
    }
}
