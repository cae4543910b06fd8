// Events in a transaction's log.

import { getBase64Encoder } from '@solana/kit';
import { EVENTS, type EventName, type Events } from './generated/events.js';

export { type EventName, type Events } from './generated/events.js';

/** An event, by its name. */
export type AnyEvent = { [Name in EventName]: { readonly name: Name; readonly data: Events[Name] } }[EventName];

const PREFIX = 'Program data: ';

const hex = (bytes: Iterable<number>): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function eventIn(line: string): AnyEvent | undefined {
  if (!line.startsWith(PREFIX)) return undefined;
  try {
    const bytes = getBase64Encoder().encode(line.slice(PREFIX.length));
    const found = EVENTS[hex(bytes.slice(0, 8))];
    return found && ({ name: found[0], data: found[1]().decode(bytes, 8) } as AnyEvent);
  } catch {
    // A line that the runtime cut short, or of another program.
    return undefined;
  }
}

/** All events of the program in a log, in their order. Other lines, and those that were cut short, are passed over. */
export function eventsIn(logs: readonly string[]): AnyEvent[] {
  return logs.flatMap((line) => eventIn(line) ?? []);
}

/** The events of one name in a log. */
export function eventsOf<Name extends EventName>(logs: readonly string[], name: Name): Events[Name][] {
  const named = (event: AnyEvent): event is Extract<AnyEvent, { name: Name }> => event.name === name;
  return eventsIn(logs).filter(named).map((event) => event.data as Events[Name]);
}
