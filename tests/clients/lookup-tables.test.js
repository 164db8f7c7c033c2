// Address lookup tables: made, extended, and used by a version 0 transaction, with web3.js and with kit.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { fetchAddressesForLookupTables, generateKeyPairSigner } from '@solana/kit';
import {
  fetchAddressLookupTable,
  findAddressLookupTablePda,
  getCreateLookupTableInstruction,
  getExtendLookupTableInstruction,
} from '@solana-program/address-lookup-table';
import { getTransferSolInstruction } from '@solana-program/system';
import { AddressLookupTableProgram, Keypair, LAMPORTS_PER_SOL, SystemProgram } from '@solana/web3.js';

import { Kit, SOL } from './support/kit.js';
import { startNode } from './support/node.js';
import { FEE, confirmed, funded, sent, signedV0 } from './support/transactions.js';

const SYSTEM = SystemProgram.programId.toBase58();
const LOOKUP_TABLES = AddressLookupTableProgram.programId.toBase58();
const NEVER = 2n ** 64n - 1n;
const options = { timeout: 60_000 };
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

// A table of `addresses` that `owner` made with web3.js, ready to be used.
async function makeTable(connection, owner, addresses) {
  const recentSlot = await connection.getSlot();
  const roles = { authority: owner.publicKey, payer: owner.publicKey };
  const [create, lookupTable] = AddressLookupTableProgram.createLookupTable({ ...roles, recentSlot });
  const extend = AddressLookupTableProgram.extendLookupTable({ ...roles, lookupTable, addresses });
  await sent(connection, [create, extend], [owner]);
  // What a table gained can be used from the next block on.
  await node.waitSlots(1);
  return lookupTable;
}

// A transfer that also names an account it does not touch.
function transferBeside(from, to, lamports, bystander) {
  const transfer = SystemProgram.transfer({ fromPubkey: from, toPubkey: to, lamports });
  transfer.keys.push({ pubkey: bystander, isSigner: false, isWritable: false });
  return transfer;
}

test('web3.js: a table is made, extended and read back', options, async () => {
  const connection = node.connection();
  const owner = await funded(connection);
  const first = Keypair.generate().publicKey;
  const lookupTable = await makeTable(connection, owner, [first]);

  const more = [Keypair.generate().publicKey, Keypair.generate().publicKey];
  const roles = { authority: owner.publicKey, payer: owner.publicKey };
  const extend = AddressLookupTableProgram.extendLookupTable({ ...roles, lookupTable, addresses: more });
  const signature = await sent(connection, [extend], [owner]);

  const { value: table } = await connection.getAddressLookupTable(lookupTable);
  assert.deepEqual(
    table.state.addresses.map((address) => address.toBase58()),
    [first, ...more].map((address) => address.toBase58()),
  );
  assert.equal(table.state.deactivationSlot, NEVER);
  assert.ok(table.isActive());
  assert.ok(table.state.authority.equals(owner.publicKey));
  const { value: status } = await connection.getSignatureStatus(signature);
  assert.equal(table.state.lastExtendedSlot, status.slot);
  assert.equal(table.state.lastExtendedSlotStartIndex, 1);

  const { value: parsed } = await connection.getParsedAccountInfo(lookupTable);
  assert.equal(parsed.data.program, 'address-lookup-table');
  assert.equal(parsed.data.space, 56 + 3 * 32);
  assert.deepEqual(parsed.data.parsed, {
    type: 'lookupTable',
    info: {
      addresses: [first, ...more].map((address) => address.toBase58()),
      authority: owner.publicKey.toBase58(),
      deactivationSlot: String(NEVER),
      lastExtendedSlot: String(status.slot),
      lastExtendedSlotStartIndex: 1,
    },
  });
});

test('web3.js: a transaction loads addresses through a table', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const [to, bystander] = [Keypair.generate().publicKey, (await funded(connection)).publicKey];
  const lookupTable = await makeTable(connection, from, [Keypair.generate().publicKey, bystander, to]);
  const paid = await connection.getBalance(from.publicKey);
  const { value: table } = await connection.getAddressLookupTable(lookupTable);

  const transfer = transferBeside(from.publicKey, to, 2_000_000, bystander);
  const transaction = await signedV0(connection, [transfer], [from], [table]);
  assert.equal(transaction.message.addressTableLookups.length, 1, 'web3.js took the addresses from the table');
  const signature = await confirmed(connection, transaction);

  assert.equal(await connection.getBalance(to), 2_000_000);
  const seen = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
  assert.equal(seen.version, 0);
  assert.deepEqual(seen.meta.loadedAddresses, { writable: [to], readonly: [bystander] });
  assert.deepEqual(seen.meta.preBalances, [paid, 1, 0, LAMPORTS_PER_SOL]);
  assert.deepEqual(seen.meta.postBalances, [paid - 2_000_000 - FEE, 1, 2_000_000, LAMPORTS_PER_SOL]);
  const [lookup] = seen.transaction.message.addressTableLookups;
  assert.ok(lookup.accountKey.equals(lookupTable));
  assert.deepEqual([...lookup.writableIndexes], [2]);
  assert.deepEqual([...lookup.readonlyIndexes], [1]);
  const keys = seen.transaction.message.getAccountKeys({ accountKeysFromLookups: seen.meta.loadedAddresses });
  assert.deepEqual(
    keys
      .keySegments()
      .flat()
      .map((key) => key.toBase58()),
    [from.publicKey.toBase58(), SYSTEM, to.toBase58(), bystander.toBase58()],
  );

  const parsed = await connection.getParsedTransaction(signature, { maxSupportedTransactionVersion: 0 });
  assert.deepEqual(
    parsed.transaction.message.accountKeys.map(({ pubkey, source, writable }) => [pubkey.toBase58(), source, writable]),
    [
      [from.publicKey.toBase58(), 'transaction', true],
      [SYSTEM, 'transaction', false],
      [to.toBase58(), 'lookupTable', true],
      [bystander.toBase58(), 'lookupTable', false],
    ],
  );
  const [found] = await connection.getSignaturesForAddress(bystander, { limit: 1 });
  assert.equal(found.signature, signature, 'a loaded address finds its transaction');
});

test('web3.js: a table that is not there, and an index beyond its end', options, async () => {
  const connection = node.connection();
  const from = await funded(connection);
  const to = Keypair.generate().publicKey;
  const lookupTable = await makeTable(connection, from, [to]);
  const { value: table } = await connection.getAddressLookupTable(lookupTable);
  const transfer = SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports: 2_000_000 });

  const simulated = async (change) => {
    const transaction = await signedV0(connection, [transfer], [from], [table]);
    change(transaction.message.addressTableLookups[0]);
    transaction.sign([from]);
    const { value } = await connection.simulateTransaction(transaction);
    return value.err;
  };
  const refused = (change, text) =>
    assert.rejects(simulated(change), (error) => {
      assert.equal(error.message, `failed to simulate transaction: invalid transaction: ${text}`);
      return true;
    });
  assert.equal(await simulated((lookup) => lookup), null);
  await refused((lookup) => {
    lookup.accountKey = Keypair.generate().publicKey;
  }, "Transaction loads an address table account that doesn't exist");
  await refused((lookup) => {
    lookup.accountKey = from.publicKey;
  }, 'Transaction loads an address table account with an invalid owner');
  await refused((lookup) => {
    lookup.writableIndexes = [1];
  }, 'Transaction address table lookup uses an invalid index');
});

test('web3.js: a deactivated table says so, and cannot be closed while it may still be used', options, async () => {
  const connection = node.connection();
  const owner = await funded(connection);
  const lookupTable = await makeTable(connection, owner, [Keypair.generate().publicKey]);
  const authority = owner.publicKey;
  const signature = await sent(
    connection,
    [AddressLookupTableProgram.deactivateLookupTable({ lookupTable, authority })],
    [owner],
  );
  const { value: table } = await connection.getAddressLookupTable(lookupTable);
  const { value: status } = await connection.getSignatureStatus(signature);
  assert.equal(table.state.deactivationSlot, BigInt(status.slot));
  const close = AddressLookupTableProgram.closeLookupTable({ lookupTable, authority, recipient: authority });
  const { value } = await connection.simulateTransaction(await signedV0(connection, [close], [owner]));
  assert.deepEqual(value.err, { InstructionError: [0, 'InvalidArgument'] });
});

test('kit: a table is made, extended, and used by a transaction', options, async () => {
  const kit = new Kit(node);
  const owner = await kit.funded();
  const [to, bystander] = [(await generateKeyPairSigner()).address, (await kit.funded()).address];
  const recentSlot = await kit.rpc.getSlot().send();
  const pda = await findAddressLookupTablePda({ authority: owner.address, recentSlot });
  const [address] = pda;
  await kit.send(owner, [
    getCreateLookupTableInstruction({ address: pda, authority: owner, payer: owner, recentSlot }),
    getExtendLookupTableInstruction({ address, authority: owner, payer: owner, addresses: [to] }),
  ]);
  await kit.send(owner, [
    getExtendLookupTableInstruction({ address, authority: owner, payer: owner, addresses: [bystander] }),
  ]);
  const { data } = await fetchAddressLookupTable(kit.rpc, address);
  assert.deepEqual(data.addresses, [to, bystander]);
  assert.equal(data.deactivationSlot, NEVER);
  assert.deepEqual(data.authority, { __option: 'Some', value: owner.address });
  await node.waitSlots(1);

  const tables = await fetchAddressesForLookupTables([address], kit.rpc);
  const transfer = getTransferSolInstruction({ source: owner, destination: to, amount: 2_000_000n });
  const beside = { ...transfer, accounts: [...transfer.accounts, { address: bystander, role: 0 }] };
  const { value: balance } = await kit.rpc.getBalance(owner.address).send();
  const signature = await kit.send(owner, [beside], { tables });

  const seen = await kit.rpc.getTransaction(signature, { encoding: 'json', maxSupportedTransactionVersion: 0 }).send();
  assert.deepEqual(seen.meta.loadedAddresses, { writable: [to], readonly: [bystander] });
  assert.deepEqual(seen.meta.preBalances, [balance, 1n, 0n, SOL]);
  assert.deepEqual(seen.meta.postBalances, [balance - 2_000_000n - BigInt(FEE), 1n, 2_000_000n, SOL]);
  assert.deepEqual(seen.transaction.message.addressTableLookups, [
    { accountKey: address, writableIndexes: [0], readonlyIndexes: [1] },
  ]);
  const { value: account } = await kit.rpc.getAccountInfo(address, { encoding: 'jsonParsed' }).send();
  assert.equal(account.owner, LOOKUP_TABLES);
  assert.deepEqual(account.data.parsed.info.addresses, [to, bystander]);
});
