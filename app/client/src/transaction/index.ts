/** From instructions to a transaction that was carried out. */
export * from './compose.js';
export * from './limits.js';
export * from './send.js';
export * from './tables.js';
export * from './view.js';
