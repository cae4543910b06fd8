/** Accounts from their bytes, and what their integers mean. */
export * from './decode.js';
export * from './units.js';
export * from './depth.js';
export * from './oracle.js';
export * from './triggers.js';
export * from '../generated/rows.js';
