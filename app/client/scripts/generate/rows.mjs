// What stands behind the headers of accounts, which the IDL does not describe: from layout.json, which a test in
// crates/wasm compares with the program, with the words of docs/architecture.md.
import { HEAD, camel, doc, plain, quoted, tables } from './text.mjs';

/** Where each structure is described. */
const HEADINGS = {
  Asset: '#### Asset',
  MarketRow: '#### Market (row of the risk book)',
  Tier: '#### Tier',
  Volatility: '#### Volatility',
  Scan: '#### Scan',
  Contract: '#### Contract',
  Smile: '#### Smile',
  SviTerms: '#### SviTerms',
  RiskArray: '#### RiskArray',
  Position: '#### Position',
  Entry: '#### Entry',
  Order: '#### Order',
};
const ABOUT = {
  Asset: 'An asset of the risk book.',
  MarketRow: 'A market of the risk book: what trading reads. What it writes is in the account of the market.',
  Tier: 'A tier of a requirement schedule.',
  Volatility: 'What is known of the volatility of an asset, and how requirements follow it.',
  Scan: 'How an asset is scanned for portfolio margin.',
  Contract: 'When and at what a contract ends.',
  Smile: 'The smile that an option is marked by.',
  SviTerms: 'Parameters of a smile.',
  RiskArray: 'What a lot of an option is worth, and in each scenario.',
  Position: 'A slot of a margin account.',
  Entry: 'A fill, or a removal, that waits in the fill queue.',
  Order: 'A slot of the order book.',
};
/** Bytes that are more than bytes. */
const SPECIAL = {
  'Asset.feed': 'bytes',
  'Asset.oracle_owner': 'address',
  'Asset.mint': 'address',
  'Asset.vault': 'address',
  'Asset.name': 'text',
  'MarketRow.address': 'address',
  'MarketRow.name': 'text',
  'Entry.maker': 'address',
  'Order.maker': 'address',
};
const READERS = {
  u8: ['number', (at) => `view.getUint8(${at})`],
  i8: ['number', (at) => `view.getInt8(${at})`],
  u16: ['number', (at) => `view.getUint16(${at}, true)`],
  u32: ['number', (at) => `view.getUint32(${at}, true)`],
  i32: ['number', (at) => `view.getInt32(${at}, true)`],
  u64: ['bigint', (at) => `view.getBigUint64(${at}, true)`],
  i64: ['bigint', (at) => `view.getBigInt64(${at}, true)`],
};

const offset = (at) => (at === 0 ? 'at' : `at + ${at}`);

/** Type of a field, and the expression that reads it. */
function reading(structure, field) {
  const start = offset(field.offset);
  const special = SPECIAL[`${structure.name}.${field.name}`];
  if (special === 'address') return ['Address', `readAddress(view, ${start})`];
  if (special === 'text') return ['string', `readText(view, ${start}, ${field.size})`];
  if (special === 'bytes') return ['Uint8Array', `readBytes(view, ${start}, ${field.size})`];
  const step = field.size / field.count;
  const known = READERS[field.kind];
  const [type, read] = known ?? [field.kind, (at) => `read${field.kind}(view, ${at})`];
  if (field.count === 1) return [type, read(start)];
  const parts = Array.from({ length: field.count }, (_, index) => read(offset(field.offset + index * step)));
  const types = Array.from({ length: field.count }, () => type);
  return [`readonly [${types.join(', ')}]`, `[${parts.join(', ')}]`];
}

function rendered(structure, markdown) {
  const meanings = new Map();
  for (const [at, size, name, meaning] of tables(markdown, HEADINGS[structure.name])) {
    meanings.set(plain(name), { at: Number(at), size: Number(size), meaning: plain(meaning) });
  }
  const fields = structure.fields.filter((field) => !/^(padding|reserved)/.test(field.name));
  const typed = fields.map((field) => {
    const told = meanings.get(field.name);
    if (told?.at !== field.offset || told.size !== field.size) {
      throw new Error(`docs/architecture.md does not say where ${structure.name}.${field.name} is`);
    }
    const sentence = told.meaning[0].toUpperCase() + told.meaning.slice(1);
    const [type, read] = reading(structure, field);
    return { name: camel(field.name), type, read, about: `${sentence}.` };
  });
  const members = typed.map(({ name, type, about }) => `${doc(about, '  ')}  readonly ${name}: ${type};`);
  const reads = typed.map(({ name, read }) => `    ${name}: ${read},`);
  return `${doc(ABOUT[structure.name])}export interface ${structure.name} {
${members.join('\n')}
}

${doc(`Bytes of ${structure.name}.`)}export const ${sizeName(structure.name)} = ${structure.size};

${doc(`Reads ${structure.name} at an offset.`)}export function read${structure.name}(view: DataView, at: number): ${structure.name} {
  return {
${reads.join('\n')}
  };
}`;
}

const sizeName = (name) => `${name.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase()}_SIZE`;

export function rows(layout, markdown) {
  const constants = Object.entries(layout.constants).map(([name, value]) => `export const ${name} = ${value};`);
  const large = Object.entries(layout.large).map(([name, value]) => `export const ${name} = ${value}n;`);
  const seeds = Object.entries(layout.seeds).map(([name, seed]) => `  ${name}: ${quoted(seed)},`);
  const versions = Object.entries(layout.versions).map(([name, version]) => `  ${name}: ${version},`);
  // What others are made of comes first.
  const parts = ['Tier', 'Volatility', 'Scan', 'Contract', 'SviTerms', 'Smile', 'RiskArray'];
  const order = [...parts, ...layout.structures.map(({ name }) => name).filter((name) => !parts.includes(name))];
  const structures = order.map((name) => layout.structures.find((structure) => structure.name === name));
  return `${HEAD}
import type { Address } from '@solana/kit';
import { readAddress, readBytes, readText } from '../accounts/bytes.js';

/** The program's address. */
export const PROGRAM_ADDRESS = ${quoted(layout.program)} as Address<${quoted(layout.program)}>;

/** What addresses of the program's accounts are derived from. */
export const SEEDS = {
${seeds.join('\n')}
} as const;

/** The layout version of each account that this client reads. */
export const VERSIONS = {
${versions.join('\n')}
} as const;

${constants.join('\n')}
${large.join('\n')}

${structures.map((structure) => rendered(structure, markdown)).join('\n\n')}
`;
}
