//! Random workloads, crashes and reopenings against the model.

use isobath_sdk::chain::account::Account;
use proptest::prelude::*;
use proptest::sample::select;

use super::support::{Accounts, Model, Plan, change, execute, key, open, recorded, reopen, store};
use isobath_node::Store;
use isobath_sdk::chain::record::{History, RecordedDelta};
use isobath_storage::{Fill, LossyStorage, TornTail};

/// One step of a workload.
#[derive(Debug, Clone)]
enum Step {
    /// Execute, commit and publish.
    Block(Plan),
    /// Execute and drop.
    Abandon(Plan),
    /// Close and open.
    Reopen,
    /// Commit, and lose power before the sync took effect, keeping this of the record.
    CrashInCommit(Plan, TornTail),
}

fn any_account() -> impl Strategy<Value = Account> {
    // Few values, so that accounts often return to old contents.
    (0..4_u64, 0..3_u8, any::<bool>(), any_data()).prop_map(|(lamports, owner, executable, data)| Account {
        lamports,
        owner: key(owner),
        executable,
        last_change_epoch: 0,
        data: data.into(),
    })
}

/// Contents that are recorded in full, and larger ones that differ in few bytes or in many.
fn any_data() -> impl Strategy<Value = Vec<u8>> {
    let large = (
        select(vec![4096, 4097, 6000, 40_000]),
        prop::collection::vec((any::<prop::sample::Index>(), 1..200_usize, 1..3_u8), 0..3),
    );
    prop_oneof![
        3 => prop::collection::vec(0..2_u8, 0..3),
        2 => large.prop_map(|(len, writes)| {
            let mut data = vec![0; len];
            for (index, count, byte) in writes {
                let start = index.index(len);
                data[start..(start + count).min(len)].fill(byte);
            }
            data
        }),
    ]
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let keys = select(vec![1, 2, 3, 4, 5, 100, 101, 102]).prop_map(key);
    let puts = prop::collection::vec((keys, prop::option::weighted(0.8, any_account())), 0..8);
    let transactions = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4);
    (puts, transactions).prop_map(|(puts, transactions)| Plan { puts, transactions })
}

fn any_tear() -> impl Strategy<Value = TornTail> {
    let fill = select(vec![Fill::Cut, Fill::Zeros, Fill::Garbage]);
    (0..900_usize, fill).prop_map(|(kept, fill)| TornTail { kept, fill })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any_plan().prop_map(Step::Block),
        1 => any_plan().prop_map(Step::Abandon),
        1 => Just(Step::Reopen),
        1 => (any_plan(), any_tear()).prop_map(|(plan, tear)| Step::CrashInCommit(plan, tear)),
    ]
}

/// Accounts of the genesis with all stored deltas applied, in order: what the deltas alone say.
fn rederived(db: &Store, model: &Model) -> Accounts {
    let mut accounts: Accounts = model.genesis.initial_accounts().into_iter().collect();
    for slot in 1..=db.view().slot() {
        let stored = db.delta(slot).unwrap().unwrap();
        let before = |key: &_| accounts.get(key).cloned();
        let delta = stored.apply(u64::MAX, before).unwrap();
        assert_eq!(delta.root(), db.history(slot).unwrap().unwrap().result.delta_root);
        change(&mut accounts, &delta);
    }
    accounts
}

/// Commits the model's last record on a disk that stops before the sync, crashes it, and drops the
/// block from the model unless all of it survived.
fn crash_in_commit(db: Store, disk: &LossyStorage, model: &mut Model, tear: TornTail) -> Store {
    let record = model.records.last().unwrap().clone();
    disk.stop_after(1);
    db.commit_received(record).unwrap_err();
    drop(db);
    let (written, whole) = (disk.unsynced_len(), disk.bytes());
    disk.crash_keeping(tear);
    // Zeros that replace zeros can make a record whole again.
    let survived = disk.bytes() == whole;
    if !survived {
        model.records.pop();
        model.accounts.pop();
    }
    let (db, report) = reopen(disk, model);
    assert_eq!(report.blocks, model.slot());
    let torn = if tear.fill == Fill::Cut {
        tear.kept
    } else {
        written
    };
    assert_eq!(report.torn_bytes_cut, if survived { 0 } else { torn as u64 });
    db
}

proptest! {
    #[test]
    fn the_store_is_the_model(steps in prop::collection::vec(any_step(), 0..24)) {
        let (mut model, disk) = (Model::new(), LossyStorage::new());
        let mut db = open(&disk, &model.genesis).unwrap().0;
        for step in steps {
            match step {
                Step::Block(plan) => {
                    model.extend(&plan);
                    let record = model.records.last().unwrap();
                    execute(&db, &plan, record);
                    store(&db, record);
                }
                Step::Abandon(plan) => {
                    let mut next = model.clone();
                    next.extend(&plan);
                    execute(&db, &plan, next.records.last().unwrap());
                }
                Step::Reopen => {
                    drop(db);
                    db = reopen(&disk, &model).0;
                }
                Step::CrashInCommit(plan, tear) => {
                    model.extend(&plan);
                    db = crash_in_commit(db, &disk, &mut model, tear);
                }
            }
            prop_assert_eq!(db.view().slot(), model.slot());
        }
        model.assert_holds(&db, model.slot());
        prop_assert_eq!(&rederived(&db, &model), model.accounts.last().unwrap());
    }

    #[test]
    fn arbitrary_bytes_are_refused_or_canonical(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        check_canonical(&bytes, &bytes)?;
    }

    #[test]
    fn damaged_records_are_refused_or_canonical(
        plan in any_plan(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut model = Model::new();
        model.extend(&plan);
        let BlockParts { mut history, mut delta } = BlockParts::of(&model);
        for (index, mask) in damage {
            let at = index.index(history.len());
            history[at] ^= mask;
            let at = index.index(delta.len());
            delta[at] ^= mask;
        }
        check_canonical(&history, &delta)?;
    }
}

/// What decodes is written back as the same bytes.
fn check_canonical(history: &[u8], delta: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(decoded) = borsh::from_slice::<History>(history) {
        prop_assert_eq!(borsh::to_vec(&decoded).unwrap(), history);
    }
    if let Ok(decoded) = borsh::from_slice::<RecordedDelta>(delta) {
        prop_assert_eq!(borsh::to_vec(&decoded).unwrap(), delta);
    }
    Ok(())
}

/// The encoded parts of a model's last record.
struct BlockParts {
    history: Vec<u8>,
    delta: Vec<u8>,
}

impl BlockParts {
    fn of(model: &Model) -> Self {
        let record = model.records.last().unwrap();
        Self {
            history: borsh::to_vec(&record.history).unwrap(),
            delta: borsh::to_vec(&recorded(&model.accounts[0], &record.delta)).unwrap(),
        }
    }
}
