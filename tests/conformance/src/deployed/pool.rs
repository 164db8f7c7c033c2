//! The accounts of a sequence: mints, token accounts and multisigs in every state that a rule tells from the others.

use std::collections::BTreeMap;

use isobath_sdk::builtins::associated_token::associated_token_address;
use isobath_sdk::builtins::token::layout::{
    MINT_LEN, MULTISIG_LEN, TOKEN_ACCOUNT_LEN, TokenAccountState, account_offset, mint_data, multisig_offset,
};
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::Random;

use crate::generate::rent_minimum;

/// A program that owns accounts and does not exist.
const OWNER: Pubkey = Pubkey([77; 32]);
const WALLETS: u8 = 4;

/// A mint as it is at the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MintAt {
    pub(crate) key: Pubkey,
    pub(crate) authority: Option<Pubkey>,
    pub(crate) freezer: Option<Pubkey>,
    pub(crate) decimals: u8,
}

/// A token account as it is at the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccountAt {
    pub(crate) key: Pubkey,
    pub(crate) mint: MintAt,
    pub(crate) owner: Pubkey,
    pub(crate) amount: u64,
    pub(crate) delegate: Option<(Pubkey, u64)>,
    pub(crate) is_frozen: bool,
    pub(crate) closer: Option<Pubkey>,
}

/// A multisig as it is at the start.
#[derive(Clone, Debug)]
pub(crate) struct MultisigAt {
    pub(crate) key: Pubkey,
    pub(crate) required: u8,
    pub(crate) signers: Vec<Pubkey>,
}

/// All of them.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    seed: u64,
    pub(crate) accounts: BTreeMap<Pubkey, Account>,
    /// System accounts that can pay and own.
    pub(crate) wallets: Vec<Pubkey>,
    pub(crate) mints: Vec<MintAt>,
    pub(crate) tokens: Vec<AccountAt>,
    pub(crate) multisigs: Vec<MultisigAt>,
    /// Accounts of the token program that are not initialized.
    pub(crate) new_mints: Vec<Pubkey>,
    pub(crate) new_tokens: Vec<Pubkey>,
    pub(crate) new_multisigs: Vec<Pubkey>,
    /// Keys without an account.
    pub(crate) absent: Vec<Pubkey>,
    /// Every key that is not one of the programs or sysvars.
    pub(crate) keys: Vec<Pubkey>,
}

impl Pool {
    /// The accounts of a sequence.
    pub(crate) fn new(seed: u64, random: &mut Random) -> Self {
        let mut pool = Self {
            seed,
            accounts: BTreeMap::new(),
            wallets: Vec::new(),
            mints: Vec::new(),
            tokens: Vec::new(),
            multisigs: Vec::new(),
            new_mints: Vec::new(),
            new_tokens: Vec::new(),
            new_multisigs: Vec::new(),
            absent: Vec::new(),
            keys: Vec::new(),
        };
        pool.add_wallets();
        pool.add_multisigs(random);
        pool.add_mints(random);
        pool.add_tokens(random);
        pool.add_native(random);
        pool.add_associated(random);
        pool.add_new(random);
        pool.add_odd(random);
        pool
    }

    fn key(&self, name: &str, index: usize) -> Pubkey {
        derived_key(self.seed, &format!("{name} {index}"))
    }

    fn add(&mut self, key: Pubkey, account: Account) {
        self.keys.push(key);
        self.accounts.insert(key, account);
    }

    fn add_wallets(&mut self) {
        for index in 0..WALLETS.into() {
            let key = self.key("wallet", index);
            self.wallets.push(key);
            self.add(key, Account::new(50_000_000_000, ids::SYSTEM_PROGRAM));
        }
        for index in 0..3 {
            let key = self.key("absent", index);
            self.absent.push(key);
            self.keys.push(key);
        }
    }

    fn add_multisigs(&mut self, random: &mut Random) {
        for index in 0..3 {
            let count = random.pick(&[1, 2, 3, 3, 11]);
            let mut signers = self.wallets.clone();
            signers.extend((0..7).map(|index| self.key("signer", index)));
            signers.truncate(count);
            if count > 1 && random.chance(1, 6) {
                signers[1] = signers[0];
            }
            let most = u8::try_from(count).expect("at most 11");
            let required = 1 + random.byte() % most.min(3);
            let multisig = MultisigAt {
                key: self.key("multisig", index),
                required,
                signers,
            };
            let program = random.pick(&[ids::TOKEN_PROGRAM, ids::TOKEN_PROGRAM, ids::TOKEN_2022_PROGRAM]);
            self.add(multisig.key, with_data(program, multisig.data(random), random));
            self.multisigs.push(multisig);
        }
    }

    /// A wallet, or now and then a multisig.
    pub(crate) fn holder(&self, random: &mut Random) -> Pubkey {
        match random.chance(1, 4) {
            true => self.multisigs[random.below(self.multisigs.len())].key,
            false => random.pick(&self.wallets),
        }
    }

    fn add_mints(&mut self, random: &mut Random) {
        for index in 0..4 {
            let mint = MintAt {
                key: self.key("mint", index),
                authority: random.chance(5, 6).then(|| self.holder(random)),
                freezer: random.chance(4, 5).then(|| self.holder(random)),
                decimals: random.pick(&[0, 2, 6, 9, 9, 18, 19, 20, 255]),
            };
            let supply = random.pick(&[1_000_000_000_000, 1_000_000_000_000, u64::MAX, u64::MAX - 500]);
            let data = mint_data(mint.decimals, [mint.authority, mint.freezer], supply);
            self.add(mint.key, with_data(ids::TOKEN_PROGRAM, data, random));
            self.mints.push(mint);
        }
    }

    fn add_tokens(&mut self, random: &mut Random) {
        for index in 0..9 {
            // Two of three are of the first mint, so that tokens can move.
            let mint = match index % 3 {
                0 => self.mints[random.below(self.mints.len())],
                _ => self.mints[0],
            };
            let mut account = AccountAt {
                key: self.key("token", index),
                mint,
                owner: self.holder(random),
                amount: random.pick(&[0, 0, 1, 500, 1_000_000, 1_000_000]),
                delegate: None,
                is_frozen: random.chance(1, 6),
                closer: random.chance(1, 5).then(|| self.holder(random)),
            };
            if random.chance(1, 3) {
                let amount = random.pick(&[0, 1, 400, 2_000_000]);
                account.delegate = Some((self.holder(random), amount));
            }
            if random.chance(1, 12) {
                account.owner = random.pick(&[ids::SYSTEM_PROGRAM, ids::INCINERATOR]);
            }
            let program = match random.chance(1, 24) {
                true => OWNER,
                false => ids::TOKEN_PROGRAM,
            };
            self.add(account.key, with_data(program, account.data(), random));
            self.tokens.push(account);
        }
    }

    const fn native_mint() -> MintAt {
        MintAt {
            key: ids::NATIVE_MINT,
            authority: None,
            freezer: None,
            decimals: 9,
        }
    }

    fn add_native(&mut self, random: &mut Random) {
        let mint = Self::native_mint();
        let data = mint_data(mint.decimals, [None, None], 0);
        self.add(mint.key, with_data(ids::TOKEN_PROGRAM, data, random));
        let reserve = rent_minimum(TOKEN_ACCOUNT_LEN as u64);
        for index in 0..3 {
            let amount = random.pick(&[0, 1, 70_000, 3_000_000_000]);
            let mut account = AccountAt {
                key: self.key("native", index),
                mint,
                owner: self.holder(random),
                amount,
                delegate: None,
                is_frozen: false,
                closer: random.chance(1, 4).then(|| self.holder(random)),
            };
            if random.chance(1, 3) {
                account.delegate = Some((self.holder(random), amount / 2));
            }
            let mut data = account.data();
            data[account_offset::NATIVE_TAG] = 1;
            data[account_offset::NATIVE_RESERVE..account_offset::NATIVE_RESERVE + 8]
                .copy_from_slice(&reserve.to_le_bytes());
            let extra = random.pick(&[0, 0, 1, 5_000_000]);
            // Lamports that are not there: no instruction leaves an account so.
            let backed = if random.chance(1, 12) { 0 } else { amount };
            let stored = Account {
                lamports: reserve + backed + extra,
                owner: ids::TOKEN_PROGRAM,
                data: data.into(),
                ..Account::default()
            };
            self.add(account.key, stored);
            self.tokens.push(account);
        }
        self.mints.push(mint);
    }

    /// The address of the associated account.
    pub(crate) fn associated(wallet: &Pubkey, mint: &Pubkey) -> Pubkey {
        let found = associated_token_address(wallet, mint, &ids::TOKEN_PROGRAM);
        found.expect("one in 2^255 has no address").0
    }

    fn add_associated(&mut self, random: &mut Random) {
        let (wallet, first, second) = (self.wallets[0], self.mints[0], self.mints[1]);
        let outer = Self::associated(&wallet, &first.key);
        let pairs = [
            (wallet, first),
            (outer, second),
            (wallet, second),
            (self.wallets[1], first),
            (outer, first),
        ];
        for (wallet, mint) in pairs {
            let key = Self::associated(&wallet, &mint.key);
            let kind = random.below(12);
            if kind == 0 {
                self.keys.push(key);
                self.absent.push(key);
                continue;
            }
            if kind == 1 {
                let lamports = random.pick(&[1_000_000, 2_039_280, 5_000_000]);
                self.add(key, Account::new(lamports, ids::SYSTEM_PROGRAM));
                continue;
            }
            let account = AccountAt {
                key,
                mint,
                owner: if kind == 2 { self.wallets[2] } else { wallet },
                amount: random.pick(&[0, 1, 1_000]),
                delegate: None,
                is_frozen: kind == 3,
                closer: None,
            };
            self.add(key, with_data(ids::TOKEN_PROGRAM, account.data(), random));
            self.tokens.push(account);
        }
    }

    fn add_new(&mut self, random: &mut Random) {
        for index in 0..2 {
            for (name, len) in [
                ("new mint", MINT_LEN),
                ("new token", TOKEN_ACCOUNT_LEN),
                ("new multisig", MULTISIG_LEN),
            ] {
                let key = self.key(name, index);
                let mut account = with_data(ids::TOKEN_PROGRAM, vec![0; len], random);
                if random.chance(1, 16) {
                    account.owner = OWNER;
                }
                self.add(key, account);
                match len {
                    MINT_LEN => self.new_mints.push(key),
                    TOKEN_ACCOUNT_LEN => self.new_tokens.push(key),
                    _ => self.new_multisigs.push(key),
                }
            }
        }
    }

    /// Accounts that are nearly something.
    fn add_odd(&mut self, random: &mut Random) {
        let mut state = self.tokens[0].data();
        state[account_offset::STATE] = 3;
        let mut words = self.tokens[1].data();
        words[random.pick(&[
            account_offset::DELEGATE_TAG,
            account_offset::NATIVE_TAG + 1,
            account_offset::CLOSE_AUTHORITY_TAG + 3,
        ])] = 2;
        let mut longer = self.tokens[2].data();
        longer.extend([random.pick(&[1, 2]), 0]);
        let mut mint = mint_data(3, [None, None], 5);
        mint[random.pick(&[0, 45, 46])] = 2;
        let foreign_mint = mint_data(6, [Some(self.wallets[0]), None], 5);
        for (index, data) in [state, words, longer, mint, vec![0; 10]].into_iter().enumerate() {
            let key = self.key("odd", index);
            self.add(key, with_data(ids::TOKEN_PROGRAM, data, random));
        }
        let key = self.key("foreign mint", 0);
        self.add(key, with_data(OWNER, foreign_mint, random));
    }

    /// Any key: mostly of an account of the sequence.
    pub(crate) fn any(&self, random: &mut Random) -> Pubkey {
        if random.chance(1, 10) {
            return random.pick(&[
                ids::SYSTEM_PROGRAM,
                ids::TOKEN_PROGRAM,
                ids::SYSVAR_RENT,
                ids::SYSVAR_CLOCK,
            ]);
        }
        random.pick(&self.keys)
    }

    /// The multisig at `key`, if it is one.
    pub(crate) fn multisig(&self, key: &Pubkey) -> Option<&MultisigAt> {
        self.multisigs.iter().find(|multisig| multisig.key == *key)
    }

    /// The keys whose accounts are compared.
    pub(crate) fn watched(&self) -> Vec<Pubkey> {
        let mut keys = self.keys.clone();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

impl MultisigAt {
    fn data(&self, random: &mut Random) -> Vec<u8> {
        let mut data = vec![0; MULTISIG_LEN];
        let count = u8::try_from(self.signers.len()).expect("at most 11");
        let is_initialized = random.pick(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2]);
        data[..multisig_offset::KEYS].copy_from_slice(&[self.required, count, is_initialized]);
        for (target, key) in data[multisig_offset::KEYS..].chunks_mut(32).zip(&self.signers) {
            target.copy_from_slice(&key.0);
        }
        data
    }
}

impl AccountAt {
    fn data(&self) -> Vec<u8> {
        use account_offset as at;
        let state = match self.is_frozen {
            true => TokenAccountState::Frozen,
            false => TokenAccountState::Initialized,
        };
        let mut data = vec![0; TOKEN_ACCOUNT_LEN];
        let mut put = |offset: usize, bytes: &[u8]| data[offset..offset + bytes.len()].copy_from_slice(bytes);
        put(at::MINT, &self.mint.key.0);
        put(at::OWNER, &self.owner.0);
        put(at::AMOUNT, &self.amount.to_le_bytes());
        put(at::STATE, &[state.code()]);
        if let Some((delegate, amount)) = self.delegate {
            put(at::DELEGATE_TAG, &[1]);
            put(at::DELEGATE, &delegate.0);
            put(at::DELEGATED_AMOUNT, &amount.to_le_bytes());
        }
        if let Some(closer) = self.closer {
            put(at::CLOSE_AUTHORITY_TAG, &[1]);
            put(at::CLOSE_AUTHORITY, &closer.0);
        }
        data
    }
}

/// An account at its rent minimum or a little above.
fn with_data(owner: Pubkey, data: Vec<u8>, random: &mut Random) -> Account {
    let extra = random.pick(&[0, 0, 0, 1, 5_000, 3_000_000]);
    Account {
        lamports: rent_minimum(data.len() as u64) + extra,
        owner,
        data: data.into(),
        ..Account::default()
    }
}

/// A key that belongs to one sequence.
fn derived_key(seed: u64, name: &str) -> Pubkey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"isobath conformance of deployed programs");
    hasher.update(&seed.to_le_bytes());
    hasher.update(name.as_bytes());
    Pubkey(*hasher.finalize().as_bytes())
}
