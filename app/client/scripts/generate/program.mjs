// The program's instructions, accounts and types, by Codama.
import { rootNodeFromAnchor } from '@codama/nodes-from-anchor';
import { renderVisitor } from '@codama/renderers-js';
import { createFromRoot } from 'codama';
import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Units that are a number in a struct of their own: as that number they are easier to use. */
const UNITS = { QuoteAtoms: 'i64', Ratio: 'u32' };

/** What of the IDL Codama is given: addresses are derived by hand (src/pda.ts), events and errors have files of their own. */
function prepared(idl) {
  const copy = JSON.parse(JSON.stringify(idl), (key, value) => {
    const unit = value?.defined?.name;
    return unit in UNITS ? UNITS[unit] : value;
  });
  copy.types = copy.types.filter((type) => !(type.name in UNITS));
  copy.events = [];
  copy.errors = [];
  for (const instruction of copy.instructions) {
    for (const account of instruction.accounts) delete account.pda;
  }
  return copy;
}

/** Node's own loader takes no folder and no missing extension for a module. */
function withExtensions(text, folder) {
  return text.replaceAll(/from "(\.[^"]*)"/g, (_, path) => {
    const file = existsSync(join(folder, `${path}.ts`));
    return `from "${file ? `${path}.js` : `${path.replace(/\/$/, '')}/index.js`}"`;
  });
}

export async function program(idl, folder) {
  const codama = createFromRoot(rootNodeFromAnchor(prepared(idl)));
  await codama.accept(
    renderVisitor(folder, { deleteFolderBeforeRendering: true, formatCode: true, kitImportStrategy: 'rootOnly' }),
  );
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    await writeFile(path, withExtensions(await readFile(path, 'utf8'), dirname(path)));
  }
}
