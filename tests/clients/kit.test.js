// Airdrops, transfers and notifications with @solana/kit, as its own guides do them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
} from '@solana/kit';
import {
  estimateComputeUnitLimitFactory,
  getSetComputeUnitLimitInstruction,
  getSetComputeUnitPriceInstruction,
} from '@solana-program/compute-budget';
import { getCreateAccountInstruction, getTransferSolInstruction } from '@solana-program/system';

import { Kit, SOL, kitRefusal } from './support/kit.js';
import { startNode } from './support/node.js';

const FEE = 5_000n;
const SYSTEM = '11111111111111111111111111111111';
const options = { timeout: 60_000 };
let node;
let kit;

before(async () => {
  node = await startNode();
  kit = new Kit(node);
});
after(() => node?.stopCleanly());

const balance = async (address) => (await kit.rpc.getBalance(address).send()).value;
const newAddress = async () => (await generateKeyPairSigner()).address;
const transfer = (source, destination, amount) => getTransferSolInstruction({ source, destination, amount });

test('an airdrop and transfers of both versions, confirmed over the WebSocket', options, async () => {
  const from = await kit.funded();
  const to = await newAddress();
  for (const version of ['legacy', 0]) {
    const before = await balance(to);
    const signature = await kit.send(from, [transfer(from, to, 2_000_000n)], { version });
    assert.equal(await balance(to), before + 2_000_000n);
    const { value } = await kit.rpc.getSignatureStatuses([signature]).send();
    assert.equal(value[0].err, null);
    assert.equal(value[0].confirmationStatus, 'finalized');
  }
  assert.equal(await balance(from.address), SOL - 2n * (2_000_000n + FEE));
});

test('limits and prices of compute, estimated and charged', options, async () => {
  const from = await kit.funded();
  const price = getSetComputeUnitPriceInstruction({ microLamports: 1_000_000n });
  const wanted = await kit.message(from, [price, transfer(from, from.address, 0n)]);
  const units = await estimateComputeUnitLimitFactory({ rpc: kit.rpc })(wanted);
  const limit = getSetComputeUnitLimitInstruction({ units: units + 150 });
  await kit.send(from, [limit, price, transfer(from, from.address, 0n)]);
  assert.equal(await balance(from.address), SOL - FEE - BigInt(units + 150));
});

test('a failed preflight is an error of kit that names its cause', options, async () => {
  const from = await kit.funded();
  const refused = await kitRefusal(kit.send(from, [transfer(from, await newAddress(), 2n * SOL)]));
  assert.equal(refused.code, -32002);
  assert.equal(refused.cause.context.__code, SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM);
  assert.equal(refused.cause.context.code, 1);
  assert.equal(refused.context.unitsConsumed, 150n);
  assert.equal(refused.context.logs.at(-1), `Program ${SYSTEM} failed: custom program error: 0x1`);
});

test('accountNotifications', options, async () => {
  const to = await newAddress();
  const pending = kit.rpcSubscriptions.accountNotifications(to, { encoding: 'base64' });
  const heard = await kit.notifications(pending, 2, async () => {
    await kit.airdrop(to, SOL);
    await kit.airdrop(to, SOL);
  });
  assert.deepEqual(
    heard.map(({ value }) => value.lamports),
    [SOL, 2n * SOL],
  );
  assert.ok(heard[0].context.slot < heard[1].context.slot);
  assert.deepEqual(heard[0].value.data, ['', 'base64']);
});

test('programNotifications, filtered', options, async () => {
  const [payer, account, program] = [await kit.funded(), await generateKeyPairSigner(), await newAddress()];
  const lamports = await kit.rpc.getMinimumBalanceForRentExemption(16n).send();
  const pending = kit.rpcSubscriptions.programNotifications(program, {
    encoding: 'base64',
    filters: [{ dataSize: 16n }],
  });
  const create = { payer, newAccount: account, lamports, space: 16n, programAddress: program };
  const [{ value }] = await kit.notifications(pending, 1, () => kit.send(payer, [getCreateAccountInstruction(create)]));
  assert.equal(value.pubkey, account.address);
  assert.equal(value.account.owner, program);
  assert.deepEqual(value.account.data, [Buffer.alloc(16).toString('base64'), 'base64']);
});

test('logsNotifications', options, async () => {
  const [from, to] = [await kit.funded(), await newAddress()];
  let signature;
  const [{ value }] = await kit.notifications(
    kit.rpcSubscriptions.logsNotifications({ mentions: [to] }),
    1,
    async () => {
      signature = await kit.send(from, [transfer(from, to, 1_000_000n)]);
    },
  );
  assert.deepEqual(value, {
    signature,
    err: null,
    logs: [`Program ${SYSTEM} invoke [1]`, `Program ${SYSTEM} success`],
  });
  const [any] = await kit.notifications(kit.rpcSubscriptions.logsNotifications('all'), 1, () => kit.airdrop(to, SOL));
  assert.equal(any.value.err, null);
});

test('slotNotifications and rootNotifications', options, async () => {
  const slots = await kit.notifications(kit.rpcSubscriptions.slotNotifications(), 4);
  for (const [index, { slot, parent, root }] of slots.entries()) {
    assert.equal(slot, slots[0].slot + BigInt(index));
    assert.equal(parent, slot - 1n);
    assert.equal(root, slot);
  }
  const roots = await kit.notifications(kit.rpcSubscriptions.rootNotifications(), 4);
  assert.deepEqual(
    roots,
    roots.map((_, index) => roots[0] + BigInt(index)),
  );
});

test('signatureNotifications, with the receipt', options, async () => {
  const from = await kit.funded();
  const transaction = await kit.signed(from, [transfer(from, from.address, 0n)]);
  const pending = kit.rpcSubscriptions.signatureNotifications(getSignatureFromTransaction(transaction), {
    commitment: 'confirmed',
    enableReceivedNotification: true,
  });
  const heard = await kit.notifications(pending, 2, () =>
    kit.rpc.sendTransaction(getBase64EncodedWireTransaction(transaction), { encoding: 'base64' }).send(),
  );
  assert.deepEqual(
    heard.map(({ value }) => value),
    ['receivedSignature', { err: null }],
  );
});
