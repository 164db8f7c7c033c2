// jsonParsed: the instructions of every program that is parsed, those that are not, and accounts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  AddressLookupTableProgram,
  ComputeBudgetProgram,
  Keypair,
  NONCE_ACCOUNT_LENGTH,
  PublicKey,
  SYSVAR_CLOCK_PUBKEY,
  SYSVAR_RECENT_BLOCKHASHES_PUBKEY,
  SYSVAR_RENT_PUBKEY,
  SystemProgram,
} from '@solana/web3.js';
import bs58 from 'bs58';

import { Kit } from './support/kit.js';
import { startNode } from './support/node.js';
import { funded, sent, signedV0 } from './support/transactions.js';

const SYSTEM = SystemProgram.programId.toBase58();
const options = { timeout: 60_000 };
const v0 = { maxSupportedTransactionVersion: 0 };
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

// Keys as text, so that what web3.js made of an answer compares with what was sent.
const plain = (value) => JSON.parse(JSON.stringify(value));

// Sends `instructions` and answers what web3.js and kit read of them in the parsed form, which must be the same.
async function parsedInstructions(connection, instructions, signers) {
  const signature = await sent(connection, instructions, signers);
  const { transaction } = await connection.getParsedTransaction(signature, v0);
  const kit = new Kit(node);
  const seen = await kit.rpc.getTransaction(signature, { encoding: 'jsonParsed', ...v0 }).send();
  const bare = ({ program, parsed, accounts, data, programId }) =>
    plain({ program, parsed, accounts, data, programId });
  const found = transaction.message.instructions.map(bare);
  const programs = seen.transaction.message.instructions.map(({ programId }) => programId);
  assert.deepEqual(
    programs,
    found.map(({ programId }) => programId),
  );
  return found;
}

test('the instructions of the system program', options, async () => {
  const connection = node.connection();
  const payer = await funded(connection);
  const [account, seedBase, program] = [Keypair.generate(), payer.publicKey, Keypair.generate().publicKey];
  const seeded = await PublicKey.createWithSeed(seedBase, 'seed', program);
  const lamports = await connection.getMinimumBalanceForRentExemption(8);
  const from = payer.publicKey.toBase58();
  const found = await parsedInstructions(
    connection,
    [
      SystemProgram.createAccount({
        fromPubkey: payer.publicKey,
        newAccountPubkey: account.publicKey,
        lamports,
        space: 8,
        programId: program,
      }),
      SystemProgram.createAccountWithSeed({
        fromPubkey: payer.publicKey,
        newAccountPubkey: seeded,
        basePubkey: seedBase,
        seed: 'seed',
        lamports,
        space: 8,
        programId: program,
      }),
      SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: account.publicKey, lamports: 7 }),
    ],
    [payer, account],
  );
  const system = (type, info) => ({ program: 'system', programId: SYSTEM, parsed: { type, info } });
  const newAccount = account.publicKey.toBase58();
  const owner = program.toBase58();
  assert.deepEqual(found, [
    system('createAccount', { source: from, newAccount, lamports, space: 8, owner }),
    system('createAccountWithSeed', {
      source: from,
      newAccount: seeded.toBase58(),
      base: from,
      seed: 'seed',
      lamports,
      space: 8,
      owner,
    }),
    system('transfer', { source: from, destination: newAccount, lamports: 7 }),
  ]);

  const fresh = Keypair.generate();
  const allocated = await parsedInstructions(
    connection,
    [
      SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: fresh.publicKey, lamports }),
      SystemProgram.allocate({ accountPubkey: fresh.publicKey, space: 8 }),
      SystemProgram.assign({ accountPubkey: fresh.publicKey, programId: program }),
    ],
    [payer, fresh],
  );
  const freshAddress = fresh.publicKey.toBase58();
  assert.deepEqual(allocated.slice(1), [
    system('allocate', { account: freshAddress, space: 8 }),
    system('assign', { account: freshAddress, owner }),
  ]);
});

test('the instructions of nonces', options, async () => {
  const connection = node.connection();
  const [authority, account] = [await funded(connection), Keypair.generate()];
  const [noncePubkey, authorizedPubkey] = [account.publicKey, authority.publicKey];
  const lamports = await connection.getMinimumBalanceForRentExemption(NONCE_ACCOUNT_LENGTH);
  const create = SystemProgram.createNonceAccount({
    fromPubkey: authorizedPubkey,
    noncePubkey,
    authorizedPubkey,
    lamports,
  });
  const [, initialized] = await parsedInstructions(connection, create.instructions, [authority, account]);
  const nonceAccount = noncePubkey.toBase58();
  const nonceAuthority = authorizedPubkey.toBase58();
  const recentBlockhashesSysvar = SYSVAR_RECENT_BLOCKHASHES_PUBKEY.toBase58();
  const rentSysvar = SYSVAR_RENT_PUBKEY.toBase58();
  assert.deepEqual(initialized.parsed, {
    type: 'initializeNonce',
    info: { nonceAccount, recentBlockhashesSysvar, rentSysvar, nonceAuthority },
  });
  await node.waitSlots(1);
  const found = await parsedInstructions(
    connection,
    [
      SystemProgram.nonceAdvance({ noncePubkey, authorizedPubkey }),
      SystemProgram.nonceAuthorize({ noncePubkey, authorizedPubkey, newAuthorizedPubkey: authorizedPubkey }),
    ],
    [authority],
  );
  assert.deepEqual(
    found.map(({ parsed }) => parsed),
    [
      { type: 'advanceNonce', info: { nonceAccount, recentBlockhashesSysvar, nonceAuthority } },
      { type: 'authorizeNonce', info: { nonceAccount, nonceAuthority, newAuthorized: nonceAuthority } },
    ],
  );
  await node.waitSlots(1);
  const withdraw = SystemProgram.nonceWithdraw({ noncePubkey, authorizedPubkey, toPubkey: authorizedPubkey, lamports });
  const [withdrawn] = await parsedInstructions(connection, [withdraw], [authority]);
  assert.deepEqual(withdrawn.parsed, {
    type: 'withdrawFromNonce',
    info: {
      nonceAccount,
      destination: nonceAuthority,
      recentBlockhashesSysvar,
      rentSysvar,
      nonceAuthority,
      lamports,
    },
  });
});

test('the instructions of lookup tables', options, async () => {
  const connection = node.connection();
  const owner = await funded(connection);
  const recentSlot = await connection.getSlot();
  const roles = { authority: owner.publicKey, payer: owner.publicKey };
  const [create, table] = AddressLookupTableProgram.createLookupTable({ ...roles, recentSlot });
  const address = Keypair.generate().publicKey;
  const found = await parsedInstructions(
    connection,
    [
      create,
      AddressLookupTableProgram.extendLookupTable({ ...roles, lookupTable: table, addresses: [address] }),
      AddressLookupTableProgram.deactivateLookupTable({ lookupTable: table, authority: owner.publicKey }),
    ],
    [owner],
  );
  const lookupTableAccount = table.toBase58();
  const lookupTableAuthority = owner.publicKey.toBase58();
  const slotBytes = Buffer.alloc(8);
  slotBytes.writeBigUInt64LE(BigInt(recentSlot));
  const [, bumpSeed] = PublicKey.findProgramAddressSync(
    [owner.publicKey.toBytes(), slotBytes],
    AddressLookupTableProgram.programId,
  );
  const payerAccount = lookupTableAuthority;
  assert.deepEqual(
    found.map(({ program, parsed }) => ({ program, ...parsed })),
    [
      {
        program: 'address-lookup-table',
        type: 'createLookupTable',
        info: { lookupTableAccount, lookupTableAuthority, payerAccount, systemProgram: SYSTEM, recentSlot, bumpSeed },
      },
      {
        program: 'address-lookup-table',
        type: 'extendLookupTable',
        info: {
          lookupTableAccount,
          lookupTableAuthority,
          payerAccount,
          systemProgram: SYSTEM,
          newAddresses: [address.toBase58()],
        },
      },
      {
        program: 'address-lookup-table',
        type: 'deactivateLookupTable',
        info: { lookupTableAccount, lookupTableAuthority },
      },
    ],
  );
});

test('instructions that are not parsed keep their bytes', options, async () => {
  const connection = node.connection();
  const payer = await funded(connection);
  const limit = ComputeBudgetProgram.setComputeUnitLimit({ units: 5_000 });
  // Half a transfer is none.
  const odd = SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: payer.publicKey, lamports: 1 });
  const signature = await connection.sendRawTransaction(
    (await signedV0(connection, [limit, { ...odd, data: odd.data.subarray(0, 6) }], [payer])).serialize(),
    { skipPreflight: true },
  );
  await node.waitSlots(3);
  const { transaction, meta } = await connection.getParsedTransaction(signature, v0);
  assert.deepEqual(meta.err, { InstructionError: [1, 'InvalidInstructionData'] });
  const [budget, broken] = plain(transaction.message.instructions);
  assert.deepEqual(budget.accounts, []);
  assert.equal(budget.data, bs58.encode(limit.data));
  assert.equal(budget.programId, ComputeBudgetProgram.programId.toBase58());
  assert.equal(broken.parsed, undefined);
  assert.equal(broken.data, bs58.encode(odd.data.subarray(0, 6)));
});

test('sysvars, and accounts that nobody parses', options, async () => {
  const connection = node.connection();
  const kit = new Kit(node);
  const { value: clock } = await connection.getParsedAccountInfo(SYSVAR_CLOCK_PUBKEY);
  assert.equal(clock.data.program, 'sysvar');
  assert.equal(clock.data.space, 40);
  assert.equal(clock.data.parsed.type, 'clock');
  const { info } = clock.data.parsed;
  assert.deepEqual(Object.keys(info).sort(), [
    'epoch',
    'epochStartTimestamp',
    'leaderScheduleEpoch',
    'slot',
    'unixTimestamp',
  ]);
  const { value: rent } = await kit.rpc
    .getAccountInfo(SYSVAR_RENT_PUBKEY.toBase58(), { encoding: 'jsonParsed' })
    .send();
  assert.deepEqual(rent.data.parsed, { type: 'rent', info: { lamportsPerByte: '6960' } });
  const wallet = (await funded(connection)).publicKey;
  const { value: account } = await connection.getParsedAccountInfo(wallet);
  assert.deepEqual(account.data, Buffer.alloc(0), 'base64 where there is nothing to parse');
});
