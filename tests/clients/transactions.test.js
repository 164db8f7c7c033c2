// Transactions that are accepted: built, signed, sent and confirmed by web3.js as any program would do it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  ComputeBudgetProgram,
  Keypair,
  LAMPORTS_PER_SOL,
  SystemProgram,
  Transaction,
  TransactionMessage,
  VersionedTransaction,
  sendAndConfirmTransaction,
} from '@solana/web3.js';

import { startNode } from './support/node.js';
import { FEE, RENT_EXEMPT_EMPTY, airdrop, funded, signed } from './support/transactions.js';

const SYSTEM = SystemProgram.programId.toBase58();
const options = { timeout: 60_000 };
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

test('an airdrop arrives in full and is confirmed over the WebSocket', options, async () => {
  const connection = node.connection();
  const to = Keypair.generate().publicKey;
  await airdrop(connection, to, 3 * LAMPORTS_PER_SOL);
  assert.equal(await connection.getBalance(to), 3 * LAMPORTS_PER_SOL);
});

test('a transfer moves lamports once and the payer pays the base fee', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const transaction = new Transaction().add(
    SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports: 2_000_000 }),
  );
  const signature = await sendAndConfirmTransaction(connection, transaction, [from]);
  assert.equal(await connection.getBalance(to), 2_000_000);
  assert.equal(await connection.getBalance(from.publicKey), LAMPORTS_PER_SOL - 2_000_000 - FEE);
  const { value: status } = await connection.getSignatureStatus(signature);
  assert.equal(status.err, null);
});

test('a transfer to oneself costs the fee and nothing else', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const transaction = new Transaction().add(
    SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: from.publicKey, lamports: 1_000 }),
  );
  await sendAndConfirmTransaction(connection, transaction, [from]);
  assert.equal(await connection.getBalance(from.publicKey), LAMPORTS_PER_SOL - FEE);
});

test('create account: two signers, space, owner and rent-exempt balance', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const created = Keypair.generate();
  const owner = Keypair.generate().publicKey;
  const lamports = await connection.getMinimumBalanceForRentExemption(82);
  assert.equal(lamports, 1_461_600);
  const transaction = new Transaction().add(
    SystemProgram.createAccount({
      fromPubkey: from.publicKey,
      newAccountPubkey: created.publicKey,
      lamports,
      space: 82,
      programId: owner,
    }),
  );
  await sendAndConfirmTransaction(connection, transaction, [from, created]);
  const account = await connection.getAccountInfo(created.publicKey);
  assert.equal(account.lamports, lamports);
  assert.ok(account.owner.equals(owner));
  assert.equal(account.executable, false);
  assert.deepEqual(account.data, Buffer.alloc(82));
  assert.equal(await connection.getBalance(from.publicKey), LAMPORTS_PER_SOL - lamports - 2 * FEE);
});

test('one transaction, two signers, each moving its own lamports', options, async () => {
  const connection = node.connection();
  const [payer, other] = [await funded(connection), await funded(connection)];
  const to = Keypair.generate().publicKey;
  const transaction = new Transaction({ feePayer: payer.publicKey }).add(
    SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: to, lamports: 1_000_000 }),
    SystemProgram.transfer({ fromPubkey: other.publicKey, toPubkey: to, lamports: 2_000_000 }),
  );
  await sendAndConfirmTransaction(connection, transaction, [payer, other]);
  assert.equal(await connection.getBalance(to), 3_000_000);
  assert.equal(await connection.getBalance(payer.publicKey), LAMPORTS_PER_SOL - 1_000_000 - 2 * FEE);
  assert.equal(await connection.getBalance(other.publicKey), LAMPORTS_PER_SOL - 2_000_000);
});

test('a version 0 transaction is confirmed', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const latest = await connection.getLatestBlockhash();
  const message = new TransactionMessage({
    payerKey: from.publicKey,
    recentBlockhash: latest.blockhash,
    instructions: [SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports: 1_000_000 })],
  }).compileToV0Message();
  const transaction = new VersionedTransaction(message);
  transaction.sign([from]);
  const signature = await connection.sendTransaction(transaction);
  const confirmation = await connection.confirmTransaction({ signature, ...latest });
  assert.equal(confirmation.value.err, null);
  assert.equal(await connection.getBalance(to), 1_000_000);
  const seen = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
  assert.equal(seen.version, 0);
});

test('the priority fee is charged on the compute unit limit, rounded up', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const transaction = new Transaction().add(
    ComputeBudgetProgram.setComputeUnitLimit({ units: 1_001 }),
    ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1_500 }),
    SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: from.publicKey, lamports: 0 }),
  );
  await sendAndConfirmTransaction(connection, transaction, [from]);
  assert.equal(await connection.getBalance(from.publicKey), LAMPORTS_PER_SOL - FEE - 2);
});

test('an account emptied to zero is gone', options, async () => {
  const connection = node.connection();
  const from = await funded(connection, RENT_EXEMPT_EMPTY + FEE);
  const to = Keypair.generate().publicKey;
  const transaction = new Transaction().add(
    SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports: RENT_EXEMPT_EMPTY }),
  );
  await sendAndConfirmTransaction(connection, transaction, [from]);
  assert.equal(await connection.getAccountInfo(from.publicKey), null);
  assert.equal(await connection.getBalance(to), RENT_EXEMPT_EMPTY);
});

test('getFeeForMessage counts signatures and the priority fee', options, async () => {
  const connection = node.connection();
  const [a, b] = [Keypair.generate(), Keypair.generate()];
  const { blockhash } = await connection.getLatestBlockhash();
  const move = (from) => SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: a.publicKey, lamports: 1 });
  const feeOf = async (...instructions) => {
    const message = new TransactionMessage({ payerKey: a.publicKey, recentBlockhash: blockhash, instructions });
    return (await connection.getFeeForMessage(message.compileToV0Message())).value;
  };
  assert.equal(await feeOf(move(a)), FEE);
  assert.equal(await feeOf(move(a), move(b)), 2 * FEE);
  const price = ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1_000_000 });
  const limit = ComputeBudgetProgram.setComputeUnitLimit({ units: 450 });
  assert.equal(await feeOf(price, limit, move(a)), FEE + 450);
});

test('simulation answers logs and units and changes nothing', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const { blockhash } = await connection.getLatestBlockhash();
  const message = new TransactionMessage({
    payerKey: from.publicKey,
    recentBlockhash: blockhash,
    instructions: [SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports: 1_000_000 })],
  }).compileToV0Message();
  const { value } = await connection.simulateTransaction(new VersionedTransaction(message), {
    accounts: { encoding: 'base64', addresses: [from.publicKey.toBase58(), to.toBase58()] },
  });
  assert.equal(value.err, null);
  assert.deepEqual(value.logs, [`Program ${SYSTEM} invoke [1]`, `Program ${SYSTEM} success`]);
  assert.equal(value.unitsConsumed, 150);
  assert.deepEqual(
    value.accounts.map((account) => account.lamports),
    [LAMPORTS_PER_SOL - 1_000_000 - FEE, 1_000_000],
  );
  assert.equal(await connection.getBalance(from.publicKey), LAMPORTS_PER_SOL);
});

test('simulation of a failing transaction answers its error and its log', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const transaction = await signed(
    connection,
    [SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports: 2 * LAMPORTS_PER_SOL })],
    [from],
  );
  const { value } = await connection.simulateTransaction(transaction, [from]);
  assert.deepEqual(value.err, { InstructionError: [0, { Custom: 1 }] });
  assert.deepEqual(value.logs, [
    `Program ${SYSTEM} invoke [1]`,
    `Transfer: insufficient lamports ${LAMPORTS_PER_SOL - FEE}, need ${2 * LAMPORTS_PER_SOL}`,
    `Program ${SYSTEM} failed: custom program error: 0x1`,
  ]);
});

test('a transaction that fails on chain is charged, recorded and changes nothing else', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const transaction = await signed(
    connection,
    [
      SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports: 1_000_000 }),
      SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports: 2 * LAMPORTS_PER_SOL }),
    ],
    [from],
  );
  const latest = await connection.getLatestBlockhash();
  const signature = await connection.sendRawTransaction(transaction.serialize(), { skipPreflight: true });
  const error = { InstructionError: [1, { Custom: 1 }] };
  // web3.js resolves with the error when the notification is first and rejects with it when the status is.
  const outcome = await connection.confirmTransaction({ signature, ...latest }).then(
    ({ value }) => value.err,
    (err) => err,
  );
  assert.deepEqual(outcome, error);
  assert.equal(await connection.getBalance(to), 0);
  assert.equal(await connection.getBalance(from.publicKey), LAMPORTS_PER_SOL - FEE);
  const { meta } = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
  assert.deepEqual(meta.err, error);
  assert.equal(meta.fee, FEE);
});
