// Starts and stops an `isobath dev` process for a test file.
//
// Invariant: a node started here never outlives the process that started it, and its ledger folder goes with it,
// whatever way the tests end. What the node prints on stderr is kept and shown only when something went wrong.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Connection } from '@solana/web3.js';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const READY = /^ready rpc=(http:\/\/\S+) ws=(ws:\/\/\S+)$/;
const START_MS_MAX = 30_000;
const STOP_MS_MAX = 15_000;
const STDERR_LINES_KEPT = 200;

/** The default pace of test nodes: a blockhash lives for 150 slots, which is 7.5 seconds here. */
export const SLOT_MS = 50;

/** The newest `isobath` binary, or the one that `ISOBATH_BIN` names. */
export function binaryPath() {
  if (process.env.ISOBATH_BIN) return process.env.ISOBATH_BIN;
  const target = process.env.CARGO_TARGET_DIR ?? join(REPOSITORY, 'target');
  const found = ['release', 'debug']
    .map((profile) => join(target, profile, 'isobath'))
    .filter((path) => existsSync(path))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  assert.ok(found.length > 0, `no isobath binary under ${target}; run cargo build --release first`);
  return found[0];
}

/** A ledger folder that is removed when this process ends. */
export function temporaryLedger() {
  const path = mkdtempSync(join(tmpdir(), 'isobath-clients-'));
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * Starts a node and waits for its `ready` line.
 *
 * @param {{slotMs?: number, ledger?: string}} options a ledger folder that is handed in is left in place
 */
export async function startNode({ slotMs = SLOT_MS, ledger } = {}) {
  const node = new TestNode(ledger ?? temporaryLedger(), ledger === undefined, slotMs);
  try {
    await node.waitUntilReady();
  } catch (error) {
    await node.stop().catch(() => {});
    throw error;
  }
  return node;
}

class TestNode {
  #child;
  #ownsLedger;
  #stderr = [];
  #connections = [];
  #exited;
  #killAtExit;

  constructor(ledger, ownsLedger, slotMs) {
    this.ledger = ledger;
    this.stdout = [];
    this.#ownsLedger = ownsLedger;
    const args = ['dev', '--rpc-port', '0', '--ledger', ledger, '--slot-ms', String(slotMs)];
    this.#child = spawn(binaryPath(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ code: null, signal: null, error }));
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    this.#killAtExit = () => this.#child.kill('SIGKILL');
    process.once('exit', this.#killAtExit);
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      this.#stderr.push(line);
      if (this.#stderr.length > STDERR_LINES_KEPT) this.#stderr.shift();
    });
  }

  /** Resolves once the node serves; rejects when it exits or says nothing in time. */
  async waitUntilReady() {
    const lines = createInterface({ input: this.#child.stdout });
    const ready = new Promise((resolve) => {
      lines.on('line', (line) => {
        this.stdout.push(line);
        const match = READY.exec(line);
        if (match) resolve(match);
      });
    });
    const cancel = new AbortController();
    const timeout = sleep(START_MS_MAX, undefined, { signal: cancel.signal }).catch(() => {});
    const first = await Promise.race([ready, this.#exited, timeout]);
    cancel.abort();
    assert.ok(Array.isArray(first), `the node did not become ready: ${this.#report(first)}`);
    [, this.rpcUrl, this.wsUrl] = first;
  }

  /**
   * A new web3.js connection to this node. Each has its own blockhash cache: web3.js keeps a blockhash for 30
   * seconds, longer than one lives at the pace of the tests, so every test takes a new connection.
   */
  connection(commitment = 'confirmed', options = {}) {
    const connection = new Connection(this.rpcUrl, { commitment, wsEndpoint: this.wsUrl, ...options });
    this.#connections.push(connection);
    return connection;
  }

  /** Sends one JSON-RPC request as it stands and returns the whole reply object. */
  async request(method, params = []) {
    const response = await fetch(this.rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    return response.json();
  }

  /** The `error` member of the reply to one request, which must have failed. */
  async refusal(method, params) {
    const reply = await this.request(method, params);
    assert.ok('error' in reply, `${method} was accepted: ${JSON.stringify(reply)}`);
    return reply.error;
  }

  /** Waits until `count` more blocks are published. */
  async waitSlots(count) {
    const { result: first } = await this.request('getSlot');
    for (;;) {
      const { result: now } = await this.request('getSlot');
      if (now >= first + count) return;
      await sleep(SLOT_MS / 2);
    }
  }

  /** Stops the node: SIGTERM, then SIGKILL when it does not end in time. Answers how it ended. */
  async stop() {
    for (const connection of this.#connections.splice(0)) closeWebSocket(connection);
    this.#child.kill('SIGTERM');
    const cancel = new AbortController();
    const late = sleep(STOP_MS_MAX, 'late', { signal: cancel.signal }).catch(() => {});
    if ((await Promise.race([this.#exited, late])) === 'late') this.#child.kill('SIGKILL');
    cancel.abort();
    const end = await this.#exited;
    process.removeListener('exit', this.#killAtExit);
    if (this.#ownsLedger) rmSync(this.ledger, { recursive: true, force: true });
    return { ...end, stderr: this.#stderr };
  }

  /** Stops the node and requires that it ended well: exit code 0 and one line on stdout. */
  async stopCleanly() {
    const end = await this.stop();
    assert.equal(end.code, 0, `the node did not end well: ${this.#report(end)}`);
    assert.equal(this.stdout.length, 1, `stdout carries the ready line and nothing else: ${this.stdout.join('\n')}`);
  }

  /** Ends the node at once, as a power cut would, leaving the ledger as it is. */
  async kill() {
    for (const connection of this.#connections.splice(0)) closeWebSocket(connection);
    this.#child.kill('SIGKILL');
    await this.#exited;
    process.removeListener('exit', this.#killAtExit);
  }

  #report(end) {
    const how = end === undefined ? `nothing within ${START_MS_MAX} ms` : JSON.stringify(end, ['code', 'signal']);
    const cause = end?.error ? `\n${end.error}` : '';
    return `${how}${cause}\n${this.#stderr.join('\n')}`;
  }
}

// web3.js has no public call to close its WebSocket and would try to reconnect for ever once the node is gone.
function closeWebSocket(connection) {
  connection._rpcWebSocket.setAutoReconnect(false);
  connection._rpcWebSocket.close();
}

/** Waits for one event of an emitter-like subscription made by `subscribe(resolve)`, with a bound. */
export async function nextEvent(subscribe, timeoutMs = 10_000) {
  const cancel = new AbortController();
  const late = sleep(timeoutMs, undefined, { signal: cancel.signal }).then(
    () => {
      throw new Error(`no notification within ${timeoutMs} ms`);
    },
    () => {},
  );
  try {
    return await Promise.race([new Promise((resolve) => subscribe((...args) => resolve(args))), late]);
  } finally {
    cancel.abort();
  }
}

/** Runs `work` with a signal that aborts it when it takes too long. */
export async function bounded(work, timeoutMs = 20_000) {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    return await work(late);
  } catch (error) {
    if (late.aborted) throw new Error(`not done within ${timeoutMs} ms`, { cause: error });
    throw error;
  }
}

/** Waits until the node has confirmed a subscription; web3.js offers no public event for it. */
export async function subscribed(connection, id) {
  await nextEvent((resolve) => {
    connection._onSubscriptionStateChange(id, (state) => state === 'subscribed' && resolve());
  });
}
