// Transactions for the tests: funded keypairs, wire bytes, and signatures that a careless node would be fooled by.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { ed25519 } from '@noble/curves/ed25519';
import {
  Keypair,
  LAMPORTS_PER_SOL,
  SystemProgram,
  Transaction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';

/** Lamports that an account without data needs in order to be rent exempt. */
export const RENT_EXEMPT_EMPTY = 890_880;

/** The base fee for one signature. */
export const FEE = 5_000;

/** A new keypair that holds `lamports`, confirmed. */
export async function funded(connection, lamports = LAMPORTS_PER_SOL) {
  const keypair = Keypair.generate();
  await airdrop(connection, keypair.publicKey, lamports);
  return keypair;
}

/** Requests an airdrop and waits until it is confirmed over the WebSocket. */
export async function airdrop(connection, to, lamports) {
  const latest = await connection.getLatestBlockhash();
  const signature = await connection.requestAirdrop(to, lamports);
  const confirmation = await connection.confirmTransaction({ signature, ...latest });
  assert.equal(confirmation.value.err, null);
  return signature;
}

/** A signed legacy transfer under the newest blockhash, or under the one given. */
export async function signedTransfer(connection, { from, to, lamports, payer = from, blockhash }) {
  const instruction = SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports });
  return signed(connection, [instruction], payer === from ? [from] : [payer, from], blockhash);
}

/** A legacy transaction signed by `signers`; the first of them pays. */
export async function signed(connection, instructions, signers, blockhash) {
  const recentBlockhash = blockhash ?? (await connection.getLatestBlockhash()).blockhash;
  const transaction = new Transaction({ feePayer: signers[0].publicKey, recentBlockhash });
  transaction.add(...instructions);
  transaction.sign(...signers);
  return transaction;
}

/** Signs, sends and confirms over the WebSocket; answers the signature. */
export async function sent(connection, instructions, signers) {
  return confirmed(connection, await signed(connection, instructions, signers));
}

/** Sends a signed transaction of either version and confirms it over the WebSocket; answers the signature. */
export async function confirmed(connection, transaction) {
  const latest = await connection.getLatestBlockhash();
  const signature = await connection.sendRawTransaction(transaction.serialize());
  const confirmation = await connection.confirmTransaction({ signature, ...latest });
  assert.equal(confirmation.value.err, null);
  return signature;
}

/** A signed version 0 transaction under the newest blockhash. */
export async function signedV0(connection, instructions, signers, tables = []) {
  const { blockhash } = await connection.getLatestBlockhash();
  const message = new TransactionMessage({
    payerKey: signers[0].publicKey,
    recentBlockhash: blockhash,
    instructions,
  }).compileToV0Message(tables);
  const transaction = new VersionedTransaction(message);
  transaction.sign(signers);
  return transaction;
}

/** Parameters of `sendTransaction` for wire bytes. */
export function sendParams(wire, options = {}) {
  return [Buffer.from(wire).toString('base64'), { encoding: 'base64', ...options }];
}

const L = ed25519.CURVE.n;

/**
 * A second valid signature over `message` by the same key.
 *
 * Ed25519 derives its nonce from the key and the message only by convention: a signer may pick another nonce `r` and
 * gets another valid pair (R, s) = (r B, r + H(R, A, M) a). Whoever takes the signature for the identity of a
 * transaction can thus be made to run the same message twice.
 */
export function signWithOtherNonce(keypair, message) {
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(keypair.secretKey.slice(0, 32));
  const nonce = hashToScalar(Buffer.from('another nonce'), keypair.secretKey, message);
  const commitment = ed25519.Point.BASE.multiply(nonce).toBytes();
  const challenge = hashToScalar(commitment, pointBytes, message);
  const response = (nonce + challenge * scalar) % L;
  const signature = Buffer.concat([commitment, littleEndian32(response)]);
  assert.ok(ed25519.verify(signature, message, pointBytes), 'the second signature is itself valid');
  return signature;
}

function hashToScalar(...parts) {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return BigInt(`0x${Buffer.from(hash.digest()).reverse().toString('hex')}`) % L;
}

function littleEndian32(value) {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

/** The wire bytes of a signed legacy transaction with its first signature replaced. */
export function withFirstSignature(transaction, signature) {
  const wire = Buffer.from(transaction.serialize());
  Buffer.from(signature).copy(wire, 1);
  return wire;
}
