// Takes the examples out of README.md: test/readme/*.ts (not committed). They are compiled and run by the tests.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const client = fileURLToPath(new URL('..', import.meta.url));
const folder = join(client, 'test/readme');

/** The examples of README.md: name of the file, and its text. */
export function examples() {
  const blocks = readFileSync(join(client, 'README.md'), 'utf8').matchAll(/```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)```/g);
  return [...blocks].map(([, name, text]) => ({ name, text }));
}

/** Writes them. What they share is as README.md shows it, for the types; the tests put something else in its place. */
export function extract() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of examples()) writeFileSync(join(folder, name), `${text}export {};\n`);
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(`wrote ${extract()}`);
