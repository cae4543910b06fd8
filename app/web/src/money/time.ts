/** Times as texts. */

/** Seconds in a few characters: 42 s, 3 min, 2 h, 5 d. */
export function formatSpan(seconds: number): string {
  const span = Math.max(0, Math.floor(seconds));
  if (span < 60) return `${span} s`;
  if (span < 3_600) return `${Math.floor(span / 60)} min${span < 600 && span % 60 ? ` ${span % 60} s` : ''}`;
  if (span < 86_400)
    return `${Math.floor(span / 3_600)} h${span < 36_000 && Math.floor((span % 3_600) / 60) ? ` ${Math.floor((span % 3_600) / 60)} min` : ''}`;
  return `${Math.floor(span / 86_400)} d`;
}

function two(value: number): string {
  return value.toString().padStart(2, '0');
}

/** The time of day, as the reader's clock has it. */
export function formatClock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Day and time, as the reader's clock has them, in the order that sorts. */
export function formatStamp(unixSeconds: bigint | number): string {
  const date = new Date(Number(unixSeconds) * 1_000);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${formatClock(date)}`;
}

/** A time in UTC as ISO 8601 has it: for files. */
export function isoStamp(unixSeconds: bigint | number): string {
  return new Date(Number(unixSeconds) * 1_000).toISOString().replace('.000Z', 'Z');
}
