/** Accounts, as they change. */
export * from './feed.js';
export * from './memory.js';
export * from './read.js';
