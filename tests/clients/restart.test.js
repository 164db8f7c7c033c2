// What a client relies on across a restart: balances, statuses, the replay window and consecutive slots.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Keypair, LAMPORTS_PER_SOL } from '@solana/web3.js';

import { startNode, temporaryLedger } from './support/node.js';
import { FEE, funded, sendParams, signedTransfer } from './support/transactions.js';

const options = { timeout: 120_000 };

for (const [how, end] of [
  ['a clean stop', (node) => node.stopCleanly()],
  ['a kill', (node) => node.kill()],
]) {
  test(`${how} loses nothing that was confirmed and lets nothing be replayed`, options, async (t) => {
    const ledger = temporaryLedger();
    const first = await startNode({ ledger });
    const connection = first.connection();
    const from = await funded(connection);
    const to = Keypair.generate().publicKey;
    const transaction = await signedTransfer(connection, { from, to, lamports: 1_000_000 });
    const wire = transaction.serialize();
    const latest = await connection.getLatestBlockhash();
    const signature = await connection.sendRawTransaction(wire);
    const confirmation = await connection.confirmTransaction({ signature, ...latest });
    assert.equal(confirmation.value.err, null);
    const { value: before } = await connection.getSignatureStatus(signature);
    const genesis = await connection.getGenesisHash();
    await end(first);

    const second = await startNode({ ledger });
    t.after(() => second.stopCleanly());
    const reopened = second.connection();
    assert.equal(await reopened.getGenesisHash(), genesis);
    assert.equal(await reopened.getBalance(to), 1_000_000);
    assert.equal(await reopened.getBalance(from.publicKey), LAMPORTS_PER_SOL - 1_000_000 - FEE);
    const { value: status } = await reopened.getSignatureStatus(signature, { searchTransactionHistory: true });
    assert.deepEqual(status, before);
    const { data } = await second.refusal('sendTransaction', sendParams(wire));
    assert.equal(data.err, 'AlreadyProcessed');
    assert.equal(await reopened.getBalance(to), 1_000_000);
  });
}
