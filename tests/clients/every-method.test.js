// Every method that docs/rpc.md lists is called through each client that offers it, and its answer is looked at.
//
// Invariant: a method added to the page without a call here makes these tests fail, and so does a method that a client
// offers and the page does not mention.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';

import {
  compileTransactionMessage,
  getBase64Decoder,
  getBase64EncodedWireTransaction,
  getCompiledTransactionMessageEncoder,
} from '@solana/kit';
import { getTransferSolInstruction } from '@solana-program/system';
import { Keypair, PublicKey, SystemProgram } from '@solana/web3.js';

import { Kit, SOL, kitRefusal } from './support/kit.js';
import { startNode } from './support/node.js';
import { confirmed, funded, signedTransfer } from './support/transactions.js';

const options = { timeout: 60_000 };
const v0 = { maxSupportedTransactionVersion: 0 };
const FEE = 5_000;
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

// The names in the first column of the tables under `heading` of docs/rpc.md, up to the next heading of its level.
function documented(heading) {
  const page = readFileSync(new URL('../../docs/rpc.md', import.meta.url), 'utf8');
  const [section] = page.split(`\n## ${heading}\n`)[1].split('\n## ');
  const cells = [...section.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell]) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
}

const SERVED = documented('Methods');
// Methods that docs/rpc.md says are not served.
const NOT_SERVED = /^getToken/;

// The methods that kit declares: one file of types each.
function offeredByKit() {
  const require = createRequire(import.meta.url);
  const types = join(dirname(require.resolve('@solana/rpc-api')), 'types');
  return readdirSync(types)
    .filter((name) => name.endsWith('.d.ts') && name !== 'index.d.ts')
    .map((name) => name.slice(0, -'.d.ts'.length));
}

// The methods that the source of web3.js calls.
function offeredByWeb3() {
  const require = createRequire(import.meta.url);
  const source = readFileSync(require.resolve('@solana/web3.js'), 'utf8');
  return new Set([...source.matchAll(/_rpcRequest\('(\w+)'/g)].map(([, name]) => name));
}

// The faucet and the ten funded wallets of a development genesis are among the largest accounts, which come in order.
function descend(accounts) {
  assert.ok(accounts.length > 10 && accounts.length <= 20, `${accounts.length} accounts`);
  const lamports = accounts.map((account) => BigInt(account.lamports));
  assert.deepEqual(
    lamports,
    [...lamports].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0)),
  );
}

test('the page lists what the clients offer', options, () => {
  assert.ok(SERVED.length > 40, `docs/rpc.md lists ${SERVED.length} methods`);
  assert.deepEqual(
    offeredByKit().filter((name) => !SERVED.includes(name) && !NOT_SERVED.test(name)),
    [],
  );
});

test('kit calls every method of the page', options, async () => {
  const kit = new Kit(node);
  const payer = await kit.funded();
  const known = payer.address;
  const transfer = getTransferSolInstruction({ source: payer, destination: known, amount: 0n });
  const signature = await kit.send(payer, [transfer]);
  await node.waitSlots(3);
  const { value: latest } = await kit.rpc.getLatestBlockhash().send();
  const slot = (await kit.rpc.getSignatureStatuses([signature]).send()).value[0].slot;
  const wire = getBase64EncodedWireTransaction(await kit.signed(payer, [transfer]));
  // Another message: the one that is sent may have been processed by the time this one is simulated.
  const twice = getBase64EncodedWireTransaction(await kit.signed(payer, [transfer, transfer]));
  const compiled = compileTransactionMessage(await kit.message(payer, [transfer]));
  const message = getBase64Decoder().decode(getCompiledTransactionMessageEncoder().encode(compiled));
  const { result: identity } = await node.request('getIdentity');
  const is = (type) => (answer) => assert.equal(typeof answer, type);
  const isList = (answer) => assert.ok(Array.isArray(answer));
  const holds = (expected) => (answer) => assert.deepEqual(answer, expected);
  const value = (check) => (answer) => {
    assert.equal(typeof answer.context.slot, 'bigint');
    check(answer.value);
  };

  const calls = {
    getAccountInfo: [[known], value((account) => assert.equal(typeof account.lamports, 'bigint'))],
    getBalance: [[known], value(is('bigint'))],
    getBlock: [[slot, v0], ({ blockHeight }) => assert.equal(blockHeight, slot)],
    getBlockCommitment: [[slot], holds({ commitment: null, totalStake: 0n })],
    getBlockHeight: [[], is('bigint')],
    getBlockProduction: [
      [],
      value(({ byIdentity, range: { lastSlot } }) =>
        assert.deepEqual(byIdentity, { [identity.identity]: [lastSlot + 1n, lastSlot + 1n] }),
      ),
    ],
    getBlockTime: [[slot], is('bigint')],
    getBlocks: [[1n, 2n], holds([1n, 2n])],
    getBlocksWithLimit: [[1n, 2], holds([1n, 2n])],
    getClusterNodes: [[], ([{ pubkey }]) => assert.equal(pubkey, identity.identity)],
    getEpochInfo: [[], ({ absoluteSlot }) => assert.ok(absoluteSlot > slot)],
    getEpochSchedule: [[], ({ slotsPerEpoch }) => assert.ok(slotsPerEpoch > 0n)],
    getFeeForMessage: [[message], value(holds(BigInt(FEE)))],
    getFirstAvailableBlock: [[], holds(0n)],
    getGenesisHash: [[], is('string')],
    getHealth: [[], holds('ok')],
    getHighestSnapshotSlot: [[], -32008],
    getIdentity: [[], holds(identity)],
    getInflationGovernor: [[], ({ total }) => assert.equal(total, undefined)],
    getInflationRate: [[], ({ total }) => assert.equal(total, 0)],
    getInflationReward: [[[known]], -32004],
    getLargestAccounts: [[], value(descend)],
    getLatestBlockhash: [[], value(({ lastValidBlockHeight }) => assert.equal(typeof lastValidBlockHeight, 'bigint'))],
    getLeaderSchedule: [[], (schedule) => assert.deepEqual(Object.keys(schedule), [identity.identity])],
    getMaxRetransmitSlot: [[], is('bigint')],
    getMaxShredInsertSlot: [[], is('bigint')],
    getMinimumBalanceForRentExemption: [[0n], holds(890_880n)],
    getMultipleAccounts: [[[known]], value((accounts) => assert.equal(accounts.length, 1))],
    getProgramAccounts: [[known], holds([])],
    getRecentPerformanceSamples: [[1], isList],
    getRecentPrioritizationFees: [[[known]], (fees) => assert.equal(typeof fees[0].slot, 'bigint')],
    getSignatureStatuses: [[[signature]], value(([status]) => assert.equal(status.err, null))],
    getSignaturesForAddress: [[known], (list) => assert.equal(list[0].signature, signature)],
    getSlot: [[], is('bigint')],
    getSlotLeader: [[], holds(identity.identity)],
    getSlotLeaders: [[1n, 3], holds(Array(3).fill(identity.identity))],
    getStakeMinimumDelegation: [[], value(holds(SOL))],
    getSupply: [[], value(({ total, circulating }) => assert.equal(total, circulating))],
    getTransaction: [[signature, v0], (seen) => assert.equal(seen.slot, slot)],
    getTransactionCount: [[], is('bigint')],
    getVersion: [[], ({ 'solana-core': core }) => assert.match(core, /^\d+\.\d+\.\d+$/)],
    getVoteAccounts: [[], holds({ current: [], delinquent: [] })],
    isBlockhashValid: [[latest.blockhash], value(holds(true))],
    minimumLedgerSlot: [[], holds(0n)],
    requestAirdrop: [[known, SOL], is('string')],
    sendTransaction: [[wire, { encoding: 'base64' }], is('string')],
    simulateTransaction: [[twice, { encoding: 'base64' }], value(({ err }) => assert.equal(err, null))],
  };
  assert.deepEqual(
    Object.keys(calls).sort(),
    [...SERVED].sort(),
    'docs/rpc.md and the calls here name the same methods',
  );
  for (const [method, [params, check]] of Object.entries(calls)) {
    if (typeof check === 'number') {
      assert.equal((await kitRefusal(kit.rpc[method](...params).send())).code, check, method);
      continue;
    }
    const answer = await kit.rpc[method](...params).send();
    try {
      check(answer);
    } catch (cause) {
      throw new Error(`${method} answered what was not expected`, { cause });
    }
  }
});

test('web3.js calls every method that it offers and the page lists', options, async () => {
  const called = new Set();
  const connection = node.connection('confirmed', {
    fetchMiddleware: (url, init, next) => {
      for (const { method } of [JSON.parse(init.body)].flat()) called.add(method);
      next(url, init);
    },
  });
  const from = await funded(connection);
  const known = from.publicKey;
  const transaction = await signedTransfer(connection, { from, to: known, lamports: 0 });
  const signature = await confirmed(connection, transaction);
  const { value: status } = await connection.getSignatureStatus(signature);
  const { slot } = status;
  const { blockhash } = await connection.getLatestBlockhash();
  await node.waitSlots(2);

  assert.equal((await connection.getBlock(slot, v0)).parentSlot, slot - 1);
  assert.ok((await connection.getBlockHeight()) > slot);
  const production = await connection.getBlockProduction();
  assert.equal(Object.keys(production.value.byIdentity).length, 1);
  assert.ok((await connection.getBlockTime(slot)) > 0);
  assert.deepEqual(await connection.getBlocks(1, 2), [1, 2]);
  assert.equal((await connection.getClusterNodes()).length, 1);
  assert.ok((await connection.getEpochInfo()).absoluteSlot > slot);
  assert.ok((await connection.getEpochSchedule()).getEpoch(slot) >= 0);
  assert.equal((await connection.getFeeForMessage(transaction.compileMessage())).value, FEE);
  assert.equal(await connection.getFirstAvailableBlock(), 0);
  assert.equal(await connection.getMinimumLedgerSlot(), 0);
  assert.equal(new PublicKey(await connection.getGenesisHash()).toBytes().length, 32);
  assert.equal((await connection.getInflationGovernor()).terminal, 0);
  assert.equal((await connection.getInflationRate()).total, 0);
  await assert.rejects(connection.getInflationReward([known]), { code: -32004 });
  descend((await connection.getLargestAccounts()).value);
  descend((await connection.getLargestAccounts({ filter: 'circulating' })).value);
  assert.equal(Object.keys(await connection.getLeaderSchedule()).length, 1);
  assert.equal((await connection.getMultipleAccountsInfo([known])).length, 1);
  const { value: parsed } = await connection.getMultipleParsedAccounts([known, Keypair.generate().publicKey]);
  assert.equal(parsed[1], null);
  assert.deepEqual(await connection.getProgramAccounts(known), []);
  assert.ok(Array.isArray(await connection.getRecentPerformanceSamples(1)));
  assert.ok((await connection.getRecentPrioritizationFees({ lockedWritableAccounts: [known] })).length > 0);
  assert.equal((await connection.getSignaturesForAddress(known))[0].signature, signature);
  const leader = await connection.getSlotLeader();
  assert.deepEqual((await connection.getSlotLeaders(1, 2)).map(String), [leader, leader]);
  assert.equal((await connection.getStakeMinimumDelegation()).value, 1_000_000_000);
  const { value: supply } = await connection.getSupply();
  assert.deepEqual(supply.nonCirculatingAccounts, []);
  const { value: brief } = await connection.getSupply({ excludeNonCirculatingAccountsList: true });
  assert.equal(brief.nonCirculating, 0);
  assert.equal((await connection.getTransaction(signature, v0)).slot, slot);
  assert.equal((await connection.getTransactions([signature], v0))[0].slot, slot);
  assert.equal((await connection.getParsedTransactions([signature], v0))[0].slot, slot);
  assert.ok((await connection.getTransactionCount()) > 0);
  assert.match((await connection.getVersion())['solana-core'], /^\d+\.\d+\.\d+$/);
  assert.deepEqual(await connection.getVoteAccounts(), { current: [], delinquent: [] });
  assert.equal((await connection.isBlockhashValid(blockhash)).value, true);
  assert.equal((await connection.simulateTransaction(transaction)).value.err, null);
  assert.ok((await connection.getBalance(known)) > 0);
  assert.ok((await connection.getAccountInfo(known)).owner.equals(SystemProgram.programId));
  assert.ok((await connection.getSlot()) > slot);
  assert.equal(await connection.getMinimumBalanceForRentExemption(0), 890_880);

  const offered = offeredByWeb3();
  assert.ok(offered.size > 30, 'the source of web3.js was understood');
  assert.deepEqual(
    SERVED.filter((name) => offered.has(name) && !called.has(name)),
    [],
    'every one was called',
  );
});
