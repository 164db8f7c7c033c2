// Transactions that are refused, with the exact JSON-RPC error object: clients match on code, message and data.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  ComputeBudgetProgram,
  Keypair,
  LAMPORTS_PER_SOL,
  SystemProgram,
  TransactionInstruction,
} from '@solana/web3.js';
import bs58 from 'bs58';

import { startNode } from './support/node.js';
import {
  FEE,
  RENT_EXEMPT_EMPTY,
  funded,
  sendParams,
  signWithOtherNonce,
  signed,
  signedTransfer,
  withFirstSignature,
} from './support/transactions.js';

const SYSTEM = SystemProgram.programId.toBase58();
const options = { timeout: 60_000 };
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

// Bytes that loading an account counts for: a fixed part and its data. Nothing is loaded for an absent account.
const LOADED_WALLET = 64;
const LOADED_SYSTEM = LOADED_WALLET + 'solana_system_program'.length;

// The error object of a failed preflight: `data` is the result of the simulation without balances and addresses. Unless
// told otherwise nothing was charged.
function preflight(text, err, data = {}) {
  return {
    code: -32002,
    message: `Transaction simulation failed: ${text}`,
    data: {
      accounts: null,
      err,
      fee: null,
      innerInstructions: null,
      loadedAccountsDataSize: 0,
      loadedAddresses: null,
      logs: [],
      postBalances: null,
      postTokenBalances: null,
      preBalances: null,
      preTokenBalances: null,
      replacementBlockhash: null,
      returnData: null,
      unitsConsumed: 0,
      ...data,
    },
  };
}

const ALREADY_PROCESSED = preflight('This transaction has already been processed', 'AlreadyProcessed');
const BLOCKHASH_NOT_FOUND = preflight('Blockhash not found', 'BlockhashNotFound');
// With preflight, and without.
const BAD_SIGNATURE = preflight('Transaction did not pass signature verification', 'SignatureFailure');
const UNVERIFIED = { code: -32003, message: 'Transaction signature verification failure' };

async function confirmed(connection, wire) {
  const latest = await connection.getLatestBlockhash();
  const signature = await connection.sendRawTransaction(wire);
  const confirmation = await connection.confirmTransaction({ signature, ...latest });
  assert.equal(confirmation.value.err, null);
  return signature;
}

test('a signature with one flipped bit', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const transaction = await signedTransfer(connection, { from, to, lamports: 1_000_000 });
  for (const byte of [1, 33, 64]) {
    const wire = Buffer.from(transaction.serialize());
    wire[byte] ^= 1;
    assert.deepEqual(await node.refusal('sendTransaction', sendParams(wire)), BAD_SIGNATURE);
    assert.deepEqual(await node.refusal('sendTransaction', sendParams(wire, { skipPreflight: true })), UNVERIFIED);
  }
  await node.waitSlots(3);
  assert.equal(await connection.getBalance(to), 0);
  assert.equal(await connection.getBalance(from.publicKey), LAMPORTS_PER_SOL);
});

test('a bad second signature, and one that is missing', options, async () => {
  const connection = node.connection();
  const [payer, from] = [await funded(connection), await funded(connection)];
  const to = Keypair.generate().publicKey;
  const transaction = await signedTransfer(connection, { from, to, lamports: 1_000_000, payer });
  const bad = Buffer.from(transaction.serialize());
  bad[1 + 64 + 5] ^= 0x10;
  assert.deepEqual(await node.refusal('sendTransaction', sendParams(bad)), BAD_SIGNATURE);
  const missing = Buffer.from(transaction.serialize());
  missing.fill(0, 1 + 64, 1 + 128);
  assert.deepEqual(await node.refusal('sendTransaction', sendParams(missing)), BAD_SIGNATURE);
});

test('the same bytes a second time', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const transaction = await signedTransfer(connection, { from, to, lamports: 1_000_000 });
  await confirmed(connection, transaction.serialize());
  const error = await node.refusal('sendTransaction', sendParams(transaction.serialize()));
  assert.deepEqual(error, ALREADY_PROCESSED);
  await node.waitSlots(3);
  assert.equal(await connection.getBalance(to), 1_000_000);
  assert.equal(await connection.getBalance(from.publicKey), LAMPORTS_PER_SOL - 1_000_000 - FEE);
});

test('the same message under another valid signature of the payer', options, async () => {
  const connection = node.connection();
  const [payer, from] = [await funded(connection), await funded(connection)];
  const to = Keypair.generate().publicKey;
  const transaction = await signedTransfer(connection, { from, to, lamports: 1_000_000, payer });
  const message = transaction.serializeMessage();
  const again = withFirstSignature(transaction, signWithOtherNonce(payer, message));
  assert.deepEqual(again.subarray(65), transaction.serialize().subarray(65), 'only the first signature differs');

  await confirmed(connection, transaction.serialize());
  const error = await node.refusal('sendTransaction', sendParams(again));
  assert.deepEqual(error, ALREADY_PROCESSED);

  // Without preflight a node may take it in, but it must never have an effect nor a status.
  await node.request('sendTransaction', sendParams(again, { skipPreflight: true }));
  await node.waitSlots(5);
  assert.equal(await connection.getBalance(to), 1_000_000);
  assert.equal(await connection.getBalance(payer.publicKey), LAMPORTS_PER_SOL - 2 * FEE);
  assert.equal(await connection.getBalance(from.publicKey), LAMPORTS_PER_SOL - 1_000_000);
  const names = [transaction.signature, again.subarray(1, 65)].map((signature) => bs58.encode(signature));
  const { value: statuses } = await connection.getSignatureStatuses(names);
  assert.equal(statuses[0].err, null);
  assert.equal(statuses[1], null, 'the second name has no status');
});

test('both signatures of one message sent at once move the funds once', options, async () => {
  const connection = node.connection();
  const [payer, from] = [await funded(connection), await funded(connection)];
  const to = Keypair.generate().publicKey;
  const transaction = await signedTransfer(connection, { from, to, lamports: 1_000_000, payer });
  const again = withFirstSignature(transaction, signWithOtherNonce(payer, transaction.serializeMessage()));
  const raw = { skipPreflight: true };
  await Promise.all([
    node.request('sendTransaction', sendParams(transaction.serialize(), raw)),
    node.request('sendTransaction', sendParams(again, raw)),
  ]);
  await node.waitSlots(5);
  assert.equal(await connection.getBalance(to), 1_000_000);
  assert.equal(await connection.getBalance(payer.publicKey), LAMPORTS_PER_SOL - 2 * FEE);
});

test('a blockhash that never was, and one that has expired', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const unknown = Keypair.generate().publicKey.toBase58();
  const invented = await signedTransfer(connection, { from, to, lamports: 1_000_000, blockhash: unknown });
  assert.deepEqual(await node.refusal('sendTransaction', sendParams(invented.serialize())), BLOCKHASH_NOT_FOUND);

  const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
  const old = await signedTransfer(connection, { from, to, lamports: 1_000_000, blockhash });
  assert.equal((await connection.isBlockhashValid(blockhash)).value, true);
  while ((await connection.getBlockHeight()) < lastValidBlockHeight) await sleep(200);
  assert.deepEqual(await node.refusal('sendTransaction', sendParams(old.serialize())), BLOCKHASH_NOT_FOUND);
  assert.equal((await connection.isBlockhashValid(blockhash)).value, false);
  assert.equal(await connection.getBalance(to), 0);
});

test('a payer that cannot pay the fee', options, async () => {
  const connection = node.connection();
  const from = await funded(connection, RENT_EXEMPT_EMPTY);
  const transaction = await signed(
    connection,
    [
      ComputeBudgetProgram.setComputeUnitLimit({ units: 1_000_000 }),
      ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1_000_000 }),
      SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: from.publicKey, lamports: 0 }),
    ],
    [from],
  );
  const error = await node.refusal('sendTransaction', sendParams(transaction.serialize()));
  assert.deepEqual(error, preflight('Insufficient funds for fee', 'InsufficientFundsForFee'));
});

test('a payer that the fee would leave below the rent minimum', options, async () => {
  const connection = node.connection();
  const from = await funded(connection, RENT_EXEMPT_EMPTY + FEE - 1);
  const transaction = await signedTransfer(connection, { from, to: from.publicKey, lamports: 0 });
  const error = await node.refusal('sendTransaction', sendParams(transaction.serialize()));
  assert.deepEqual(
    error,
    preflight(
      'Transaction results in an account (0) with insufficient funds for rent',
      { InsufficientFundsForRent: { account_index: 0 } },
    ),
  );
});

test('a payer that does not exist', options, async () => {
  const connection = node.connection();
  const from = Keypair.generate();
  const transaction = await signedTransfer(connection, { from, to: from.publicKey, lamports: 1 });
  const error = await node.refusal('sendTransaction', sendParams(transaction.serialize()));
  assert.deepEqual(
    error,
    preflight('Attempt to debit an account but found no record of a prior credit.', 'AccountNotFound'),
  );
});

test('more lamports than there are: the error of the program and its log', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const transaction = await signedTransfer(connection, { from, to, lamports: 2 * LAMPORTS_PER_SOL });
  const error = await node.refusal('sendTransaction', sendParams(transaction.serialize()));
  assert.deepEqual(
    error,
    preflight(
      'Error processing Instruction 0: custom program error: 0x1',
      { InstructionError: [0, { Custom: 1 }] },
      {
        logs: [
          `Program ${SYSTEM} invoke [1]`,
          `Transfer: insufficient lamports ${LAMPORTS_PER_SOL - FEE}, need ${2 * LAMPORTS_PER_SOL}`,
          `Program ${SYSTEM} failed: custom program error: 0x1`,
        ],
        loadedAccountsDataSize: LOADED_WALLET + LOADED_SYSTEM,
        fee: FEE,
        unitsConsumed: 150,
      },
    ),
  );
  assert.equal(await connection.getBalance(from.publicKey), LAMPORTS_PER_SOL, 'a refused transaction costs nothing');
});

test('a compute budget that is set twice, and a program that does not exist', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const price = () => ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1 });
  const twice = await signed(connection, [price(), price()], [from]);
  const text = 'Transaction contains a duplicate instruction (1) that is not allowed';
  for (const skipPreflight of [false, true]) {
    assert.deepEqual(await node.refusal('sendTransaction', sendParams(twice.serialize(), { skipPreflight })), {
      code: -32602,
      message: `invalid transaction: ${text}`,
    });
  }
  const programId = Keypair.generate().publicKey;
  const call = await signed(connection, [new TransactionInstruction({ programId, keys: [] })], [from]);
  await assert.rejects(connection.sendRawTransaction(call.serialize()), (error) => {
    assert.match(error.message, new RegExp(`${programId} is not available here; built in: System, `));
    return true;
  });
});

test('an accepted transaction that is dropped can be asked about', options, async () => {
  const connection = node.connection();
  const signature = await acceptedAndUnpayable(connection);
  await node.waitSlots(3);
  const { result } = await node.request('isobath_explainTransaction', [signature]);
  assert.deepEqual([result.state, result.reason, result.err], ['dropped', 'noEffect', 'AccountNotFound']);
});

// The signature of a transaction that its payer could pay when it was accepted and cannot when its turn comes: one
// before it takes all. Both come in one batch; if the first one runs before the second is accepted, that is refused.
async function acceptedAndUnpayable(connection) {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const from = await funded(connection);
    const to = Keypair.generate().publicKey;
    const all = await signedTransfer(connection, { from, to, lamports: LAMPORTS_PER_SOL - FEE });
    const one = await signedTransfer(connection, { from, to, lamports: 1 });
    const batch = [all, one].map((transaction, id) => ({
      jsonrpc: '2.0',
      id,
      method: 'sendTransaction',
      params: sendParams(transaction.serialize(), { skipPreflight: true }),
    }));
    const response = await fetch(node.rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(batch),
    });
    const replies = await response.json();
    const { result } = replies.find((reply) => reply.id === 1);
    if (result) return result;
  }
  assert.fail('the second of two transactions was refused every time');
}

test('bytes that are not a transaction', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const transaction = await signedTransfer(connection, { from, to: from.publicKey, lamports: 0 });
  const wire = Buffer.from(transaction.serialize());
  const cases = {
    'no base64': ['!!!', { encoding: 'base64' }],
    'no bytes': sendParams(Buffer.alloc(0)),
    'cut short': sendParams(wire.subarray(0, wire.length - 1)),
    'one byte too many': sendParams(Buffer.concat([wire, Buffer.of(0)])),
    'longer than a packet': sendParams(Buffer.alloc(1_233)),
  };
  for (const [name, params] of Object.entries(cases)) {
    const { code } = await node.refusal('sendTransaction', params);
    assert.equal(code, -32602, name);
  }
});
