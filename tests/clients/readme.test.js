// The example of the README runs as it stands; only the address and the folder of the keys are replaced.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startNode } from './support/node.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));

test('the README example transfers with a development key', { timeout: 60_000 }, async (t) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, example] = /```js\n([\s\S]*?)```/.exec(readme);
  const node = await startNode();
  t.after(() => node.stopCleanly());
  const script = example
    .replace('http://127.0.0.1:8899', node.rpcUrl)
    .replace('isobath-ledger/keys', join(node.ledger, 'keys'));
  assert.notEqual(script, example);

  // Beside this file, so that the import of web3.js resolves.
  const path = join(HERE, `.readme-example-${process.pid}.mjs`);
  t.after(() => rmSync(path, { force: true }));
  writeFileSync(path, script);
  const { stdout } = await promisify(execFile)(process.execPath, [path], { timeout: 45_000 });
  const signature = stdout.trim();
  const { value } = await node.connection().getSignatureStatus(signature);
  assert.equal(value.err, null);
});
