//! Random blocks that are given up at a random transaction, on a chain beside one that never gives a block up and the oracle.
//!
//! Afterwards everything is as if the block had not been opened: accounts, totals and memory, views held before, and the
//! messages that count as processed. Then the whole block is executed, sealed and published in place, and must have the
//! same record on both chains and by the oracle. Most transactions are announced, in groups, and some of these are never
//! executed.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use std::collections::BTreeMap;

use isobath_accounts_db::{AccountsDb, OpenBlock, PlantedBug, View};
use isobath_runtime::{BlockExecution, Difference, Oracle, Tx};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::Anchor;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::hash::Hash;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_testkit::Random;
use isobath_testkit::world::World;
use isobath_tests::random_blocks::cast::{genesis, programs};
use isobath_tests::random_blocks::generate::{Generator, Now, Planned};
use isobath_tests::random_blocks::harness::plain_accounts;
use rand::Rng;

const SEEDS: u64 = 40;
/// Blocks of a run.
const BLOCKS: usize = 12;
/// Transactions offered to each block.
const OFFERED: usize = 16;
/// Transactions that may be sent again: the newest.
const AGAIN: usize = 64;
/// Views that are held.
const HELD: usize = 3;

/// How a block is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Abort,
    Drop,
    /// Sealed, and then not published.
    Seal,
    /// Not sealed, because its anchor is wrong.
    WrongAnchor,
}

impl End {
    const ALL: [Self; 4] = [Self::Abort, Self::Drop, Self::Seal, Self::WrongAnchor];
}

/// Which transactions of an order are in the block.
#[derive(Clone, Copy, Debug)]
enum Order {
    /// Those with an effect.
    Built,
    /// All.
    Given,
}

/// What blocks that were given up went through.
#[derive(Debug, Default)]
struct Report {
    profiles: BTreeMap<&'static str, u64>,
    ends: BTreeMap<End, u64>,
    /// Transactions that had an effect in a block that was given up, and again in the one that was published.
    effective: u64,
    /// Blocks that were given up with room made for accounts that did not exist.
    made_room: u64,
}

/// All that is compared around a block that is given up.
#[derive(Debug, PartialEq, Eq)]
struct State {
    accounts: Vec<(Pubkey, Account)>,
    /// Whether the message of each transaction counts as processed.
    processed: Vec<bool>,
    slot: u64,
    capitalization: u64,
    count: usize,
    resident_count: usize,
    held_bytes: u64,
    result_hash: Hash,
    newest: Anchor,
}

impl State {
    /// The state once what is not needed was freed.
    fn of(world: &World, sent: &[Tx]) -> Self {
        drop(world.db.open_block());
        let (view, chain) = (world.db.view(), &world.chain);
        Self {
            accounts: view.iter().collect(),
            processed: sent
                .iter()
                .map(|tx| chain.is_processed(&tx.message_hash()))
                .collect(),
            slot: view.slot(),
            capitalization: view.capitalization(),
            count: view.len(),
            resident_count: world.db.resident_count(),
            held_bytes: world.db.held_bytes(),
            result_hash: chain.result_hash(),
            newest: chain.newest_anchor(),
        }
    }
}

struct Run {
    tried: World,
    plain: World,
    oracle: Oracle,
    held: Vec<(View, Vec<(Pubkey, Account)>)>,
    sent: Vec<Tx>,
    report: Report,
}

fn require(holds: bool, broken: &str) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(broken.to_owned()),
    }
}

/// Runs the blocks of `seed` over the stores that `make` makes for the chain that gives blocks up.
fn run(seed: u64, make: impl Fn(&Genesis) -> AccountsDb) -> Result<Report, String> {
    let mut rng = Random::new(seed);
    let profile = Profile::EVERY[usize::from(seed.is_multiple_of(2))];
    let genesis = genesis(profile);
    let world = || World::new(genesis.clone(), programs());
    let mut run = Run {
        tried: World {
            db: make(&genesis),
            ..world()
        },
        plain: world(),
        oracle: Oracle::new(genesis.clone(), programs()).expect("its programs are linked in"),
        held: Vec::new(),
        sent: Vec::new(),
        report: Report::default(),
    };
    run.report.profiles.insert(profile.name(), 1);
    for block in 0..BLOCKS {
        run.block(&mut rng)
            .map_err(|broken| format!("seed {seed}: block {block}: {broken}"))?;
    }
    run.end()?;
    Ok(run.report)
}

impl Run {
    fn block(&mut self, rng: &mut Random) -> Result<(), String> {
        let txs = self.offer(rng);
        let mut effective = Vec::new();
        for _ in 0..rng.random_range(1..4) {
            effective.extend(self.give_up(rng, &txs)?);
        }
        let record = publish(&mut self.tried, |block| {
            execute(rng, block, &txs, Order::Built);
        })?;
        let plain = publish(&mut self.plain, |block| {
            for tx in &txs {
                let _executed = block.try_execute(tx);
            }
        })?;
        require(
            record == plain,
            "the chain that gave blocks up has another record",
        )?;
        let order = &record.history.transactions;
        let is_again = |tx: &&Tx| order.iter().any(|wire| wire == tx.wire());
        require(
            effective.iter().all(is_again),
            "a transaction has no effect the second time",
        )?;
        self.report.effective += effective.len() as u64;
        self.compare_oracle(&record)?;
        self.compare_worlds()?;
        if rng.random_ratio(1, 3) {
            let view = self.tried.db.view();
            self.held.push((view.clone(), view.iter().collect()));
            self.held.drain(..self.held.len().saturating_sub(HELD));
        }
        Ok(())
    }

    /// Transactions for the next block; one in ten was sent before.
    fn offer(&mut self, rng: &mut Random) -> Vec<Tx> {
        let World { chain, db, .. } = &self.tried;
        let images: Vec<_> = db.view().iter().collect();
        let accounts = plain_accounts(&images);
        let mut now = Now {
            blockhashes: chain
                .recent_blocks()
                .map(|block| block.blockhash)
                .take(9)
                .collect(),
            slot: chain.slot() + 1,
            accounts: &accounts,
            planned: Planned::default(),
        };
        let newest = self.sent.len().saturating_sub(AGAIN)..self.sent.len();
        let again: Vec<Option<usize>> = (0..OFFERED)
            .map(|_| {
                (!newest.is_empty() && rng.random_ratio(1, 10)).then(|| rng.random_range(newest.clone()))
            })
            .collect();
        let mut generator = Generator::new(rng, &mut now);
        let txs = again.into_iter().map(|again| match again {
            Some(index) => self.sent[index].clone(),
            None => self
                .tried
                .admit(&generator.wire())
                .expect("it draws what is admitted"),
        });
        let txs: Vec<Tx> = txs.collect();
        self.sent.extend(txs.iter().cloned());
        txs
    }

    /// Gives a block up after some of the transactions; returns those that had an effect in it.
    fn give_up<'t>(&mut self, rng: &mut Random, txs: &'t [Tx]) -> Result<Vec<&'t Tx>, String> {
        let before = State::of(&self.tried, &self.sent);
        let count = rng.random_range(0..=txs.len());
        let end = End::ALL[rng.random_range(0..End::ALL.len())];
        let mut block = self.tried.open_block(0);
        let order = match rng.random_ratio(1, 4) {
            true => Order::Given,
            false => Order::Built,
        };
        let executed = execute(rng, &mut block, &txs[..count], order);
        // Announced and never executed.
        block.look_ahead(txs[count..].iter());
        let has_grown = self.tried.db.resident_count() > before.resident_count;
        match end {
            End::Abort => {
                let returned = block.abort();
                let is_same = returned
                    .iter()
                    .map(Tx::wire)
                    .eq(executed.iter().map(|(tx, _)| tx.wire()));
                require(is_same, "other transactions come back")?;
            }
            End::Drop => drop(block),
            End::Seal => drop(block.seal()),
            End::WrongAnchor => {
                let wrong = Anchor {
                    slot: u64::MAX,
                    ..before.newest
                };
                require(block.seal_with(wrong).is_err(), "a wrong anchor was sealed")?;
            }
        }
        *self.report.ends.entry(end).or_default() += 1;
        self.report.made_room += u64::from(has_grown);
        let after = State::of(&self.tried, &self.sent);
        require(
            before == after,
            &format!("{end:?} after {count}: {}", difference(&before, &after)),
        )?;
        self.compare_held()?;
        let effective = executed.into_iter().filter(|(_, is_effective)| *is_effective);
        Ok(effective.map(|(tx, _)| tx).collect())
    }

    fn compare_held(&self) -> Result<(), String> {
        let is_same = |(view, accounts): &(View, Vec<_>)| view.iter().eq(accounts.iter().cloned());
        require(self.held.iter().all(is_same), "a held view has changed")
    }

    fn compare_oracle(&mut self, record: &BlockRecord) -> Result<(), String> {
        let (header, order) = (&record.history.header, &record.history.transactions);
        let executed = self.oracle.execute_block(header, order);
        let executed = executed.map_err(|error| error.to_string())?;
        Difference::find(record, &executed).map_err(|difference| format!("oracle: {difference}"))
    }

    fn compare_worlds(&self) -> Result<(), String> {
        let [tried, plain] = [&self.tried, &self.plain].map(|world| State {
            // Only one of them has views that are held.
            resident_count: 0,
            held_bytes: 0,
            ..State::of(world, &self.sent)
        });
        require(
            tried == plain,
            &format!("the chains differ: {}", difference(&tried, &plain)),
        )?;
        let sum = self.tried.db.view().sum_lamports();
        require(
            sum == u128::from(tried.capitalization),
            "the lamports do not add up",
        )?;
        self.compare_held()
    }

    /// Nothing is left once no view is held and a block has been published that names nothing.
    fn end(&mut self) -> Result<(), String> {
        self.held.clear();
        for world in [&mut self.tried, &mut self.plain] {
            publish(world, |_| ())?;
            let state = State::of(world, &[]);
            require(
                state.resident_count == state.count,
                "cells without an account are left",
            )?;
            require(state.held_bytes == 0, "images are left")?;
        }
        Ok(())
    }
}

/// Executes transactions in groups, most of which are announced before. Returns those that are in the block, with whether they had
/// an effect.
fn execute<'t>(
    rng: &mut Random,
    block: &mut BlockExecution<'_, OpenBlock>,
    txs: &'t [Tx],
    order: Order,
) -> Vec<(&'t Tx, bool)> {
    let (mut rest, mut executed) = (txs, Vec::new());
    while !rest.is_empty() {
        let (group, next) = rest.split_at(rng.random_range(1..=rest.len().min(6)));
        match rng.random_range(0..8) {
            0 => {}
            // In another order than they are executed in.
            1 => block.look_ahead(group.iter().rev()),
            _ => block.look_ahead(group.iter()),
        }
        for tx in group {
            match order {
                Order::Built => executed.extend(block.try_execute(tx).is_ok().then_some((tx, true))),
                Order::Given => {
                    let class = block.execute(tx).outcome.class;
                    executed.push((tx, class != OutcomeClass::NoOp));
                }
            }
        }
        rest = next;
    }
    executed
}

/// Publishes the block that `fill` fills, in place as a producer does.
fn publish(
    world: &mut World,
    fill: impl FnOnce(&mut BlockExecution<'_, OpenBlock>),
) -> Result<BlockRecord, String> {
    let mut block = world.open_block(0);
    fill(&mut block);
    let (record, ended) = block.seal();
    ended.check(&record).map_err(|error| error.to_string())?;
    let recorded = ended.record_delta(&record.delta);
    require(
        recorded == world.db.record_delta(&record.delta),
        "the images are not those of the parent",
    )?;
    world
        .chain
        .apply(&record.history)
        .map_err(|error| error.to_string())?;
    world.db.publish(ended, &record.history.header);
    Ok(record.into_stored())
}

/// What differs, in few words.
fn difference(one: &State, other: &State) -> String {
    let accounts = one
        .accounts
        .iter()
        .zip(&other.accounts)
        .find(|(one, other)| one != other);
    let processed = one
        .processed
        .iter()
        .zip(&other.processed)
        .position(|(one, other)| one != other);
    let figures = |state: &State| {
        let State {
            slot,
            capitalization,
            count,
            resident_count,
            held_bytes,
            ..
        } = state;
        (*slot, *capitalization, *count, *resident_count, *held_bytes)
    };
    format!(
        "{:?} and {:?}, accounts {accounts:?}, message {processed:?}",
        figures(one),
        figures(other)
    )
}

fn plain_store(genesis: &Genesis) -> AccountsDb {
    AccountsDb::new(genesis).expect("the genesis is valid")
}

#[test]
fn a_block_that_is_given_up_changes_nothing() {
    let mut total = Report::default();
    for seed in 0..SEEDS {
        let report = run(seed, plain_store).unwrap();
        for (end, count) in report.ends {
            *total.ends.entry(end).or_default() += count;
        }
        for (profile, count) in report.profiles {
            *total.profiles.entry(profile).or_default() += count;
        }
        total.effective += report.effective;
        total.made_room += report.made_room;
    }
    println!("{total:?}");
    assert_eq!(
        total.profiles,
        BTreeMap::from([("all", SEEDS / 2), ("mainnet", SEEDS / 2)])
    );
    assert!(total.ends.len() == 4 && total.ends.values().all(|count| *count > SEEDS));
    assert!(total.effective > SEEDS * 50);
    assert!(total.made_room > SEEDS);
}

#[test]
fn undo_that_misses_an_account_is_found() {
    let plant = |genesis: &Genesis| AccountsDb::with_planted_bug(genesis, PlantedBug::LostUndo);
    let found = (0..SEEDS).find_map(|seed| run(seed, plant).err());
    println!("{}", found.expect("the defect is found"));
}
