// What is read of a page, and how long it is waited for.

/** Long enough for a block, a reading of the page, and a busy machine. */
export const SOON = 45_000;

/** A figure as it is shown, as a number. */
export const plain = (text) => Number(text.replaceAll(',', '').replace('−', '-'));
