/** Instructions, each from what a caller knows. */
export * from './account.js';
export * from './common.js';
export * from './liquidation.js';
export * from './options.js';
export * from './prices.js';
export * from './trading.js';
export * from './triggers.js';
export { OrderKind, SelfTrade, Side } from '../generated/program/index.js';
