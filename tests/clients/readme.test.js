// The example of the README runs as it stands, in an empty folder: the commands of its shell block and then its script.
//
// It needs the default port of a node and installs web3.js as a reader would.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { Connection } from '@solana/web3.js';

import { binaryPath } from './support/node.js';

const URL_OF_README = 'http://127.0.0.1:8899';
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test('the README example transfers with a development key', { timeout: 180_000 }, async (t) => {
  const commands = /```sh\n(mkdir hello[\s\S]*?)```/.exec(README)[1];
  const script = /```js\n([\s\S]*?)```/.exec(README)[1];
  assert.ok(script.includes(`'${URL_OF_README}'`));
  assert.ok(!(await isServed()), `another node is running at ${URL_OF_README}; stop it`);

  const folder = mkdtempSync(join(tmpdir(), 'isobath-readme-'));
  mkdirSync(join(folder, 'target/release'), { recursive: true });
  symlinkSync(resolve(binaryPath()), join(folder, 'target/release/isobath'));
  // A group of its own, so that the node in its background ends with it.
  const shell = spawn('bash', ['-euc', `${commands}\nwait`], { cwd: folder, detached: true, stdio: 'ignore' });
  const ended = new Promise((resolve) => shell.once('exit', resolve));
  t.after(async () => {
    process.kill(-shell.pid, 'SIGTERM');
    await ended;
    while (await isServed()) await sleep(50);
    rmSync(folder, { recursive: true, force: true });
  });

  const hello = join(folder, 'hello');
  while (!(await isServed()) || !isInstalled(hello)) await sleep(50);
  writeFileSync(join(hello, 'transfer.mjs'), script);
  const { stdout } = await promisify(execFile)(process.execPath, ['transfer.mjs'], { cwd: hello, timeout: 45_000 });
  const { value } = await new Connection(URL_OF_README, 'confirmed').getSignatureStatus(stdout.trim());
  assert.equal(value.err, null);
});

async function isServed() {
  return fetch(`${URL_OF_README}/health`).then(
    (response) => response.ok,
    () => false,
  );
}

/** npm writes the lock file last. */
function isInstalled(folder) {
  try {
    return readFileSync(join(folder, 'package-lock.json')).length > 0;
  } catch {
    return false;
  }
}
