// A local network of its own, and a cable to it that can be cut.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const TARGET = process.env.CARGO_TARGET_DIR ?? join(homedir(), '.cache/counterweight/target');

/** Passes a port on to another. `cut` ends every connection and takes no new ones until `mend`. */
export async function cable(to) {
  const open = new Set();
  const serve = () =>
    createServer((near) => {
      const far = connect(to, '127.0.0.1');
      for (const [one, other] of [
        [near, far],
        [far, near],
      ]) {
        open.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => (open.delete(one), other.destroy()));
      }
      near.pipe(far).pipe(near);
    });
  let server = serve();
  const listen = (port) =>
    new Promise((resolve, reject) =>
      server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server.address().port)),
    );
  const port = await listen(0);
  return {
    port,
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const one of open) one.destroy();
      await closed;
    },
    async mend() {
      server = serve();
      await listen(port);
    },
  };
}

/** Starts a local network with still prices and a keeper; the page is to read it through cables. */
export async function startNetwork(log) {
  const program = join(TARGET, 'debug', 'counterweight-localnet');
  if (!existsSync(program)) throw new Error(`there is no local network at ${program}: run 'make app-test'`);
  const folder = mkdtempSync(join(tmpdir(), 'counterweight-app-'));
  const args = [
    '--rpc-port',
    '0',
    '--ws-port',
    '0',
    '--faucet-port',
    '0',
    '--folder',
    folder,
    '--prices',
    'still',
    '--traders',
    '0',
    '--seed',
    '7',
    '--status-seconds',
    '0',
  ];
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const words = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => words.push(data));
  const file = join(folder, 'localnet.json');
  const until = Date.now() + 240_000;
  while (!existsSync(file)) {
    if (child.exitCode !== null || Date.now() > until)
      throw new Error(`the local network did not start:\n${Buffer.concat(words)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const addresses = JSON.parse(readFileSync(file, 'utf8'));
  const [rpc, ws] = await Promise.all([cable(Number(new URL(addresses.rpc).port)), cable(Number(new URL(addresses.ws).port))]);
  const shown = join(folder, 'page.json');
  writeFileSync(shown, JSON.stringify({ ...addresses, rpc: `http://127.0.0.1:${rpc.port}`, ws: `ws://127.0.0.1:${ws.port}` }));
  log(`a local network is there (${addresses.keeper ? 'with' : 'without'} a keeper)`);
  return {
    addresses,
    shown,
    cut: () => Promise.all([rpc.cut(), ws.cut()]),
    mend: () => Promise.all([rpc.mend(), ws.mend()]),
    /** Sets what an oracle says from now on. */
    async price(asset, price) {
      const response = await fetch(`${addresses.faucet}/price`, { method: 'POST', body: JSON.stringify({ asset, price }) });
      if (!response.ok) throw new Error(`setting the price of ${asset}: ${await response.text()}`);
    },
    words: () => Buffer.concat(words).toString(),
    async stop() {
      await new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', resolve);
        child.kill('SIGTERM');
        // Only a network that does not end by itself is ended.
        setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
      });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
