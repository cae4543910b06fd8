// The measured compute units, as the SDK in Rust has them: bench/compute.json, and the allowances of
// crates/sdk/src/limits.
import { HEAD, doc } from './text.mjs';

/** A number of the Rust source. */
function constant(source, name) {
  const found = source.match(new RegExp(`^(?:pub )?const ${name}: u32 = ([\\d_]+);`, 'm'));
  if (!found) throw new Error(`crates/sdk/src/limits has no ${name}`);
  return Number(found[1].replaceAll('_', ''));
}

export function limits(idl, compute, source) {
  const measured = {};
  for (const cost of compute.costs) {
    if (cost.name.startsWith('refused: ')) continue;
    // "trade, 8 fills, queued" is a `trade`; of several cases the dearest counts.
    const name = cost.name.split(/[, ]/)[0];
    const positions = cost.positions ?? 0;
    const cases = (measured[name] ??= {});
    cases[positions] = Math.max(cases[positions] ?? 0, cost.units);
  }
  const entries = idl.instructions.map((instruction) => {
    const hex = instruction.discriminator.map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const cases = Object.entries(measured[instruction.name] ?? {}).map(([positions, units]) => `[${positions}, ${units}]`);
    return `  '${hex}': ['${instruction.name}', [${cases.join(', ')}]],`;
  });
  const creating = source.match(/const CREATING: \[&str; \d+\] = \[([^\]]*)\]/);
  if (!creating) throw new Error('crates/sdk/src/limits has no CREATING');
  const creators = [...creating[1].matchAll(/"(\w+)"/g)].map(([, name]) => `'${name}'`);
  const numbers = [
    ['A_POSITION', 'What each further position costs at most, where only accounts with fewer were measured.'],
    ['SEARCHING', 'What looking for an address may cost besides, of instructions that create accounts.'],
    ['BUDGET', 'What the instructions that set the limit and the price of a unit cost.'],
    ['A_SCANNED', 'What each position costs more, in each instruction, of an account that is judged by portfolio margin or holds options.'],
    ['ARRAYS', 'What an instruction that computes arrays of options costs besides.'],
    ['AN_ARRAY', 'What each option of it costs.'],
    ['A_SMILE', 'What each option costs more whose smile is set.'],
    ['FOREIGN', 'What an instruction of another program may use, where nobody says.'],
    ['MOST_UNITS', 'The most compute units that a transaction can ask for.'],
  ].map(([name, text]) => `${doc(text)}export const ${name} = ${constant(source, name)};`);
  return `${HEAD}
${numbers.join('\n')}

/** Instructions that create accounts. */
export const CREATING: readonly string[] = [${creators.join(', ')}];

/** Name and measured cases (positions, 0 where they do not matter; compute units) of each instruction, by the first eight
 * bytes of its data, in hexadecimal. */
export const MEASURED: Readonly<Record<string, readonly [string, readonly (readonly [number, number])[]]>> = {
${entries.join('\n')}
};
`;
}
