// The events of the log: which bytes they begin with, and how they are read.
import { HEAD, camel } from './text.mjs';

const pascal = (name) => name[0].toUpperCase() + camel(name.slice(1));

export function events(idl) {
  const names = idl.events.map((event) => pascal(event.name)).sort();
  const imports = names.map((name) => `  get${name}Decoder,\n  type ${name},`).join('\n');
  const types = names.map((name) => `  ${name}: ${name};`).join('\n');
  const discriminators = Object.fromEntries(idl.events.map((event) => [pascal(event.name), event.discriminator]));
  const entries = names.map((name) => {
    const hex = discriminators[name].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return `  '${hex}': ['${name}', get${name}Decoder],`;
  });
  return `${HEAD}
import type { Decoder } from '@solana/kit';
import {
${imports}
} from './program/types/index.js';

/** The events by name. */
export type Events = {
${types}
};

/** The name of an event. */
export type EventName = keyof Events;

/** Name and decoder of each event, by the first eight bytes of its data, in hexadecimal. */
export const EVENTS: Readonly<Record<string, readonly [EventName, () => Decoder<Events[EventName]>]>> = {
${entries.join('\n')}
};
`;
}
