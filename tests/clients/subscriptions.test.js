// Notifications over the WebSocket, through web3.js.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Keypair, LAMPORTS_PER_SOL, SystemProgram } from '@solana/web3.js';

import { nextEvent, startNode, subscribed } from './support/node.js';
import { airdrop, funded, signedTransfer } from './support/transactions.js';

const options = { timeout: 60_000 };
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

test('onAccountChange carries the new account and the slot that can be read', options, async () => {
  const connection = node.connection();
  const wallet = Keypair.generate().publicKey;
  let id;
  const event = nextEvent((resolve) => {
    id = connection.onAccountChange(wallet, (account, context) => resolve(account, context));
  });
  await subscribed(connection, id);
  await airdrop(node.connection(), wallet, 2 * LAMPORTS_PER_SOL);
  const [account, context] = await event;
  assert.equal(account.lamports, 2 * LAMPORTS_PER_SOL);
  assert.ok(account.owner.equals(SystemProgram.programId));
  assert.ok((await connection.getSlot()) >= context.slot);
  await connection.removeAccountChangeListener(id);
});

test('onAccountChange says nothing of other accounts', options, async () => {
  const connection = node.connection();
  const [quiet, busy] = [Keypair.generate().publicKey, Keypair.generate().publicKey];
  const heard = [];
  const id = connection.onAccountChange(quiet, (account) => heard.push(account.lamports));
  await subscribed(connection, id);
  await airdrop(node.connection(), busy, LAMPORTS_PER_SOL);
  await airdrop(node.connection(), quiet, 2 * LAMPORTS_PER_SOL);
  await node.waitSlots(3);
  assert.deepEqual(heard, [2 * LAMPORTS_PER_SOL]);
  await connection.removeAccountChangeListener(id);
});

test('onSlotChange counts up without a gap', options, async () => {
  const connection = node.connection();
  const slots = [];
  let id;
  await nextEvent((resolve) => {
    id = connection.onSlotChange((info) => {
      assert.equal(info.parent, info.slot - 1);
      slots.push(info.slot);
      if (slots.length === 5) resolve();
    });
  });
  const first = slots[0];
  assert.deepEqual(slots.slice(0, 5), [first, first + 1, first + 2, first + 3, first + 4]);
  await connection.removeSlotChangeListener(id);
});

test('onSignature answers once, also for a transaction that fails', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const transaction = await signedTransfer(connection, {
    from,
    to: Keypair.generate().publicKey,
    lamports: 2 * LAMPORTS_PER_SOL,
  });
  let signature;
  const event = nextEvent((resolve) => {
    connection
      .sendRawTransaction(transaction.serialize(), { skipPreflight: true })
      .then((name) => {
        signature = name;
        connection.onSignature(name, (result, context) => resolve(result, context));
      });
  });
  const [result, context] = await event;
  assert.deepEqual(result.err, { InstructionError: [0, { Custom: 1 }] });
  const { value } = await connection.getSignatureStatus(signature);
  assert.equal(value.slot, context.slot);
  assert.deepEqual(value.err, result.err);
});
