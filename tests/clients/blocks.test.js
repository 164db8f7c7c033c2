// Blocks and the history of addresses: every detail and encoding, and the exact error for what is not there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { getBase58Encoder, getBase64Encoder } from '@solana/kit';
import { Keypair, SystemProgram } from '@solana/web3.js';
import bs58 from 'bs58';

import { Kit, kitRefusal } from './support/kit.js';
import { startNode } from './support/node.js';
import { FEE, confirmed, funded, sent, signedV0 } from './support/transactions.js';

const SYSTEM = SystemProgram.programId.toBase58();
const FAR = 1_000_000_000;
const options = { timeout: 60_000 };
const v0 = { maxSupportedTransactionVersion: 0 };
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

// A block that holds a version 0 transfer, and what is known of it.
async function blockWithTransfer(connection) {
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const transfer = SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports: 1_000_000 });
  const transaction = await signedV0(connection, [transfer], [from]);
  const signature = await confirmed(connection, transaction);
  const { value: status } = await connection.getSignatureStatus(signature);
  return { slot: status.slot, signature, from: from.publicKey, to, wire: Buffer.from(transaction.serialize()) };
}

const holding = (block, signature) =>
  block.transactions.find(({ transaction }) => transaction.signatures?.includes(signature));

test('web3.js: a block in all details', options, async () => {
  const connection = node.connection();
  const { slot, signature, from, to } = await blockWithTransfer(connection);
  const full = await connection.getBlock(slot, v0);
  assert.equal(full.parentSlot, slot - 1);
  assert.ok(Number.isInteger(full.blockTime));
  const parent = await connection.getBlock(slot - 1, v0);
  assert.equal(full.previousBlockhash, parent.blockhash);
  const seen = holding(full, signature);
  assert.equal(seen.version, 0);
  assert.equal(seen.meta.fee, FEE);
  assert.ok(seen.transaction.message.staticAccountKeys[1].equals(to));

  const accounts = await connection.getBlock(slot, { ...v0, transactionDetails: 'accounts' });
  const listed = holding(accounts, signature);
  assert.deepEqual(
    listed.transaction.accountKeys.map(({ pubkey, signer, writable }) => [String(pubkey), signer, writable]),
    [
      [from.toBase58(), true, true],
      [to.toBase58(), false, true],
      [SYSTEM, false, false],
    ],
  );
  const none = await connection.getBlock(slot, { ...v0, transactionDetails: 'none' });
  assert.equal(none.blockhash, full.blockhash);
  assert.equal(none.transactions, undefined);
  const unrewarded = await connection.getBlock(slot, { ...v0, rewards: false });
  assert.equal(unrewarded.rewards, undefined);
  assert.equal(full.rewards.length, 1, 'the share of the producer');
  assert.equal(full.rewards[0].rewardType, 'Fee');

  const signatures = await connection.getBlockSignatures(slot);
  assert.ok(signatures.signatures.includes(signature));
  assert.equal(await connection.getBlockTime(slot), full.blockTime);
});

test('web3.js: a parsed block in all details', options, async () => {
  const connection = node.connection();
  const { slot, signature, from, to } = await blockWithTransfer(connection);
  const full = await connection.getParsedBlock(slot, v0);
  const [instruction] = holding(full, signature).transaction.message.instructions;
  assert.equal(instruction.program, 'system');
  assert.deepEqual(instruction.parsed, {
    type: 'transfer',
    info: { source: from.toBase58(), destination: to.toBase58(), lamports: 1_000_000 },
  });
  const accounts = await connection.getParsedBlock(slot, { ...v0, transactionDetails: 'accounts' });
  assert.equal(holding(accounts, signature).transaction.accountKeys.length, 3);
  const none = await connection.getParsedBlock(slot, { ...v0, transactionDetails: 'none' });
  assert.equal(none.blockhash, full.blockhash);
});

test('kit: a block in all encodings and details', options, async () => {
  const kit = new Kit(node);
  const { slot, signature, from, to, wire } = await blockWithTransfer(node.connection());
  const block = (config) => kit.rpc.getBlock(BigInt(slot), { ...v0, ...config }).send();

  const json = await block({ encoding: 'json' });
  const seen = holding(json, signature);
  assert.deepEqual(seen.transaction.message.accountKeys, [from.toBase58(), to.toBase58(), SYSTEM]);
  assert.deepEqual(seen.transaction.message.instructions, [
    { accounts: [0, 1], data: bs58.encode(wire.subarray(-13, -1)), programIdIndex: 2, stackHeight: 1 },
  ]);
  const parsed = holding(await block({ encoding: 'jsonParsed' }), signature);
  assert.equal(parsed.transaction.message.instructions[0].parsed.type, 'transfer');
  for (const [encoding, codec] of [
    ['base58', getBase58Encoder()],
    ['base64', getBase64Encoder()],
  ]) {
    const { transactions } = await block({ encoding });
    const found = transactions.filter(({ transaction }) => wire.equals(Buffer.from(codec.encode(transaction[0]))));
    assert.equal(found.length, 1, encoding);
    assert.equal(found[0].transaction[1], encoding);
    assert.deepEqual(found[0].meta.postBalances, seen.meta.postBalances);
    assert.deepEqual(found[0].meta.err, null);
  }
  const accounts = holding(await block({ transactionDetails: 'accounts' }), signature);
  assert.equal(accounts.transaction.accountKeys[0].source, 'transaction');
  assert.equal(accounts.version, 0n);
  const { signatures, ...rest } = await block({ transactionDetails: 'signatures' });
  assert.ok(signatures.includes(signature));
  assert.equal(rest.transactions, undefined);
  const none = await block({ transactionDetails: 'none', rewards: false });
  assert.deepEqual(Object.keys(none).sort(), [
    'blockHeight',
    'blockTime',
    'blockhash',
    'parentSlot',
    'previousBlockhash',
  ]);
  assert.equal(none.blockHeight, BigInt(slot));
});

test('getBlocks and its kin: every slot has a block', options, async () => {
  const connection = node.connection();
  const kit = new Kit(node);
  await node.waitSlots(6);
  assert.deepEqual(await connection.getBlocks(2, 5), [2, 3, 4, 5]);
  assert.deepEqual(await kit.rpc.getBlocks(2n, 5n).send(), [2n, 3n, 4n, 5n]);
  assert.deepEqual(await kit.rpc.getBlocksWithLimit(3n, 2).send(), [3n, 4n]);
  const open = await kit.rpc.getBlocks(1n).send();
  assert.equal(open.at(-1), BigInt(open.length));
  assert.deepEqual(await connection.getBlocks(0, 2), [0, 1, 2]);
  assert.deepEqual(await connection.getBlocks(5, 2), []);
  assert.equal(await connection.getFirstAvailableBlock(), 0);
  assert.equal(await connection.getMinimumLedgerSlot(), 0);
});

test('block 0 is the genesis', options, async () => {
  const connection = node.connection();
  const [genesis, first] = [await connection.getBlock(0), await connection.getBlock(1)];
  assert.equal(genesis.blockhash, first.previousBlockhash);
  assert.deepEqual([genesis.parentSlot, genesis.transactions, genesis.rewards], [0, [], []]);
  assert.equal(genesis.blockTime, await connection.getBlockTime(0));
});

test('getSignaturesForAddress: newest first, bounded by before, until and limit', options, async () => {
  const connection = node.connection();
  const kit = new Kit(node);
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const made = [];
  for (let lamports = 1_000_000; made.length < 5; lamports += 1) {
    made.unshift(
      await sent(connection, [SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports })], [from]),
    );
  }
  const web3 = async (config) =>
    (await connection.getSignaturesForAddress(to, config)).map(({ signature }) => signature);
  const viaKit = async (config) =>
    (await kit.rpc.getSignaturesForAddress(to.toBase58(), config).send()).map(({ signature }) => signature);
  for (const signatures of [web3, viaKit]) {
    assert.deepEqual(await signatures(), made);
    assert.deepEqual(await signatures({ limit: 2 }), made.slice(0, 2));
    assert.deepEqual(await signatures({ before: made[1] }), made.slice(2));
    assert.deepEqual(await signatures({ until: made[3] }), made.slice(0, 3));
    assert.deepEqual(await signatures({ before: made[0], until: made[4], limit: 2 }), made.slice(1, 3));
  }
  const [{ slot, blockTime, transactionIndex, ...rest }] = await connection.getSignaturesForAddress(to, { limit: 1 });
  assert.equal((await connection.getBlockSignatures(slot)).signatures[transactionIndex], made[0]);
  assert.deepEqual(rest, { signature: made[0], err: null, memo: null, confirmationStatus: 'finalized' });
  assert.equal(blockTime, await connection.getBlockTime(slot));
  const { code } = await node.refusal('getSignaturesForAddress', [to.toBase58(), { limit: 1_001 }]);
  assert.equal(code, -32602);
  const unknown = made[0].replace(/^./, (first) => (first === '2' ? '3' : '2'));
  for (const config of [{ before: unknown }, { until: unknown }]) {
    assert.deepEqual(await node.refusal('getSignaturesForAddress', [to.toBase58(), config]), {
      code: -32020,
      message: `Transaction ${unknown} not found`,
    });
  }
});

test('blocks that are not there, with the exact error', options, async () => {
  const connection = node.connection();
  const kit = new Kit(node);
  const later = { code: -32004, message: `Block not available for slot ${FAR}` };
  assert.deepEqual(await node.refusal('getBlock', [FAR]), later);
  assert.deepEqual(await node.refusal('getBlockTime', [FAR]), later);
  await assert.rejects(connection.getBlock(FAR, v0), { name: 'SolanaJSONRPCError', code: -32004 });
  assert.equal((await kitRefusal(kit.rpc.getBlock(BigInt(FAR), v0).send())).code, -32004);
  assert.deepEqual(await connection.getBlocks(FAR), []);
});

test('a client that did not opt in to version 0, with the exact error', options, async () => {
  const connection = node.connection();
  const { slot, signature } = await blockWithTransfer(connection);
  const refusal = {
    code: -32015,
    message:
      'Transaction version (0) is not supported by the requesting client. Please try the request again with the ' +
      'following configuration parameter: "maxSupportedTransactionVersion": 0',
  };
  assert.deepEqual(await node.refusal('getTransaction', [signature]), refusal);
  assert.deepEqual(await node.refusal('getTransaction', [signature, { encoding: 'jsonParsed' }]), refusal);
  assert.deepEqual(await node.refusal('getBlock', [slot, { encoding: 'json' }]), refusal);
  assert.deepEqual(await node.refusal('getBlock', [slot, { transactionDetails: 'accounts' }]), refusal);
  await assert.rejects(connection.getTransaction(signature), { code: -32015 });
  assert.equal((await kitRefusal(new Kit(node).rpc.getTransaction(signature).send())).code, -32015);
  const { result: signatures } = await node.request('getBlock', [slot, { transactionDetails: 'signatures' }]);
  assert.ok(signatures.signatures.includes(signature), 'signatures need no version');
  // The bytes do not tell a version apart, but a client that reads them has to know it.
  assert.deepEqual(await node.refusal('getTransaction', [signature, { encoding: 'base64' }]), refusal);
});

test('minContextSlot ahead of the view, with the exact error', options, async () => {
  const connection = node.connection();
  const address = Keypair.generate().publicKey;
  const config = { minContextSlot: FAR };
  for (const [method, params] of [
    ['getBalance', [address.toBase58(), config]],
    ['getAccountInfo', [address.toBase58(), config]],
    ['getMultipleAccounts', [[address.toBase58()], config]],
    ['getProgramAccounts', [address.toBase58(), config]],
    ['getLatestBlockhash', [config]],
    ['getSignaturesForAddress', [address.toBase58(), config]],
    ['getSlot', [config]],
    ['getEpochInfo', [config]],
  ]) {
    const { code, message, data, ...rest } = await node.refusal(method, params);
    assert.equal(code, -32016, method);
    assert.equal(message, 'Minimum context slot has not been reached');
    assert.deepEqual(Object.keys(data), ['contextSlot']);
    assert.ok(data.contextSlot > 0 && data.contextSlot < FAR);
    assert.deepEqual(rest, {});
  }
  await assert.rejects(connection.getBalanceAndContext(address, config), /Minimum context slot has not been reached/);
  const refused = await kitRefusal(
    new Kit(node).rpc.getBalance(address.toBase58(), { minContextSlot: BigInt(FAR) }).send(),
  );
  assert.equal(refused.code, -32016);
  assert.ok(refused.context.contextSlot > 0);
});

test('wrong parameters: -32602, and the text names the parameter', options, async () => {
  const address = Keypair.generate().publicKey.toBase58();
  const error = (text) => ({ code: -32602, message: `Invalid params: ${text}` });
  assert.deepEqual(await node.refusal('getBalance', []), error('`address`: missing'));
  assert.deepEqual(await node.refusal('getBalance', ['short']), error('`address`: base58 text has the wrong size'));
  for (const [method, params] of [
    ['getBlock', ['1']],
    ['getBlock', [1, { transactionDetails: 'some' }]],
    ['getTransaction', ['short']],
    ['getAccountInfo', [address, { encoding: 'hex' }]],
    ['getMultipleAccounts', [Array.from({ length: 101 }, () => address)]],
    ['getSignatureStatuses', [Array.from({ length: 257 }, () => address)]],
    ['getSlotLeaders', [0, 5_001]],
    ['sendTransaction', ['', { encoding: 'base64' }]],
  ]) {
    const { code, message, ...rest } = await node.refusal(method, params);
    assert.equal(code, -32602, `${method}: ${message}`);
    assert.deepEqual(rest, {}, 'no data');
  }
});
