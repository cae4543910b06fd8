/** What pages use of the client package. One place, so that a change of its shape is met here. */
export {
  decodeClearinghouse,
  decodeCustody,
  decodeMargin,
  decodeOrderBook,
  decodeRiskBook,
  PROGRAM_ADDRESS,
  SEEDS,
} from '../../../client/src/accounts/index';
export { eventsIn } from '../../../client/src/events';
