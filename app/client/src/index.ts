/** Counterweight for TypeScript. The engine is in `@counterweight/client/engine`, everything else is here too. */
export * from './accounts/index.js';
export * from './errors.js';
export * from './events.js';
export * from './instructions/index.js';
export * from './live/index.js';
export * from './pda.js';
export * from './programs.js';
export * from './tokens.js';
export * from './transaction/index.js';
export * from './venue.js';
