// Writes src/generated from what the program says of itself: the IDL, the layout, the table of errors, the measured
// compute units. `--check` writes nothing and fails where the files there are not current.
import { mkdtemp, readFile, readdir, rm, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errors } from './generate/errors.mjs';
import { events } from './generate/events.mjs';
import { limits } from './generate/limits.mjs';
import { program } from './generate/program.mjs';
import { rows } from './generate/rows.mjs';

const client = fileURLToPath(new URL('..', import.meta.url));
const root = join(client, '../..');
const out = join(client, 'src/generated');
const text = (path) => readFile(join(root, path), 'utf8');

/** Every file of a folder: its path inside, and its text. */
async function files(folder) {
  const found = new Map();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((entry) => entry.isFile())) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    found.set(relative(folder, path), await readFile(path, 'utf8'));
  }
  return found;
}

async function generated() {
  const idl = JSON.parse(await text('idl/counterweight.json'));
  const folder = await mkdtemp(join(tmpdir(), 'counterweight-client-'));
  try {
    await program(idl, join(folder, 'program'));
    const all = await files(folder);
    all.set('events.ts', events(idl));
    all.set('rows.ts', rows(JSON.parse(await text('app/client/layout.json')), await text('docs/architecture.md')));
    all.set('errors.ts', errors(idl, await text('docs/errors.md')));
    all.set('limits.ts', limits(idl, JSON.parse(await text('bench/compute.json')), await text('crates/sdk/src/limits/mod.rs')));
    return all;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const wanted = await generated();
if (process.argv.includes('--check')) {
  const present = await files(out);
  const names = new Set([...wanted.keys(), ...present.keys()]);
  const stale = [...names].filter((name) => wanted.get(name) !== present.get(name)).sort();
  if (stale.length > 0) {
    console.error(`app/client/src/generated is not current (${stale.join(', ')}): run 'make client'`);
    process.exit(1);
  }
  console.log('app/client/src/generated is current');
} else {
  await rm(out, { recursive: true, force: true });
  for (const [name, content] of wanted) {
    const path = join(out, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  console.log(`wrote ${wanted.size} files to app/client/src/generated`);
}
