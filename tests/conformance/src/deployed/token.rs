//! Instructions of the token program, each close to one that works.

use isobath_sdk::builtins::system;
use isobath_sdk::builtins::token::layout::{MINT_LEN, MULTISIG_LEN, TOKEN_ACCOUNT_LEN};
use isobath_sdk::builtins::token::{AuthorityType, CheckedAmount, NewMint, TokenInstruction as I};
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::Random;

use super::pool::{AccountAt, MintAt, Pool};
use crate::generate::rent_minimum;

/// Texts of amounts, good and bad.
const TEXTS: [&str; 14] = [
    "1",
    "0.5",
    "12.3400",
    ".1",
    "1.",
    "+7",
    "0",
    "00012",
    "18446744073709551615",
    "18446744073709551616",
    "",
    ".",
    "1.2.3",
    "-1",
];

/// A random instruction.
pub(crate) fn instruction(pool: &Pool, random: &mut Random) -> Instruction {
    match random.below(32) {
        0..=6 => initialize(pool, random),
        7..=11 => transfer(pool, random),
        12..=14 => delegate(pool, random),
        15..=17 => set_authority(pool, random),
        18..=21 => supply(pool, random),
        22..=23 => close(pool, random),
        24..=25 => freeze(pool, random),
        26..=28 => lamports(pool, random),
        29 => build(
            &I::SyncNative,
            with_rent_now_and_then(vec![native(pool, random).key], random),
        ),
        _ => read(pool, random),
    }
}

/// Creates an account and initializes it.
pub(crate) fn create(pool: &Pool, random: &mut Random) -> Vec<Instruction> {
    let funder = random.pick(&pool.wallets);
    let new = random.pick(&pool.absent);
    let (len, mut initialize) = match random.below(3) {
        0 => (MINT_LEN, new_mint(pool, random)),
        1 => (TOKEN_ACCOUNT_LEN, new_account(pool, random)),
        _ => (MULTISIG_LEN, new_multisig(pool, random)),
    };
    initialize.accounts[0].pubkey = new;
    let short = u64::from(random.chance(1, 8));
    let lamports = rent_minimum(len as u64) - short;
    let create = system::create_account(&funder, &new, lamports, len as u64, &ids::TOKEN_PROGRAM);
    vec![create, initialize]
}

/// A tag, known or not, and bytes that need not fit it.
pub(crate) fn raw(pool: &Pool, random: &mut Random) -> Instruction {
    let mut data = vec![u8::try_from(random.below(50)).expect("below 50")];
    let len = random.pick(&[0, 1, 7, 8, 9, 33, 34, 66]);
    data.extend(random.bytes(len));
    let accounts = (0..random.below(4)).map(|_| AccountMeta::writable(pool.any(random)));
    let accounts = accounts.collect();
    let cut = random.pick(&[0, 1, data.len(), data.len()]);
    data.truncate(cut);
    Instruction::new(ids::TOKEN_PROGRAM, accounts, data)
}

fn build(instruction: &I<'_>, accounts: Vec<AccountMeta>) -> Instruction {
    Instruction::new(ids::TOKEN_PROGRAM, accounts, instruction.encode())
}

/// The key as an authority: it signs, or the signers of the multisig do.
fn authority(pool: &Pool, key: Pubkey, random: &mut Random) -> Vec<AccountMeta> {
    let Some(multisig) = pool.multisig(&key) else {
        return vec![AccountMeta::signer(key)];
    };
    let mut accounts = vec![AccountMeta::readonly(key)];
    let enough = usize::from(multisig.required);
    let count = match random.below(8) {
        0 => enough - 1,
        1 => multisig.signers.len().min(4),
        _ => enough,
    };
    let from = random.below(multisig.signers.len());
    let signers = multisig.signers.iter().cycle().skip(from);
    accounts.extend(signers.take(count).copied().map(AccountMeta::signer));
    accounts
}

/// The right key, or one time in twelve any other.
fn mostly(pool: &Pool, key: Pubkey, random: &mut Random) -> Pubkey {
    match random.chance(1, 12) {
        true => pool.any(random),
        false => key,
    }
}

fn any_token(pool: &Pool, random: &mut Random) -> AccountAt {
    random.pick(&pool.tokens)
}

/// A token account that instructions can use: not frozen, and with tokens if there is one.
fn usable(pool: &Pool, random: &mut Random) -> AccountAt {
    let tokens = pool
        .tokens
        .iter()
        .filter(|account| !account.is_frozen && account.amount > 0);
    let tokens: Vec<AccountAt> = tokens.copied().collect();
    match tokens.is_empty() || random.chance(1, 8) {
        true => any_token(pool, random),
        false => random.pick(&tokens),
    }
}

fn native(pool: &Pool, random: &mut Random) -> AccountAt {
    let of_native = pool
        .tokens
        .iter()
        .filter(|account| account.mint.key == ids::NATIVE_MINT);
    let of_native: Vec<AccountAt> = of_native.copied().collect();
    match random.chance(1, 10) {
        true => any_token(pool, random),
        false => random.pick(&of_native),
    }
}

/// Another account of the same mint, mostly.
fn counterpart(pool: &Pool, account: &AccountAt, random: &mut Random) -> Pubkey {
    let same = pool
        .tokens
        .iter()
        .filter(|other| other.mint.key == account.mint.key && !other.is_frozen);
    let same: Vec<Pubkey> = same.map(|other| other.key).collect();
    match same.is_empty() || random.chance(1, 10) {
        true => any_token(pool, random).key,
        false => random.pick(&same),
    }
}

const fn amount(most: u64, random: &mut Random) -> u64 {
    match random.below(12) {
        0 => most.saturating_add(1),
        1 => u64::MAX,
        2..=3 => 0,
        4..=5 => most,
        _ => most / 2,
    }
}

const fn checked(amount: u64, mint: &MintAt, random: &mut Random) -> CheckedAmount {
    let decimals = match random.chance(1, 10) {
        true => random.byte(),
        false => mint.decimals,
    };
    CheckedAmount { amount, decimals }
}

/// Owner, or delegate if there is one, and what it may move.
fn mover(account: &AccountAt, random: &mut Random) -> (Pubkey, u64) {
    match account.delegate {
        Some((delegate, amount)) if random.chance(1, 2) => (delegate, amount.min(account.amount)),
        _ => (account.owner, account.amount),
    }
}

fn with_rent_now_and_then(keys: Vec<Pubkey>, random: &mut Random) -> Vec<AccountMeta> {
    let mut accounts: Vec<AccountMeta> = keys.into_iter().map(AccountMeta::writable).collect();
    match random.below(8) {
        0..=1 => accounts.push(AccountMeta::readonly(ids::SYSVAR_RENT)),
        2 => accounts.push(AccountMeta::readonly(ids::SYSVAR_CLOCK)),
        _ => {}
    }
    accounts
}

fn initialize(pool: &Pool, random: &mut Random) -> Instruction {
    match random.below(7) {
        0..=1 => new_mint(pool, random),
        2..=3 => new_account(pool, random),
        4..=5 => new_multisig(pool, random),
        _ => {
            let account = random.pick(&pool.new_tokens);
            let account = mostly(pool, account, random);
            build(&I::InitializeImmutableOwner, vec![AccountMeta::writable(account)])
        }
    }
}

/// Rent, or one time in ten something else.
fn rent(pool: &Pool, random: &mut Random) -> AccountMeta {
    AccountMeta::readonly(mostly(pool, ids::SYSVAR_RENT, random))
}

fn new_mint(pool: &Pool, random: &mut Random) -> Instruction {
    let mint = random.pick(&pool.new_mints);
    let mut accounts = vec![AccountMeta::writable(mostly(pool, mint, random))];
    let new = NewMint {
        decimals: random.pick(&[0, 9, 255]),
        mint_authority: pool.holder(random),
        freeze_authority: random.chance(1, 2).then(|| pool.holder(random)),
    };
    match random.chance(1, 2) {
        true => {
            accounts.push(rent(pool, random));
            build(&I::InitializeMint(new), accounts)
        }
        false => build(&I::InitializeMint2(new), accounts),
    }
}

fn new_account(pool: &Pool, random: &mut Random) -> Instruction {
    let account = random.pick(&pool.new_tokens);
    let account = mostly(pool, account, random);
    let mint = pool.mints[random.below(pool.mints.len())].key;
    let owner = pool.holder(random);
    let mut accounts = vec![
        AccountMeta::writable(account),
        AccountMeta::readonly(mostly(pool, mint, random)),
    ];
    match random.below(3) {
        0 => {
            accounts.extend([AccountMeta::readonly(owner), rent(pool, random)]);
            build(&I::InitializeAccount, accounts)
        }
        1 => {
            accounts.push(rent(pool, random));
            build(&I::InitializeAccount2 { owner }, accounts)
        }
        _ => build(&I::InitializeAccount3 { owner }, accounts),
    }
}

fn new_multisig(pool: &Pool, random: &mut Random) -> Instruction {
    let multisig = random.pick(&pool.new_multisigs);
    let mut accounts = vec![AccountMeta::writable(mostly(pool, multisig, random))];
    let count = random.pick(&[0, 1, 2, 2, 3, 3, 4, 11, 12]);
    let required = random.pick(&[0, 1, 1, 2, 2, 11, 12]);
    let signers = (0..count).map(|_| AccountMeta::readonly(random.pick(&pool.wallets)));
    let signers: Vec<AccountMeta> = signers.collect();
    let instruction = match random.chance(1, 2) {
        true => {
            accounts.push(rent(pool, random));
            I::InitializeMultisig { required }
        }
        false => I::InitializeMultisig2 { required },
    };
    accounts.extend(signers);
    build(&instruction, accounts)
}

fn transfer(pool: &Pool, random: &mut Random) -> Instruction {
    let source = usable(pool, random);
    let destination = match random.chance(1, 16) {
        true => source.key,
        false => counterpart(pool, &source, random),
    };
    let (mover, most) = mover(&source, random);
    let amount = amount(most, random);
    let mut accounts = vec![
        AccountMeta::writable(source.key),
        AccountMeta::writable(destination),
    ];
    let instruction = match random.chance(1, 2) {
        true => I::Transfer { amount },
        false => {
            let mint = mostly(pool, source.mint.key, random);
            accounts.insert(1, AccountMeta::readonly(mint));
            I::TransferChecked(checked(amount, &source.mint, random))
        }
    };
    let mover = mostly(pool, mover, random);
    accounts.extend(authority(pool, mover, random));
    build(&instruction, accounts)
}

fn delegate(pool: &Pool, random: &mut Random) -> Instruction {
    let source = usable(pool, random);
    let mut accounts = vec![AccountMeta::writable(source.key)];
    let amount = amount(source.amount, random);
    let (instruction, signer) = match random.below(3) {
        0 => {
            accounts.push(AccountMeta::readonly(pool.any(random)));
            (I::Approve { amount }, source.owner)
        }
        1 => {
            accounts.push(AccountMeta::readonly(mostly(pool, source.mint.key, random)));
            accounts.push(AccountMeta::readonly(pool.holder(random)));
            (
                I::ApproveChecked(checked(amount, &source.mint, random)),
                source.owner,
            )
        }
        _ => (I::Revoke, mover(&source, random).0),
    };
    let signer = mostly(pool, signer, random);
    accounts.extend(authority(pool, signer, random));
    build(&instruction, accounts)
}

fn set_authority(pool: &Pool, random: &mut Random) -> Instruction {
    let new = random.chance(3, 4).then(|| pool.holder(random));
    let source = usable(pool, random);
    let mint = pool.mints[random.below(pool.mints.len())];
    let (target, kind, current) = match random.below(5) {
        0 => (source.key, AuthorityType::AccountOwner, Some(source.owner)),
        1 => (
            source.key,
            AuthorityType::CloseAccount,
            source.closer.or(Some(source.owner)),
        ),
        2 => (mint.key, AuthorityType::MintTokens, mint.authority),
        3 => (mint.key, AuthorityType::FreezeAccount, mint.freezer),
        _ => (
            mostly(pool, source.key, random),
            random.pick(&[AuthorityType::MintTokens, AuthorityType::CloseAccount]),
            mint.authority,
        ),
    };
    let current = current.unwrap_or_else(|| random.pick(&pool.wallets));
    let mut accounts = vec![AccountMeta::writable(target)];
    let current = mostly(pool, current, random);
    accounts.extend(authority(pool, current, random));
    build(&I::SetAuthority { authority: kind, new }, accounts)
}

fn supply(pool: &Pool, random: &mut Random) -> Instruction {
    let account = usable(pool, random);
    let mint = mostly(pool, account.mint.key, random);
    let (account_meta, mint_meta) = (AccountMeta::writable(account.key), AccountMeta::writable(mint));
    let minter = account
        .mint
        .authority
        .unwrap_or_else(|| random.pick(&pool.wallets));
    let (burner, most) = mover(&account, random);
    let minted = random.pick(&[0, 1, 1_000, 1_000_000, u64::MAX]);
    let burned = amount(most, random);
    let (instruction, mut accounts, signer) = match random.below(4) {
        0 => (
            I::MintTo { amount: minted },
            vec![mint_meta, account_meta],
            minter,
        ),
        1 => {
            let checked = checked(minted, &account.mint, random);
            (I::MintToChecked(checked), vec![mint_meta, account_meta], minter)
        }
        2 => (I::Burn { amount: burned }, vec![account_meta, mint_meta], burner),
        _ => {
            let checked = checked(burned, &account.mint, random);
            (I::BurnChecked(checked), vec![account_meta, mint_meta], burner)
        }
    };
    let signer = mostly(pool, signer, random);
    accounts.extend(authority(pool, signer, random));
    build(&instruction, accounts)
}

fn close(pool: &Pool, random: &mut Random) -> Instruction {
    let empty = pool.tokens.iter().filter(|account| account.amount == 0);
    let empty: Vec<AccountAt> = empty.copied().collect();
    let source = match empty.is_empty() || random.chance(1, 3) {
        true => native(pool, random),
        false => random.pick(&empty),
    };
    let destination = match random.below(8) {
        0 => pool.any(random),
        1 => ids::INCINERATOR,
        _ => random.pick(&pool.wallets),
    };
    let signer = mostly(pool, source.closer.unwrap_or(source.owner), random);
    let mut accounts = vec![
        AccountMeta::writable(source.key),
        AccountMeta::writable(destination),
    ];
    accounts.extend(authority(pool, signer, random));
    build(&I::CloseAccount, accounts)
}

fn freeze(pool: &Pool, random: &mut Random) -> Instruction {
    let account = any_token(pool, random);
    let thaws = account.is_frozen != random.chance(1, 8);
    let instruction = if thaws { I::ThawAccount } else { I::FreezeAccount };
    let mint = mostly(pool, account.mint.key, random);
    let freezer = account.mint.freezer.unwrap_or_else(|| random.pick(&pool.wallets));
    let mut accounts = vec![AccountMeta::writable(account.key), AccountMeta::readonly(mint)];
    let freezer = mostly(pool, freezer, random);
    accounts.extend(authority(pool, freezer, random));
    build(&instruction, accounts)
}

fn lamports(pool: &Pool, random: &mut Random) -> Instruction {
    let destination = match random.chance(1, 10) {
        true => pool.any(random),
        false => random.pick(&pool.wallets),
    };
    let (instruction, source, signer) = match random.below(5) {
        0..=1 => {
            let source = native(pool, random);
            let (signer, most) = mover(&source, random);
            let amount = random.chance(2, 3).then(|| amount(most, random));
            (I::UnwrapLamports { amount }, source.key, signer)
        }
        2 => {
            let mint = pool.mints[random.below(pool.mints.len())];
            let signer = mint.authority.unwrap_or(mint.key);
            (I::WithdrawExcessLamports, mint.key, signer)
        }
        3 => {
            let multisig = pool.multisigs[random.below(pool.multisigs.len())].key;
            (I::WithdrawExcessLamports, multisig, multisig)
        }
        _ => {
            let source = any_token(pool, random);
            (I::WithdrawExcessLamports, source.key, source.owner)
        }
    };
    let source = mostly(pool, source, random);
    let destination = if random.chance(1, 16) { source } else { destination };
    let mut accounts = vec![AccountMeta::writable(source), AccountMeta::writable(destination)];
    let signer = mostly(pool, signer, random);
    accounts.extend(authority(pool, signer, random));
    build(&instruction, accounts)
}

fn read(pool: &Pool, random: &mut Random) -> Instruction {
    let mint = pool.mints[random.below(pool.mints.len())].key;
    let accounts = vec![AccountMeta::readonly(mostly(pool, mint, random))];
    let instruction = match random.below(3) {
        0 => I::GetAccountDataSize,
        1 => I::AmountToUiAmount {
            amount: random.pick(&[0, 1, 10, 1_500_000_000, u64::MAX, 123_456_789_012_345_678]),
        },
        _ => I::UiAmountToAmount {
            text: random.pick(&TEXTS),
        },
    };
    build(&instruction, accounts)
}
