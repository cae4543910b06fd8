/** What pages use of the client package. One place, so that a change of its shape is met here. */
export {
  decodeClearinghouse,
  decodeCustody,
  decodeMargin,
  decodeOrderBook,
  decodeRiskBook,
  type RiskTables,
} from '../../../client/src/accounts/index';
export { eventsIn } from '../../../client/src/events';
export { explain, explainCode } from '../../../client/src/errors';
export { marginAccountAddress, riskBookAddress } from '../../../client/src/pda';
export { CLOCK, SYSTEM_PROGRAM, TOKEN_PROGRAM } from '../../../client/src/programs';
export { tokenAddress } from '../../../client/src/tokens';
export { venueOf, type Collateral, type Venue } from '../../../client/src/venue';
export {
  cancelOrders,
  deposit,
  openMarginAccount,
  OrderKind,
  placeOrder,
  refreshed,
  Side,
  stale,
  trade,
  withdraw,
} from '../../../client/src/instructions/index';
export { send } from '../../../client/src/transaction/index';
