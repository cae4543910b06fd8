// The program's errors: number, name, sentence for a person, and what to do, from docs/errors.md. The IDL must say the
// same.
import { HEAD, plain, quoted } from './text.mjs';

export function errors(idl, markdown) {
  const cells = [...markdown.matchAll(/^\| (\d{4}) \| `(\w+)` \| (.*?) \| (.*) \|$/gm)];
  const said = new Map(cells.map(([, number, name, sentence, advice]) => [Number(number), { name, sentence, advice }]));
  const lines = idl.errors.map((error) => {
    const found = said.get(error.code);
    if (found?.name !== error.name || found.sentence !== error.msg) {
      throw new Error(`docs/errors.md does not say of ${error.code} (${error.name}) what the IDL says`);
    }
    return `  ${error.code}: [${quoted(error.name)}, ${quoted(error.msg)}, ${quoted(plain(found.advice))}],`;
  });
  if (said.size !== idl.errors.length) throw new Error('docs/errors.md has errors that the IDL does not have');
  const names = idl.errors.map((error) => `  ${error.name}: ${error.code},`);
  return `${HEAD}
/** The program's error numbers by name. */
export const ErrorCode = {
${names.join('\n')}
} as const;

/** The name of an error of the program. */
export type ErrorName = keyof typeof ErrorCode;

/** Name, sentence for a person, and what to do, by number. */
export const ERRORS: Readonly<Record<number, readonly [ErrorName, string, string]>> = {
${lines.join('\n')}
};
`;
}
