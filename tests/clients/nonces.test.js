// Durable nonces: an account is made, a transaction lives by it, it is advanced and emptied, with web3.js and with kit.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
  SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND,
  generateKeyPairSigner,
} from '@solana/kit';
import {
  fetchNonce,
  getAdvanceNonceAccountInstruction,
  getCreateAccountInstruction,
  getInitializeNonceAccountInstruction,
  getTransferSolInstruction,
  getWithdrawNonceAccountInstruction,
  SYSTEM_PROGRAM_ADDRESS,
} from '@solana-program/system';
import {
  Keypair,
  LAMPORTS_PER_SOL,
  NONCE_ACCOUNT_LENGTH,
  NonceAccount,
  SystemProgram,
  Transaction,
  sendAndConfirmTransaction,
} from '@solana/web3.js';
import bs58 from 'bs58';

import { Kit, kitRefusal } from './support/kit.js';
import { startNode } from './support/node.js';
import { FEE, funded, sendParams, sent } from './support/transactions.js';

const BLOCKHASH_AGE_MAX = 150;
const options = { timeout: 60_000 };
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

// A nonce account of `authority`, made with web3.js.
async function makeNonce(connection, authority) {
  const nonce = Keypair.generate();
  const lamports = await connection.getMinimumBalanceForRentExemption(NONCE_ACCOUNT_LENGTH);
  const { instructions } = SystemProgram.createNonceAccount({
    fromPubkey: authority.publicKey,
    noncePubkey: nonce.publicKey,
    authorizedPubkey: authority.publicKey,
    lamports,
  });
  await sent(connection, instructions, [authority, nonce]);
  return { nonce: nonce.publicKey, lamports };
}

// A transaction that lives by the nonce and moves `lamports` to `to`.
async function underNonce(connection, authority, nonce, to, lamports) {
  const { context, value: account } = await connection.getNonceAndContext(nonce);
  const transaction = new Transaction({
    feePayer: authority.publicKey,
    nonceInfo: {
      nonce: account.nonce,
      nonceInstruction: SystemProgram.nonceAdvance({ noncePubkey: nonce, authorizedPubkey: authority.publicKey }),
    },
    minContextSlot: context.slot,
  });
  transaction.add(SystemProgram.transfer({ fromPubkey: authority.publicKey, toPubkey: to, lamports }));
  return { transaction, value: account.nonce };
}

test('web3.js: a nonce account is made and read back', options, async () => {
  const connection = node.connection();
  const authority = await funded(connection);
  const { nonce, lamports } = await makeNonce(connection, authority);
  assert.equal(await connection.getBalance(authority.publicKey), LAMPORTS_PER_SOL - lamports - 2 * FEE);
  const account = await connection.getAccountInfo(nonce);
  assert.ok(account.owner.equals(SystemProgram.programId));
  const state = NonceAccount.fromAccountData(account.data);
  assert.ok(state.authorizedPubkey.equals(authority.publicKey));
  assert.equal(state.feeCalculator.lamportsPerSignature, FEE);
  assert.equal((await connection.getNonce(nonce)).nonce, state.nonce);

  const { value: parsed } = await connection.getParsedAccountInfo(nonce);
  assert.equal(parsed.data.program, 'nonce');
  assert.equal(parsed.data.space, NONCE_ACCOUNT_LENGTH);
  assert.deepEqual(parsed.data.parsed, {
    type: 'initialized',
    info: {
      authority: authority.publicKey.toBase58(),
      blockhash: state.nonce,
      feeCalculator: { lamportsPerSignature: String(FEE) },
    },
  });
});

test('web3.js: a transaction under a nonce outlives every blockhash, and runs once', options, async () => {
  const connection = node.connection();
  const authority = await funded(connection);
  const to = Keypair.generate().publicKey;
  const { nonce } = await makeNonce(connection, authority);
  const { transaction, value: before } = await underNonce(connection, authority, nonce, to, 2_000_000);
  await node.waitSlots(BLOCKHASH_AGE_MAX + 5);
  await sendAndConfirmTransaction(connection, transaction, [authority]);
  assert.equal(await connection.getBalance(to), 2_000_000);
  assert.notEqual((await connection.getNonce(nonce)).nonce, before, 'the nonce moved on');

  const again = await node.refusal('sendTransaction', sendParams(transaction.serialize()));
  assert.equal(again.code, -32002);
  assert.ok(['AlreadyProcessed', 'BlockhashNotFound'].includes(again.data.err), again.data.err);
  await node.request('sendTransaction', sendParams(transaction.serialize(), { skipPreflight: true }));
  await node.waitSlots(3);
  assert.equal(await connection.getBalance(to), 2_000_000);
});

test('web3.js: the nonce strategy confirms, and notices a nonce that was used up', options, async () => {
  const connection = node.connection();
  const authority = await funded(connection);
  const to = Keypair.generate().publicKey;
  const { nonce } = await makeNonce(connection, authority);
  const first = await underNonce(connection, authority, nonce, to, 2_000_000);
  const second = await underNonce(connection, authority, nonce, to, 3_000_000);
  first.transaction.sign(authority);
  second.transaction.sign(authority);
  const strategy = ({ transaction, value }, signature) => ({
    signature,
    minContextSlot: transaction.minNonceContextSlot,
    nonceAccountPubkey: nonce,
    nonceValue: value,
  });
  const signature = await connection.sendRawTransaction(first.transaction.serialize());
  const { value } = await connection.confirmTransaction(strategy(first, signature));
  assert.equal(value.err, null);

  const never = second.transaction.signatures[0].signature;
  const lost = connection.confirmTransaction(strategy(second, bs58.encode(never)));
  await assert.rejects(lost, { name: 'TransactionExpiredNonceInvalidError' });
  assert.equal(await connection.getBalance(to), 2_000_000);
});

test('web3.js: a transaction that fails still pays and uses its nonce up', options, async () => {
  const connection = node.connection();
  const authority = await funded(connection);
  const { nonce, lamports } = await makeNonce(connection, authority);
  const to = Keypair.generate().publicKey;
  const { transaction, value: before } = await underNonce(connection, authority, nonce, to, 2 * LAMPORTS_PER_SOL);
  transaction.sign(authority);
  const signature = await connection.sendRawTransaction(transaction.serialize(), { skipPreflight: true });
  await node.waitSlots(3);
  const { value: status } = await connection.getSignatureStatus(signature);
  assert.deepEqual(status.err, { InstructionError: [1, { Custom: 1 }] });
  assert.notEqual((await connection.getNonce(nonce)).nonce, before);
  assert.equal(await connection.getBalance(authority.publicKey), LAMPORTS_PER_SOL - lamports - 3 * FEE);
});

test('web3.js: a nonce is advanced, given to another authority and withdrawn', options, async () => {
  const connection = node.connection();
  const [authority, heir] = [await funded(connection), await funded(connection)];
  const { nonce, lamports } = await makeNonce(connection, authority);
  const noncePubkey = nonce;
  const advance = (by) => SystemProgram.nonceAdvance({ noncePubkey, authorizedPubkey: by.publicKey });

  const before = (await connection.getNonce(nonce)).nonce;
  await node.waitSlots(1);
  await sent(connection, [advance(authority)], [authority]);
  assert.notEqual((await connection.getNonce(nonce)).nonce, before);

  const authorize = SystemProgram.nonceAuthorize({
    noncePubkey,
    authorizedPubkey: authority.publicKey,
    newAuthorizedPubkey: heir.publicKey,
  });
  await sent(connection, [authorize], [authority]);
  assert.ok((await connection.getNonce(nonce)).authorizedPubkey.equals(heir.publicKey));
  await node.waitSlots(1);
  await assert.rejects(sent(connection, [advance(authority)], [authority]), /missing required signature/);

  const toPubkey = Keypair.generate().publicKey;
  const withdraw = SystemProgram.nonceWithdraw({ noncePubkey, authorizedPubkey: heir.publicKey, toPubkey, lamports });
  await sent(connection, [withdraw], [heir]);
  assert.equal(await connection.getBalance(toPubkey), lamports);
  assert.equal(await connection.getNonce(nonce), null);
});

test('kit: a nonce account is made, used, advanced and withdrawn', options, async () => {
  const kit = new Kit(node);
  const [authority, nonce] = [await kit.funded(), await generateKeyPairSigner()];
  const account = nonce.address;
  const space = 80n;
  const amount = await kit.rpc.getMinimumBalanceForRentExemption(space).send();
  await kit.send(authority, [
    getCreateAccountInstruction({
      payer: authority,
      newAccount: nonce,
      lamports: amount,
      space,
      programAddress: SYSTEM_PROGRAM_ADDRESS,
    }),
    getInitializeNonceAccountInstruction({ nonceAccount: account, nonceAuthority: authority.address }),
  ]);
  const { data: made } = await fetchNonce(kit.rpc, account);
  assert.equal(made.authority, authority.address);
  assert.equal(made.lamportsPerSignature, BigInt(FEE));

  const to = (await generateKeyPairSigner()).address;
  const transfer = getTransferSolInstruction({ source: authority, destination: to, amount: 2_000_000n });
  const lifetime = { nonce: made.blockhash, account, authority };
  const transaction = await kit.signedWithNonce(authority, [transfer], lifetime);
  await kit.confirmWithNonce(transaction);
  assert.equal((await kit.rpc.getBalance(to).send()).value, 2_000_000n);
  const { data: used } = await fetchNonce(kit.rpc, account);
  assert.notEqual(used.blockhash, made.blockhash);

  // The same nonce once more, for another amount: preflight refuses what can never have an effect.
  const other = getTransferSolInstruction({ source: authority, destination: to, amount: 3_000_000n });
  const late = await kit.signedWithNonce(authority, [other], lifetime);
  const { code, cause } = await kitRefusal(kit.confirmWithNonce(late));
  assert.equal(code, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE);
  assert.equal(cause.context.__code, SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND);

  await node.waitSlots(1);
  await kit.send(authority, [getAdvanceNonceAccountInstruction({ nonceAccount: account, nonceAuthority: authority })]);
  const { data: advanced } = await fetchNonce(kit.rpc, account);
  assert.notEqual(advanced.blockhash, used.blockhash);
  await kit.send(authority, [
    getWithdrawNonceAccountInstruction({
      nonceAccount: account,
      recipientAccount: to,
      nonceAuthority: authority,
      withdrawAmount: amount,
    }),
  ]);
  assert.equal((await kit.rpc.getAccountInfo(account).send()).value, null);
  assert.equal((await kit.rpc.getBalance(to).send()).value, 2_000_000n + amount);
});
