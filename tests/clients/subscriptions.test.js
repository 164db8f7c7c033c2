// Notifications over the WebSocket, through web3.js.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Keypair, LAMPORTS_PER_SOL, SystemProgram } from '@solana/web3.js';
import bs58 from 'bs58';

import { nextEvent, startNode, subscribed } from './support/node.js';
import { airdrop, funded, sent, signedTransfer } from './support/transactions.js';

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
    connection.sendRawTransaction(transaction.serialize(), { skipPreflight: true }).then((name) => {
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

test('onProgramAccountChange passes the filters and carries the slice', options, async () => {
  const connection = node.connection();
  const payer = await funded(connection);
  const program = Keypair.generate().publicKey;
  const create = (account, space, lamports) =>
    SystemProgram.createAccount({
      fromPubkey: payer.publicKey,
      newAccountPubkey: account.publicKey,
      lamports,
      space,
      programId: program,
    });
  const heard = [];
  const id = connection.onProgramAccountChange(
    program,
    ({ accountId, accountInfo }, { slot }) => heard.push({ accountId, accountInfo, slot }),
    { filters: [{ dataSize: 82 }] },
  );
  await subscribed(connection, id);
  const [fitting, other] = [Keypair.generate(), Keypair.generate()];
  const lamports = await connection.getMinimumBalanceForRentExemption(82);
  const signature = await sent(
    connection,
    [create(other, 81, lamports), create(fitting, 82, lamports)],
    [payer, other, fitting],
  );
  await node.waitSlots(3);
  assert.equal(heard.length, 1);
  assert.ok(heard[0].accountId.equals(fitting.publicKey));
  assert.equal(heard[0].accountInfo.lamports, lamports);
  assert.deepEqual(heard[0].accountInfo.data, Buffer.alloc(82));
  assert.equal(heard[0].slot, (await connection.getSignatureStatus(signature)).value.slot);
  await connection.removeProgramAccountChangeListener(id);
});

test('onLogs hears those who mention an address, or all', options, async () => {
  const connection = node.connection();
  const [from, to] = [await funded(connection), Keypair.generate().publicKey];
  const [mentions, all] = [[], []];
  const ids = [
    connection.onLogs(to, (logs, { slot }) => mentions.push({ ...logs, slot })),
    connection.onLogs('all', (logs) => all.push(logs.signature)),
  ];
  await Promise.all(ids.map((id) => subscribed(connection, id)));
  const transfer = SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports: 1_000_000 });
  const first = await sent(connection, [transfer], [from]);
  const second = await airdrop(connection, from.publicKey, LAMPORTS_PER_SOL);
  await node.waitSlots(3);
  const { value: status } = await connection.getSignatureStatus(first);
  const system = SystemProgram.programId.toBase58();
  const logs = [`Program ${system} invoke [1]`, `Program ${system} success`];
  assert.deepEqual(mentions, [{ signature: first, err: null, logs, slot: status.slot }]);
  assert.deepEqual(all, [first, second]);
  await Promise.all(ids.map((id) => connection.removeOnLogsListener(id)));
});

test('onRootChange counts up without a gap', options, async () => {
  const connection = node.connection();
  const roots = [];
  let id;
  await nextEvent((resolve) => {
    id = connection.onRootChange((root) => {
      roots.push(root);
      if (roots.length === 5) resolve();
    });
  });
  const [first] = roots;
  assert.deepEqual(roots.slice(0, 5), [first, first + 1, first + 2, first + 3, first + 4]);
  await connection.removeRootChangeListener(id);
});

test('onSignatureWithOptions hears that a transaction was received', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const transaction = await signedTransfer(connection, { from, to: from.publicKey, lamports: 0 });
  const [heard] = await nextEvent((resolve) => {
    const settings = { commitment: 'confirmed', enableReceivedNotification: true };
    // web3.js drops the listener after the first notification, so the result is not heard here.
    const id = connection.onSignatureWithOptions(bs58.encode(transaction.signature), resolve, settings);
    subscribed(connection, id).then(() => connection.sendRawTransaction(transaction.serialize()));
  });
  assert.deepEqual(heard, { type: 'received' });
});
