// simulateTransaction with all that can be asked of it, with web3.js and with kit.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { generateKeyPairSigner, getBase64EncodedWireTransaction } from '@solana/kit';
import { getTransferSolInstruction } from '@solana-program/system';
import { Keypair, LAMPORTS_PER_SOL, SystemProgram } from '@solana/web3.js';
import bs58 from 'bs58';

import { Kit, SOL } from './support/kit.js';
import { startNode } from './support/node.js';
import { FEE, funded, signedV0 } from './support/transactions.js';

const SYSTEM = SystemProgram.programId.toBase58();
const UNKNOWN_BLOCKHASH = bs58.encode(Buffer.alloc(32, 9));
const options = { timeout: 60_000 };
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

// A signed transfer of a new wallet to a new address.
async function transfer(connection, lamports = 1_000_000) {
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const instruction = SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports });
  return { from, to, transaction: await signedV0(connection, [instruction], [from]) };
}

// What the node answers to `transaction` under `config`, as it stands.
async function simulated(transaction, config) {
  const wire = Buffer.from(transaction.serialize()).toString('base64');
  const reply = await node.request('simulateTransaction', [wire, { encoding: 'base64', ...config }]);
  return reply.error ?? reply.result.value;
}

test('the whole answer', options, async () => {
  const { transaction } = await transfer(node.connection());
  assert.deepEqual(await simulated(transaction, { sigVerify: true }), {
    err: null,
    logs: [`Program ${SYSTEM} invoke [1]`, `Program ${SYSTEM} success`],
    accounts: null,
    unitsConsumed: 150,
    loadedAccountsDataSize: 149,
    returnData: null,
    innerInstructions: null,
    replacementBlockhash: null,
    fee: FEE,
    preBalances: [LAMPORTS_PER_SOL, 0, 1],
    postBalances: [LAMPORTS_PER_SOL - 1_000_000 - FEE, 1_000_000, 1],
    preTokenBalances: [],
    postTokenBalances: [],
    loadedAddresses: { writable: [], readonly: [] },
  });
});

test('web3.js: sigVerify looks at the signatures, and otherwise nobody does', options, async () => {
  const connection = node.connection();
  const { transaction } = await transfer(connection);
  transaction.signatures[0] = new Uint8Array(64);
  const { value } = await connection.simulateTransaction(transaction, { sigVerify: false });
  assert.equal(value.err, null);
  const { value: verified } = await connection.simulateTransaction(transaction, { sigVerify: true });
  assert.equal(verified.err, 'SignatureFailure');
  assert.deepEqual(await simulated(transaction, { sigVerify: true, replaceRecentBlockhash: true }), {
    code: -32602,
    message: 'sigVerify may not be used with replaceRecentBlockhash',
  });
});

test('web3.js: replaceRecentBlockhash lends a blockhash and names it', options, async () => {
  const connection = node.connection();
  const { transaction } = await transfer(connection);
  transaction.message.recentBlockhash = UNKNOWN_BLOCKHASH;
  const { value: refused } = await connection.simulateTransaction(transaction);
  assert.equal(refused.err, 'BlockhashNotFound');
  const { context, value } = await connection.simulateTransaction(transaction, { replaceRecentBlockhash: true });
  assert.equal(value.err, null);
  const { replacementBlockhash: lent } = await simulated(transaction, { replaceRecentBlockhash: true });
  assert.equal((await connection.isBlockhashValid(lent.blockhash)).value, true);
  assert.ok(lent.lastValidBlockHeight >= context.slot + 150);
});

test('web3.js: accounts as the transaction would leave them', options, async () => {
  const connection = node.connection();
  const { from, to, transaction } = await transfer(connection);
  const addresses = [to.toBase58(), Keypair.generate().publicKey.toBase58(), from.publicKey.toBase58()];
  const { value } = await connection.simulateTransaction(transaction, { accounts: { encoding: 'base64', addresses } });
  assert.deepEqual(value.accounts, [
    { lamports: 1_000_000, owner: SYSTEM, data: ['', 'base64'], executable: false, rentEpoch: 2 ** 64, space: 0 },
    null,
    {
      lamports: LAMPORTS_PER_SOL - 1_000_000 - FEE,
      owner: SYSTEM,
      data: ['', 'base64'],
      executable: false,
      rentEpoch: 2 ** 64,
      space: 0,
    },
  ]);
  assert.equal(await connection.getBalance(to), 0, 'nothing was changed');
  const four = { accounts: { encoding: 'base64', addresses: [...addresses, to.toBase58()] } };
  assert.equal((await simulated(transaction, four)).code, -32602, 'more addresses than the transaction has keys');
});

test('web3.js: innerInstructions, of which there are none', options, async () => {
  const connection = node.connection();
  const { transaction } = await transfer(connection);
  const { value } = await connection.simulateTransaction(transaction, { innerInstructions: true });
  assert.deepEqual(value.innerInstructions, []);
});

test('kit: sigVerify, replaceRecentBlockhash, accounts and innerInstructions', options, async () => {
  const kit = new Kit(node);
  const [from, to] = [await kit.funded(), (await generateKeyPairSigner()).address];
  const transaction = await kit.signed(from, [
    getTransferSolInstruction({ source: from, destination: to, amount: 1_000_000n }),
  ]);
  const wire = getBase64EncodedWireTransaction(transaction);
  const simulate = async (config) =>
    (await kit.rpc.simulateTransaction(wire, { encoding: 'base64', ...config }).send()).value;

  const verified = await simulate({ sigVerify: true });
  assert.equal(verified.err, null);
  assert.equal(verified.unitsConsumed, 150n);
  assert.equal(verified.replacementBlockhash, null);
  const replaced = await simulate({ replaceRecentBlockhash: true, innerInstructions: true });
  assert.equal(replaced.err, null);
  assert.deepEqual(replaced.innerInstructions, []);
  const { value: valid } = await kit.rpc.isBlockhashValid(replaced.replacementBlockhash.blockhash).send();
  assert.equal(valid, true);
  for (const encoding of ['base64', 'base64+zstd', 'jsonParsed']) {
    const { accounts } = await simulate({ accounts: { encoding, addresses: [to, from.address] } });
    assert.deepEqual(
      accounts.map(({ lamports }) => lamports),
      [1_000_000n, SOL - 1_000_000n - BigInt(FEE)],
      encoding,
    );
  }
});
