// getProgramAccounts with its filters, slices and forms, with web3.js and with kit.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { generateKeyPairSigner } from '@solana/kit';
import {
  findAddressLookupTablePda,
  getCreateLookupTableInstruction,
  getExtendLookupTableInstruction,
} from '@solana-program/address-lookup-table';
import { AddressLookupTableProgram, Keypair, NONCE_ACCOUNT_LENGTH, PublicKey, SystemProgram } from '@solana/web3.js';

import { Kit } from './support/kit.js';
import { startNode } from './support/node.js';
import { funded, sent } from './support/transactions.js';

const SYSTEM = SystemProgram.programId;
const LOOKUP_TABLES = AddressLookupTableProgram.programId;
// Where the layouts of Solana put what is compared.
const TABLE_LEN = 56;
const TABLE_AUTHORITY_AT = 22;
const NONCE_AUTHORITY_AT = 8;
const options = { timeout: 60_000 };
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

const sorted = (addresses) =>
  [...addresses].sort((a, b) => Buffer.compare(new PublicKey(a).toBytes(), new PublicKey(b).toBytes()));

// An account of `space` zero bytes that `owner` owns.
async function makeAccount(connection, payer, owner, space) {
  const account = Keypair.generate();
  const lamports = await connection.getMinimumBalanceForRentExemption(space);
  const create = SystemProgram.createAccount({
    fromPubkey: payer.publicKey,
    newAccountPubkey: account.publicKey,
    lamports,
    space,
    programId: owner,
  });
  await sent(connection, [create], [payer, account]);
  return account.publicKey.toBase58();
}

// A table without addresses.
async function makeTable(connection, owner) {
  const recentSlot = await connection.getSlot();
  const roles = { authority: owner.publicKey, payer: owner.publicKey };
  const [create, table] = AddressLookupTableProgram.createLookupTable({ ...roles, recentSlot });
  await sent(connection, [create], [owner]);
  return table.toBase58();
}

test('web3.js: by size, all of them, and in order', options, async () => {
  const connection = node.connection();
  const payer = await funded(connection);
  const program = Keypair.generate().publicKey;
  const small = [await makeAccount(connection, payer, program, 8), await makeAccount(connection, payer, program, 8)];
  const large = await makeAccount(connection, payer, program, 300);

  const all = await connection.getProgramAccounts(program);
  assert.deepEqual(
    all.map(({ pubkey }) => pubkey.toBase58()),
    sorted([...small, large]),
  );
  const bySize = await connection.getProgramAccounts(program, { filters: [{ dataSize: 8 }] });
  assert.deepEqual(
    bySize.map(({ pubkey }) => pubkey.toBase58()),
    sorted(small),
  );
  for (const { account } of bySize) {
    assert.ok(account.owner.equals(program));
    assert.deepEqual(account.data, Buffer.alloc(8));
  }
  assert.deepEqual(await connection.getProgramAccounts(Keypair.generate().publicKey), []);
});

test('web3.js: by bytes in base58 and base64, sliced, and with the context', options, async () => {
  const connection = node.connection();
  const [owner, other] = [await funded(connection), await funded(connection)];
  const table = await makeTable(connection, owner);
  await makeTable(connection, other);

  const base58 = { memcmp: { offset: TABLE_AUTHORITY_AT, bytes: owner.publicKey.toBase58() } };
  const base64 = {
    memcmp: {
      offset: TABLE_AUTHORITY_AT,
      bytes: Buffer.from(owner.publicKey.toBytes()).toString('base64'),
      encoding: 'base64',
    },
  };
  for (const filter of [base58, base64]) {
    const found = await connection.getProgramAccounts(LOOKUP_TABLES, { filters: [{ dataSize: TABLE_LEN }, filter] });
    assert.deepEqual(
      found.map(({ pubkey }) => pubkey.toBase58()),
      [table],
    );
    assert.deepEqual(
      found[0].account.data.subarray(TABLE_AUTHORITY_AT, TABLE_LEN - 2),
      Buffer.from(owner.publicKey.toBytes()),
    );
  }
  const sliced = await connection.getProgramAccounts(LOOKUP_TABLES, {
    filters: [base58],
    dataSlice: { offset: TABLE_AUTHORITY_AT, length: 4 },
    withContext: true,
  });
  assert.ok(sliced.context.slot > 0);
  assert.equal(sliced.value.length, 1);
  assert.deepEqual(sliced.value[0].account.data, Buffer.from(owner.publicKey.toBytes().slice(0, 4)));
  const nothing = await connection.getProgramAccounts(LOOKUP_TABLES, { filters: [base58, { dataSize: 57 }] });
  assert.deepEqual(nothing, []);
});

test('web3.js: accounts of the system program are found by their size, and parsed', options, async () => {
  const connection = node.connection();
  const authority = await funded(connection);
  const nonce = Keypair.generate();
  const { instructions } = SystemProgram.createNonceAccount({
    fromPubkey: authority.publicKey,
    noncePubkey: nonce.publicKey,
    authorizedPubkey: authority.publicKey,
    lamports: await connection.getMinimumBalanceForRentExemption(NONCE_ACCOUNT_LENGTH),
  });
  await sent(connection, instructions, [authority, nonce]);
  const filters = [
    { dataSize: NONCE_ACCOUNT_LENGTH },
    { memcmp: { offset: NONCE_AUTHORITY_AT, bytes: authority.publicKey.toBase58() } },
  ];
  const [found, ...others] = await connection.getParsedProgramAccounts(SYSTEM, { filters });
  assert.deepEqual(others, []);
  assert.ok(found.pubkey.equals(nonce.publicKey));
  assert.equal(found.account.data.parsed.type, 'initialized');
  assert.equal(found.account.data.parsed.info.authority, authority.publicKey.toBase58());

  assert.deepEqual(await node.refusal('getProgramAccounts', [SYSTEM.toBase58()]), {
    code: -32010,
    message: `${SYSTEM.toBase58()} excluded from account secondary indexes; this RPC method unavailable for key`,
  });
});

test('kit: filters, slices, encodings and the context', options, async () => {
  const kit = new Kit(node);
  const owner = await kit.funded();
  const recentSlot = await kit.rpc.getSlot().send();
  const pda = await findAddressLookupTablePda({ authority: owner.address, recentSlot });
  const [address] = pda;
  const listed = (await generateKeyPairSigner()).address;
  await kit.send(owner, [
    getCreateLookupTableInstruction({ address: pda, authority: owner, payer: owner, recentSlot }),
    getExtendLookupTableInstruction({ address, authority: owner, payer: owner, addresses: [listed] }),
  ]);
  const program = LOOKUP_TABLES.toBase58();
  const ownerBytes = Buffer.from(new PublicKey(owner.address).toBytes());
  const size = { dataSize: BigInt(TABLE_LEN + 32) };
  const offset = BigInt(TABLE_AUTHORITY_AT);
  const base58 = { memcmp: { offset, bytes: owner.address, encoding: 'base58' } };
  const base64 = { memcmp: { offset, bytes: ownerBytes.toString('base64'), encoding: 'base64' } };
  for (const filter of [base58, base64]) {
    const found = await kit.rpc.getProgramAccounts(program, { encoding: 'base64', filters: [size, filter] }).send();
    assert.equal(found.length, 1);
    assert.equal(found[0].pubkey, address);
    assert.equal(found[0].account.space, BigInt(TABLE_LEN + 32));
    const data = Buffer.from(found[0].account.data[0], 'base64');
    assert.deepEqual(data.subarray(TABLE_LEN), Buffer.from(new PublicKey(listed).toBytes()));
  }
  const { context, value } = await kit.rpc
    .getProgramAccounts(program, {
      encoding: 'base58',
      filters: [base58],
      dataSlice: { offset: TABLE_AUTHORITY_AT, length: 32 },
      withContext: true,
    })
    .send();
  assert.ok(context.slot >= recentSlot);
  assert.deepEqual(value[0].account.data, [owner.address, 'base58']);
  const [parsed] = await kit.rpc.getProgramAccounts(program, { encoding: 'jsonParsed', filters: [base58] }).send();
  assert.deepEqual(parsed.account.data.parsed.info.addresses, [listed]);
  const [packed] = await kit.rpc.getProgramAccounts(program, { encoding: 'base64+zstd', filters: [base58] }).send();
  assert.equal(packed.account.data[1], 'base64+zstd');
  assert.equal(Buffer.from(packed.account.data[0], 'base64').readUInt32LE(0), 0xfd2fb528, 'a frame of zstd');
});

test('filters that cannot be meant are refused', options, async () => {
  const refused = (filters) => node.refusal('getProgramAccounts', [LOOKUP_TABLES.toBase58(), { filters }]);
  const five = Array.from({ length: 5 }, () => ({ dataSize: 1 }));
  const long = { memcmp: { offset: 0, bytes: Buffer.alloc(129).toString('base64'), encoding: 'base64' } };
  const cases = [five, [long], [{ memcmp: { offset: 0, bytes: '0OIl' } }], [{ dataSize: -1 }], [{ unknown: 1 }]];
  for (const filters of cases) {
    const { code } = await refused(filters);
    assert.equal(code, -32602, JSON.stringify(filters));
  }
});
