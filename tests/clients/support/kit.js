// What the tests do with @solana/kit: clients of a node, funded signers, and transactions confirmed over the WebSocket.
//
// Invariant: every subscription made here ends with the call that made it, so no socket keeps the process alive.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import {
  airdropFactory,
  appendTransactionMessageInstructions,
  assertIsTransactionWithBlockhashLifetime,
  assertIsTransactionWithDurableNonceLifetime,
  compressTransactionMessageUsingAddressLookupTables,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  generateKeyPairSigner,
  getSignatureFromTransaction,
  isSolanaError,
  lamports,
  pipe,
  sendAndConfirmDurableNonceTransactionFactory,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  setTransactionMessageLifetimeUsingDurableNonce,
  signTransactionMessageWithSigners,
} from '@solana/kit';

import { bounded } from './node.js';

/** A SOL, as kit counts. */
export const SOL = 1_000_000_000n;

/** The clients that kit makes for a node, and what is built from them. */
export class Kit {
  constructor(node) {
    this.rpc = createSolanaRpc(node.rpcUrl);
    this.rpcSubscriptions = createSolanaRpcSubscriptions(node.wsUrl);
    this.#airdrop = airdropFactory(this);
    this.#confirmRecent = sendAndConfirmTransactionFactory(this);
    this.#confirmNonce = sendAndConfirmDurableNonceTransactionFactory(this);
  }

  #airdrop;
  #confirmRecent;
  #confirmNonce;

  /** A new signer that holds `amount` lamports, confirmed over the WebSocket. */
  async funded(amount = SOL) {
    const signer = await generateKeyPairSigner();
    await this.airdrop(signer.address, amount);
    return signer;
  }

  /** Requests an airdrop and waits until it is confirmed over the WebSocket. Answers its signature. */
  airdrop(address, amount) {
    return bounded((abortSignal) =>
      this.#airdrop({
        recipientAddress: address,
        lamports: lamports(amount),
        commitment: 'confirmed',
        abortSignal,
      }),
    );
  }

  /** The transaction message of `instructions` under the newest blockhash. */
  async message(payer, instructions, { version = 0, tables } = {}) {
    const { value: latest } = await this.rpc.getLatestBlockhash().send();
    const message = pipe(
      createTransactionMessage({ version }),
      (empty) => setTransactionMessageFeePayerSigner(payer, empty),
      (paid) => setTransactionMessageLifetimeUsingBlockhash(latest, paid),
      (limited) => appendTransactionMessageInstructions(instructions, limited),
    );
    return tables === undefined ? message : compressTransactionMessageUsingAddressLookupTables(message, tables);
  }

  /** A signed transaction under the newest blockhash. */
  async signed(payer, instructions, options) {
    return signTransactionMessageWithSigners(await this.message(payer, instructions, options));
  }

  /** Signs, sends and confirms over the WebSocket; answers the signature. */
  async send(payer, instructions, options) {
    return this.confirm(await this.signed(payer, instructions, options));
  }

  /** Sends a signed transaction and confirms it over the WebSocket; answers the signature. */
  async confirm(transaction) {
    assertIsTransactionWithBlockhashLifetime(transaction);
    await bounded((abortSignal) => this.#confirmRecent(transaction, { commitment: 'confirmed', abortSignal }));
    return getSignatureFromTransaction(transaction);
  }

  /** A signed transaction that lives as long as a nonce; kit puts the advance in front. */
  async signedWithNonce(payer, instructions, { nonce, account, authority }) {
    const lifetime = {
      nonce,
      nonceAccountAddress: account,
      nonceAuthorityAddress: authority.address,
    };
    const message = pipe(
      createTransactionMessage({ version: 0 }),
      (empty) => setTransactionMessageFeePayerSigner(payer, empty),
      (paid) => setTransactionMessageLifetimeUsingDurableNonce(lifetime, paid),
      (limited) => appendTransactionMessageInstructions(instructions, limited),
    );
    return signTransactionMessageWithSigners(message);
  }

  /** Sends a transaction under a nonce and confirms it over the WebSocket; answers the signature. */
  async confirmWithNonce(transaction) {
    assertIsTransactionWithDurableNonceLifetime(transaction);
    await bounded((abortSignal) => this.#confirmNonce(transaction, { commitment: 'confirmed', abortSignal }));
    return getSignatureFromTransaction(transaction);
  }

  /**
   * The first `count` notifications of a subscription, such as `kit.rpcSubscriptions.slotNotifications()`.
   * `whenSubscribed` is called once the node has confirmed the subscription.
   */
  notifications(pending, count, whenSubscribed = async () => {}) {
    return bounded(async (abortSignal) => {
      const ended = new AbortController();
      const signal = AbortSignal.any([abortSignal, ended.signal]);
      try {
        const stream = await pending.subscribe({ abortSignal: signal });
        const heard = [];
        const cause = whenSubscribed();
        for await (const notification of stream) {
          heard.push(notification);
          if (heard.length === count) break;
        }
        await cause;
        assert.equal(heard.length, count, 'the stream ended before its time');
        return heard;
      } finally {
        ended.abort();
      }
    });
  }
}

/** The code, text, context and cause of the error that a call of kit ends with. */
export async function kitRefusal(promise) {
  const error = await promise.then(
    (value) => assert.fail(`accepted: ${inspect(value)}`),
    (reason) => reason,
  );
  assert.ok(isSolanaError(error), `not an error of kit's: ${error.stack}`);
  return { code: error.context.__code, message: error.message, context: error.context, cause: error.cause };
}
