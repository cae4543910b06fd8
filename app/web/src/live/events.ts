import type { Told } from '../model/events';
import { eventsIn } from '@counterweight/client';

/** The events of a log that pages read. Others pass through and are met by nobody. */
export function readEvents(logs: readonly string[]): readonly Told[] {
  return eventsIn(logs) as unknown as readonly Told[];
}
