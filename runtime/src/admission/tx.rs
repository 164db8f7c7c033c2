//! Admission: from wire bytes to a transaction that a block may contain.
//!
//! Invariant: a [`Tx`] satisfies every rule of *static validity* that its bytes decide: it decodes, sanitizes, has no
//! static key twice, stays within the lock and instruction limits and has a compute budget that parses. Signatures are
//! not checked here; the verification stage has checked them before. Rules that depend on state are checked when the
//! transaction is executed.

use std::borrow::Cow;
use std::thread::LocalKey;

use isobath_program_abi::Hash;
use isobath_program_abi::Pubkey;
use isobath_program_abi::prefetch::{prefetch, prefetch_bytes};
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::ReadAccounts;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::RecordedTransaction;
use isobath_sdk::errors::{DecodeError, TransactionError};
use isobath_sdk::ids;
use isobath_sdk::rules::Rules;
use isobath_sdk::signature::Signature;
use isobath_sdk::wire::layout::TransactionLayout;
use isobath_sdk::wire::view::TransactionView;
use isobath_sdk::wire::{MESSAGES_MAX, message_hashes};
use smallvec::SmallVec;

use super::budget::{ComputeLimits, Requested};
use super::cost::{Reserved, fixed_units, reserved, spent_units};
use super::fee::{Fee, fee_of};
use super::key_set::KeySet;
use super::recycled::{Own, Recycle, Recycled, Spare};

/// A statically valid transaction, built once and shared by all later stages.
///
/// It keeps the wire bytes, the offsets of their parts, the message hash, the hashes of the static keys, the compute
/// budget and the write locks, so that no later stage decodes or hashes anything. A clone is another reference to the
/// same transaction.
#[derive(Debug, Clone)]
pub struct Tx(Recycled<Admitted>);

/// The hashes of the keys of a transaction: up to eight of them beside it.
type KeyHashes = SmallVec<[u64; 8]>;

#[derive(Debug)]
struct Admitted {
    decoded: DecodedTx,
    message_hash: Hash,
    limits: ComputeLimits,
    fee: Fee,
    fixed_units: u64,
    reserved: Reserved,
    writable: KeySet,
    key_hasher: KeyHasher,
    /// The hash of each static key under `key_hasher`.
    key_hashes: KeyHashes,
}

impl Recycle for Admitted {
    fn spare() -> &'static Spare<Self> {
        &SPARE
    }

    fn own() -> &'static LocalKey<Own<Self>> {
        &OWN
    }

    fn release(&mut self) {
        self.decoded.wire = Vec::new();
    }
}

/// Bytes of a transaction that are asked for ahead, from the first on: all of a transfer.
const PREFETCHED_LEN: usize = 256;

/// Memory of transactions that nobody holds any more.
static SPARE: Spare<Admitted> = Spare::new();

thread_local! {
    static OWN: Own<Admitted> = const { Own::new() };
}

/// Wire bytes that decode, with the layout of their parts; not yet checked against the rules of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedTx {
    wire: Vec<u8>,
    layout: TransactionLayout,
}

/// A transaction that decodes but that no block may contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inadmissible {
    /// The transaction.
    pub decoded: DecodedTx,
    /// The first broken rule.
    pub error: TransactionError,
    /// What that rule is about.
    pub rule: StaticRule,
}

/// What a static rule is about. Solana's nodes check the two kinds at different times, and clients are answered
/// accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaticRule {
    /// The form of the instructions. Checked together with the encoding, before the signatures.
    Form,
    /// Keys, locks and the values of the compute budget. Checked after the signatures.
    Limits,
}

impl DecodedTx {
    /// Decodes and sanitizes `wire`, in one pass.
    ///
    /// # Errors
    /// [`DecodeError`] for bytes that are not a transaction.
    pub fn decode(wire: Vec<u8>) -> Result<Self, DecodeError> {
        let layout = TransactionLayout::parse(&wire)?;
        Ok(Self { wire, layout })
    }

    /// Zero-copy access to the parts.
    #[must_use]
    pub fn view(&self) -> TransactionView<'_> {
        TransactionView::new(&self.wire, self.layout)
    }

    /// The offsets of the parts.
    #[must_use]
    pub const fn layout(&self) -> &TransactionLayout {
        &self.layout
    }

    /// Checks the transaction against the rules of a chain; see [`admit`].
    ///
    /// # Errors
    /// [`Inadmissible`] returns the transaction with the rule that it breaks.
    pub fn admit(self, rules: &Rules, key_hasher: KeyHasher) -> Result<Tx, Box<Inadmissible>> {
        let hash = self.view().message_hash();
        let checked = self.check(rules, key_hasher)?;
        Ok(checked.with_hash(hash))
    }

    /// As [`Self::admit`], but for the message hash, which [`CheckedTx::hash_all`] computes for many together.
    ///
    /// # Errors
    /// Those of [`Self::admit`].
    pub fn check(self, rules: &Rules, key_hasher: KeyHasher) -> Result<CheckedTx, Box<Inadmissible>> {
        let view = self.view();
        let fixed_units = fixed_units(&view);
        match check(&view, rules) {
            Ok(limits) => Ok(CheckedTx(Recycled::hold(Admitted {
                message_hash: Hash::ZERO,
                fee: fee_of(&view, &limits, rules),
                fixed_units,
                reserved: reserved(&view, fixed_units, &limits, rules),
                writable: writable_keys(&view),
                key_hasher,
                key_hashes: hash_keys(&view, key_hasher),
                limits,
                decoded: self,
            }))),
            Err((rule, error)) => Err(Box::new(Inadmissible {
                decoded: self,
                error,
                rule,
            })),
        }
    }
}

/// A transaction that is a [`Tx`] but for its message hash.
#[derive(Debug)]
pub struct CheckedTx(Recycled<Admitted>);

impl CheckedTx {
    /// Zero-copy access to the parts.
    #[must_use]
    pub fn view(&self) -> TransactionView<'_> {
        self.0.decoded.view()
    }

    /// The offsets of the parts.
    #[must_use]
    pub fn layout(&self) -> &TransactionLayout {
        self.0.decoded.layout()
    }

    /// Hashes the messages, up to 64 at a time side by side.
    #[must_use]
    pub fn hash_all(mut checked: Vec<Self>) -> Vec<Tx> {
        for group in checked.chunks_mut(MESSAGES_MAX) {
            let mut hashes = [Hash::ZERO; MESSAGES_MAX];
            let messages = group.iter().map(|tx| tx.view().message_bytes());
            for (place, hash) in hashes.iter_mut().zip(message_hashes(messages)) {
                *place = hash;
            }
            for (tx, hash) in group.iter_mut().zip(hashes) {
                tx.set_hash(hash);
            }
        }
        checked.into_iter().map(|checked| Tx(checked.0)).collect()
    }

    fn with_hash(mut self, hash: Hash) -> Tx {
        self.set_hash(hash);
        Tx(self.0)
    }

    fn set_hash(&mut self, hash: Hash) {
        let only = "there is one handle of a transaction without its hash";
        self.0.get_mut().expect(only).message_hash = hash;
    }
}

impl AsRef<[u8]> for DecodedTx {
    fn as_ref(&self) -> &[u8] {
        &self.wire
    }
}

/// Decodes a copy of `wire` and checks it against the rules of a chain.
///
/// `key_hasher` is that of the store whose accounts the transaction will run on; with another one, the keys are hashed
/// again there.
///
/// Cost: one pass over the bytes, a sort of the static keys, a hash of each and one of the message.
///
/// # Errors
/// `SanitizeFailure` or `UnsupportedVersion` for bytes that are not a transaction, `AccountLoadedTwice`,
/// `TooManyAccountLocks`, and those of the compute budget (`InstructionError`, `DuplicateInstruction`,
/// `InvalidLoadedAccountsDataSizeLimit`).
pub fn admit(wire: &[u8], rules: &Rules, key_hasher: KeyHasher) -> Result<Tx, TransactionError> {
    let decoded = DecodedTx::decode(wire.to_vec()).map_err(DecodeError::to_transaction_error)?;
    decoded.admit(rules, key_hasher).map_err(|refused| refused.error)
}

/// The compute budget of a transaction that satisfies the static rules.
fn check(view: &TransactionView<'_>, rules: &Rules) -> Result<ComputeLimits, (StaticRule, TransactionError)> {
    let form = |error| (StaticRule::Form, error);
    let limits = |error| (StaticRule::Limits, error);
    require_instruction_limits(view, rules).map_err(form)?;
    // Solana reports the first of several errors in this order.
    let requested = Requested::of(view, rules).map_err(form)?;
    require_locks(view, rules.account_locks_max).map_err(limits)?;
    requested.limits(rules).map_err(limits)
}

impl AsRef<[u8]> for Tx {
    fn as_ref(&self) -> &[u8] {
        self.wire()
    }
}

impl RecordedTransaction for Tx {
    fn view(&self) -> Result<TransactionView<'_>, DecodeError> {
        Ok(Self::view(self))
    }

    fn message_hash(&self) -> Result<Hash, DecodeError> {
        Ok(self.0.message_hash)
    }
}

impl Tx {
    /// The wire bytes, as received.
    #[must_use]
    pub fn wire(&self) -> &[u8] {
        &self.0.decoded.wire
    }

    /// Zero-copy access to the parts.
    #[must_use]
    pub fn view(&self) -> TransactionView<'_> {
        self.0.decoded.view()
    }

    /// The offsets of the parts in the bytes.
    #[must_use]
    pub fn layout(&self) -> &TransactionLayout {
        &self.0.decoded.layout
    }

    /// The first signature: the transaction's name for look-ups, never its identity.
    #[must_use]
    pub fn signature(&self) -> Signature {
        self.view().signature(0)
    }

    /// The identity of the transaction (contract 5).
    #[must_use]
    pub fn message_hash(&self) -> Hash {
        self.0.message_hash
    }

    /// The account that pays: static key 0.
    #[must_use]
    pub fn fee_payer(&self) -> Pubkey {
        self.view().static_key(0)
    }

    /// The blockhash that limits the lifetime of the transaction.
    #[must_use]
    pub fn recent_blockhash(&self) -> Hash {
        self.view().recent_blockhash()
    }

    /// Resource limits and bid.
    #[must_use]
    pub fn limits(&self) -> &ComputeLimits {
        &self.0.limits
    }

    /// The fees due when it is executed or fails to load.
    #[must_use]
    pub fn fee(&self) -> Fee {
        self.0.fee
    }

    /// Compute units that the transaction may spend.
    #[must_use]
    pub fn compute_unit_limit(&self) -> u64 {
        u64::from(self.0.limits.compute_units)
    }

    /// What the transaction reserves in a block, in units of cost; never 0.
    #[must_use]
    pub fn reserved_units(&self) -> u64 {
        self.0.reserved.units
    }

    /// Bytes by which the transaction lengthens the record of its block, judging by its own bytes; its programs may write
    /// more.
    #[must_use]
    pub fn expected_record_bytes(&self) -> u64 {
        self.0.reserved.record_bytes
    }

    /// Builder priority: total fee in micro-lamports per unit of reserved cost, saturated.
    #[must_use]
    pub fn priority(&self) -> u64 {
        self.priority_at(self.0.reserved.units)
    }

    /// The priority when `units`, which are not 0, are reserved.
    pub(super) fn priority_at(&self, units: u64) -> u64 {
        let micro = u128::from(self.0.fee.total()).saturating_mul(1_000_000);
        let per_unit = micro.checked_div(u128::from(units));
        let per_unit = per_unit.expect("each signature costs some units");
        u64::try_from(per_unit).unwrap_or(u64::MAX)
    }

    /// Number of static keys.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.view().static_key_count()
    }

    /// What it costs a block if it spends so many compute units and loads so many bytes of account data, besides its work.
    pub(crate) fn cost_units(&self, compute_units: u64, loaded_len: u64) -> u64 {
        spent_units(self.0.fixed_units, compute_units, loaded_len)
    }

    /// Static key `index`, which must be below [`Tx::key_count`].
    #[must_use]
    pub fn key(&self, index: usize) -> Pubkey {
        self.view().static_key(index)
    }

    /// The hashes of the static keys under `hasher`: those that were computed when the transaction was built, unless
    /// `hasher` has another seed.
    #[must_use]
    pub(crate) fn key_hashes(&self, hasher: KeyHasher) -> Cow<'_, [u64]> {
        if hasher == self.0.key_hasher {
            Cow::Borrowed(&self.0.key_hashes)
        } else {
            Cow::Owned(hash_keys(&self.view(), hasher).into_vec())
        }
    }

    /// The hash of static key `index` under `hasher`.
    #[must_use]
    pub(crate) fn key_hash(&self, hasher: KeyHasher, index: usize) -> u64 {
        let known = (hasher == self.0.key_hasher).then_some(&self.0.key_hashes);
        let known = known.and_then(|hashes| hashes.get(index).copied());
        known.unwrap_or_else(|| hasher.hash(&self.key(index)))
    }

    /// The account under static key `index` in a view, found by the hash that the transaction carries.
    #[must_use]
    pub fn account(&self, accounts: &impl ReadAccounts, index: usize) -> Option<Account> {
        accounts.account_hashed(self.key_hash(accounts.key_hasher(), index), &self.key(index))
    }

    /// The hashes of the static keys that it may write, to announce their accounts; none under another hasher than the
    /// one that it was built with.
    pub fn writable_hashes(&self, hasher: KeyHasher) -> impl Iterator<Item = u64> + Clone {
        let known = (hasher == self.0.key_hasher).then_some(&self.0.key_hashes);
        let hashes = known.into_iter().flatten().enumerate();
        hashes
            .filter(|(index, _)| self.is_writable(*index))
            .map(|(_, hash)| *hash)
    }

    /// Whether the transaction locks key `index` for writing, after demotion: reserved keys, and keys
    /// called as programs unless the upgradeable loader is among the keys, are read-only.
    #[must_use]
    pub fn is_writable(&self, index: usize) -> bool {
        self.0.writable.contains(index)
    }

    /// Asks memory for all but the wire bytes.
    pub(crate) fn prefetch(&self) {
        prefetch(&*self.0);
    }

    /// Asks memory for the wire bytes, if they are few; reads what [`Tx::prefetch`] asks for.
    pub(crate) fn prefetch_wire(&self) {
        let wire = self.wire();
        prefetch_bytes(wire.get(..PREFETCHED_LEN).unwrap_or(wire));
    }
}

fn hash_keys(view: &TransactionView<'_>, hasher: KeyHasher) -> KeyHashes {
    let keys = 0..view.static_key_count();
    keys.map(|index| hasher.hash(&view.static_key(index))).collect()
}

fn require_instruction_limits(view: &TransactionView<'_>, rules: &Rules) -> Result<(), TransactionError> {
    let mut instructions = view.instructions();
    let is_within = instructions.len() <= rules.instructions_max
        && instructions.all(|instruction| instruction.accounts.len() <= rules.instruction_accounts_max);
    if is_within {
        Ok(())
    } else {
        Err(TransactionError::SanitizeFailure)
    }
}

fn require_locks(view: &TransactionView<'_>, locks_max: usize) -> Result<(), TransactionError> {
    let keys = view.static_keys();
    let locks = keys.len().saturating_add(view.lookup_account_count());
    if locks > locks_max {
        return Err(TransactionError::TooManyAccountLocks);
    }
    // A packet has room for 38 keys, of which nearly all differ in their first bytes: comparing each with each takes less
    // than a microsecond and, unlike sorting, no memory.
    let mut rest = keys;
    let mut has_duplicate = false;
    while let Some((first, others)) = rest.split_first() {
        has_duplicate |= others.contains(first);
        rest = others;
    }
    if has_duplicate {
        Err(TransactionError::AccountLoadedTwice)
    } else {
        Ok(())
    }
}

/// Which static keys a transaction locks for writing: those that it asks for, except reserved keys, and keys that it
/// calls as programs unless the upgradeable loader is among the keys.
///
/// A function of the bytes alone: it answers for transactions of any age, whether or not they would be admitted now.
#[must_use]
pub fn writable_keys(view: &TransactionView<'_>) -> KeySet {
    let keys = view.static_keys();
    let mut called = KeySet::default();
    for instruction in view.instructions() {
        called.insert(usize::from(instruction.program_id_index));
    }
    let has_loader = keys.contains(&ids::BPF_LOADER_UPGRADEABLE.0);
    let mut writable = KeySet::default();
    for (index, key) in keys.iter().enumerate() {
        let is_locked = view.is_requested_writable(index) && (has_loader || !called.contains(index));
        if is_locked && !ids::is_reserved(&Pubkey(*key)) {
            writable.insert(index);
        }
    }
    writable
}
