// Replies, read through the validators inside web3.js: a member that is missing or of another type makes these fail.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  Keypair,
  LAMPORTS_PER_SOL,
  NONCE_ACCOUNT_LENGTH,
  PublicKey,
  SYSVAR_CLOCK_PUBKEY,
  SYSVAR_RENT_PUBKEY,
  SystemProgram,
} from '@solana/web3.js';
import bs58 from 'bs58';

import { startNode } from './support/node.js';
import { FEE, airdrop, funded, signed, signedTransfer } from './support/transactions.js';

const SYSTEM = SystemProgram.programId.toBase58();
const SYSVAR_OWNER = 'Sysvar1111111111111111111111111111111111111';
const NATIVE_LOADER = 'NativeLoader1111111111111111111111111111111';
const options = { timeout: 60_000 };
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

async function sendAndWait(connection, transaction) {
  const latest = await connection.getLatestBlockhash();
  const signature = await connection.sendRawTransaction(transaction.serialize());
  const confirmation = await connection.confirmTransaction({ signature, ...latest });
  assert.equal(confirmation.value.err, null);
  return signature;
}

test('getAccountInfo: a wallet, nothing, a program and a sysvar', options, async () => {
  const connection = node.connection();
  const wallet = await funded(connection);
  const account = await connection.getAccountInfo(wallet.publicKey);
  assert.equal(account.lamports, LAMPORTS_PER_SOL);
  assert.equal(account.owner.toBase58(), SYSTEM);
  assert.equal(account.executable, false);
  assert.equal(account.data.length, 0);
  assert.equal(await connection.getAccountInfo(Keypair.generate().publicKey), null);

  const program = await connection.getAccountInfo(SystemProgram.programId);
  assert.equal(program.lamports, 1);
  assert.equal(program.executable, true);
  assert.equal(program.owner.toBase58(), NATIVE_LOADER);

  const clock = await connection.getAccountInfo(SYSVAR_CLOCK_PUBKEY);
  assert.equal(clock.data.length, 40);
  assert.equal(clock.owner.toBase58(), SYSVAR_OWNER);
  const rent = await connection.getAccountInfo(SYSVAR_RENT_PUBKEY);
  assert.equal(rent.data.length, 17);
});

test('getAccountInfo: rentEpoch is printed as an integer', options, async () => {
  const connection = node.connection();
  const wallet = await funded(connection);
  const response = await fetch(node.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 'text',
      method: 'getAccountInfo',
      params: [wallet.publicKey.toBase58(), { encoding: 'base64' }],
    }),
  });
  const text = await response.text();
  assert.match(text, /"rentEpoch":18446744073709551615[,}]/);
  assert.match(text, /"space":0[,}]/);
  assert.equal(JSON.parse(text).id, 'text');
});

test('getAccountInfo: a slice of the data, and base58', options, async () => {
  const connection = node.connection();
  const clock = await connection.getAccountInfo(SYSVAR_CLOCK_PUBKEY, { dataSlice: { offset: 0, length: 8 } });
  assert.equal(clock.data.length, 8);
  const key = SystemProgram.programId.toBase58();
  const { result } = await node.request('getAccountInfo', [key, { encoding: 'base58' }]);
  assert.equal(result.value.data[1], 'base58');
});

test('getMultipleAccounts keeps the order and says null for what is not there', options, async () => {
  const connection = node.connection();
  const [a, b] = [await funded(connection, 2 * LAMPORTS_PER_SOL), await funded(connection)];
  const absent = Keypair.generate().publicKey;
  const { context, value } = await connection.getMultipleAccountsInfoAndContext([b.publicKey, absent, a.publicKey]);
  assert.ok(context.slot > 0);
  assert.deepEqual(
    value.map((account) => account?.lamports ?? null),
    [LAMPORTS_PER_SOL, null, 2 * LAMPORTS_PER_SOL],
  );
});

test('getTransaction: legacy, with meta, logs, balances and block time', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const transaction = await signedTransfer(connection, { from, to, lamports: 1_000_000 });
  const signature = await sendAndWait(connection, transaction);
  const seen = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
  assert.equal(seen.version, 'legacy');
  assert.ok(Number.isInteger(seen.blockTime));
  assert.deepEqual(seen.transaction.signatures, [signature]);
  const keys = seen.transaction.message.getAccountKeys().staticAccountKeys.map((key) => key.toBase58());
  assert.deepEqual(keys, [from.publicKey.toBase58(), to.toBase58(), SYSTEM]);
  assert.equal(seen.meta.err, null);
  assert.equal(seen.meta.fee, FEE);
  assert.equal(seen.meta.computeUnitsConsumed, 150);
  assert.deepEqual(seen.meta.preBalances, [LAMPORTS_PER_SOL, 0, 1]);
  assert.deepEqual(seen.meta.postBalances, [LAMPORTS_PER_SOL - 1_000_000 - FEE, 1_000_000, 1]);
  assert.deepEqual(seen.meta.logMessages, [`Program ${SYSTEM} invoke [1]`, `Program ${SYSTEM} success`]);
  assert.deepEqual(seen.meta.innerInstructions, []);
  const never = await connection.getTransaction(unknownSignature(), { maxSupportedTransactionVersion: 0 });
  assert.equal(never, null);
});

// A well-formed signature text that names no transaction.
function unknownSignature() {
  return bs58.encode(Buffer.concat([Keypair.generate().publicKey.toBytes(), Buffer.alloc(32, 7)]));
}

test('getSignatureStatuses: finalized, with null for the unknown', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const transaction = await signedTransfer(connection, { from, to: from.publicKey, lamports: 0 });
  const signature = await sendAndWait(connection, transaction);
  const { value } = await connection.getSignatureStatuses([signature, unknownSignature()]);
  const { slot, ...rest } = value[0];
  assert.ok(slot > 0);
  assert.deepEqual(rest, { confirmations: null, confirmationStatus: 'finalized', err: null, status: { Ok: null } });
  assert.equal(value[1], null);
});

test('all three commitments answer from one view', options, async () => {
  const to = Keypair.generate().publicKey;
  await airdrop(node.connection(), to, LAMPORTS_PER_SOL);
  for (const commitment of ['processed', 'confirmed', 'finalized']) {
    const connection = node.connection(commitment);
    assert.equal(await connection.getBalance(to), LAMPORTS_PER_SOL, commitment);
  }
});

test('a created account is read back with its owner and its data', options, async () => {
  const connection = node.connection();
  const [from, created] = [await funded(connection), Keypair.generate()];
  const lamports = await connection.getMinimumBalanceForRentExemption(NONCE_ACCOUNT_LENGTH);
  assert.equal(lamports, 1_447_680);
  const owner = Keypair.generate().publicKey;
  const transaction = await signed(
    connection,
    [
      SystemProgram.createAccount({
        fromPubkey: from.publicKey,
        newAccountPubkey: created.publicKey,
        lamports,
        space: NONCE_ACCOUNT_LENGTH,
        programId: owner,
      }),
    ],
    [from, created],
  );
  await sendAndWait(connection, transaction);
  const account = await connection.getAccountInfo(created.publicKey);
  assert.ok(account.owner.equals(owner));
  assert.equal(account.data.length, NONCE_ACCOUNT_LENGTH);
});

test('what a client asks at its start', options, async () => {
  const connection = node.connection();
  const version = await connection.getVersion();
  assert.equal(typeof version['solana-core'], 'string');
  const genesis = await connection.getGenesisHash();
  assert.equal(new PublicKey(genesis).toBytes().length, 32);
  const epoch = await connection.getEpochInfo();
  assert.ok(epoch.absoluteSlot >= epoch.slotIndex);
  assert.ok((await connection.getSlot()) >= epoch.absoluteSlot);
  const { result: health } = await node.request('getHealth');
  assert.equal(health, 'ok');
});

test('getLatestBlockhash: a blockhash lives for 150 blocks, and slots are consecutive', options, async () => {
  const connection = node.connection();
  const { context, value } = await connection.getLatestBlockhashAndContext();
  assert.equal(value.lastValidBlockHeight, context.slot + 150);
  const { result: info } = await node.request('getEpochInfo');
  assert.equal(info.blockHeight, info.absoluteSlot);
});

test('an unknown method and a wrong parameter', options, async () => {
  assert.deepEqual(await node.refusal('noSuchMethod', []), { code: -32601, message: 'Method not found' });
  const { code } = await node.refusal('getBalance', ['not a key']);
  assert.equal(code, -32602);
});
