// What the generators share.

export const HEAD = '// Written by scripts/generate.mjs. Do not edit: run `make client`.\n';

export const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
export const snake = (name) => name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
export const quoted = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** A line of documentation. */
export const doc = (text, indent = '') => (text ? `${indent}/** ${text.replaceAll('*/', '* /')} */\n` : '');

/** The rows of the Markdown tables behind a heading, up to the next heading; cells without their marks. */
export function tables(markdown, heading) {
  const start = markdown.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`no heading '${heading}'`);
  const rest = markdown.slice(start + heading.length + 2);
  const end = rest.search(/\n#{1,6} /);
  const lines = (end < 0 ? rest : rest.slice(0, end)).split('\n').filter((line) => line.startsWith('|'));
  return lines
    .filter((line) => !/^\|[-|\s:]+\|$/.test(line))
    .map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()));
}

/** A Markdown cell as plain text. */
export const plain = (cell) => cell.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
