// Requests as a browser makes them for a page, an extension or an explorer on another origin.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';

import { Keypair } from '@solana/web3.js';
import WebSocket from 'ws';

import { nextEvent, startNode } from './support/node.js';

const ORIGINS = ['https://explorer.solana.com', 'http://localhost:3000', 'chrome-extension://abcdefghijklmnop', 'null'];
const options = { timeout: 60_000 };
let node;

before(async () => {
  node = await startNode();
});
after(() => node?.stopCleanly());

// `fetch` of Node refuses to set what a browser sets by itself, so these requests are made by hand.
function ask(method, headers, body = '') {
  return new Promise((resolve, reject) => {
    const sent = request(node.rpcUrl, { method, headers, agent: false }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status, headers: received } = response;
        resolve({ status, headers: received, body: Buffer.concat(chunks).toString() });
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const list = (header) => (header ?? '').split(',').map((item) => item.trim().toLowerCase());

// Whether a browser lets `origin` read a response that came without credentials.
function assertReadable(headers, origin) {
  assert.ok(['*', origin].includes(headers['access-control-allow-origin']), `${origin}: ${JSON.stringify(headers)}`);
}

test('a preflight allows POST with the headers of the clients', options, async () => {
  for (const origin of ORIGINS) {
    const { status, headers, body } = await ask('OPTIONS', {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,solana-client,x-custom',
    });
    assert.ok(status >= 200 && status < 300, `status ${status}`);
    assert.equal(body, '');
    assertReadable(headers, origin);
    assert.ok(list(headers['access-control-allow-methods']).includes('post'));
    const allowed = list(headers['access-control-allow-headers']);
    for (const name of ['content-type', 'solana-client', 'x-custom']) assert.ok(allowed.includes(name), name);
    assert.ok(Number(headers['access-control-max-age']) > 0);
    // Caches must not hand the answer for one request to another.
    const vary = list(headers.vary);
    for (const name of ['access-control-request-method', 'access-control-request-headers']) {
      assert.ok(vary.includes(name), `vary names ${name}`);
    }
  }
});

test('the answer to a call can be read, and so can a refusal', options, async () => {
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getHealth' });
  for (const origin of ORIGINS) {
    const json = { origin, 'content-type': 'application/json', 'solana-client': 'js/1.0.0-maintenance' };
    const served = await ask('POST', json, call);
    assert.equal(served.status, 200);
    assertReadable(served.headers, origin);
    assert.deepEqual(JSON.parse(served.body), { jsonrpc: '2.0', id: 1, result: 'ok' });

    const unreadable = await ask('POST', json, '{');
    assertReadable(unreadable.headers, origin);
    assert.equal(JSON.parse(unreadable.body).error.code, -32700);
    const large = await ask('POST', json, ' '.repeat(200_000));
    assert.equal(large.status, 413);
    assertReadable(large.headers, origin);
    const plain = await ask('POST', { origin, 'content-type': 'text/plain' }, call);
    assert.equal(plain.status, 415, 'a form on any page could send this without a preflight');
    assertReadable(plain.headers, origin);
    const health = await fetch(new URL('/health', node.rpcUrl), { headers: { 'x-origin': origin } });
    assert.equal(await health.text(), 'ok');
    assertReadable(Object.fromEntries(health.headers), origin);
  }
});

test('an airdrop, which needs no signature, is for local pages and for requests without an origin', options, async () => {
  const params = [Keypair.generate().publicKey.toBase58(), 1_000_000_000];
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'requestAirdrop', params });
  for (const origin of [...ORIGINS, undefined]) {
    const headers = { 'content-type': 'application/json', ...(origin === undefined ? {} : { origin }) };
    const { status, headers: received, body } = await ask('POST', headers, call);
    assert.equal(status, 200);
    const answer = JSON.parse(body);
    if (origin === undefined || origin === 'http://localhost:3000') {
      assert.equal(typeof answer.result, 'string', `${origin}: ${body}`);
    } else {
      assertReadable(received, origin);
      assert.equal(answer.error.code, -32600, `${origin}: ${body}`);
      assert.match(answer.error.message, /--cors-origin/);
    }
  }
});

test('a request to a host that is not this machine is refused', options, async () => {
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getHealth' });
  const { status, body } = await ask('POST', { host: 'rebound.example', 'content-type': 'application/json' }, call);
  assert.equal(status, 403);
  assert.match(body, /rebound\.example.*--allowed-host/s);
});

test('a WebSocket of any origin is served', options, async () => {
  for (const origin of ORIGINS) {
    const socket = new WebSocket(node.wsUrl, { origin });
    const [reply] = await nextEvent((resolve) => {
      socket.on('open', () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'slotSubscribe' })));
      socket.on('message', (data) => resolve(JSON.parse(data)));
      socket.on('error', (error) => resolve({ error: String(error) }));
    });
    assert.equal(reply.id, 7, JSON.stringify(reply));
    const [notification] = await nextEvent((resolve) => socket.on('message', (data) => resolve(JSON.parse(data))));
    assert.equal(notification.method, 'slotNotification');
    assert.equal(notification.params.subscription, reply.result);
    socket.close();
  }
});
