// Written by scripts/generate.mjs. Do not edit: run `make client`.

import type { Decoder } from '@solana/kit';
import {
  getAccountChangedDecoder,
  type AccountChanged,
  getAssetChangedDecoder,
  type AssetChanged,
  getAuditedDecoder,
  type Audited,
  getBalanceMovedDecoder,
  type BalanceMoved,
  getBalanceTransferredDecoder,
  type BalanceTransferred,
  getBlockTradeSettledDecoder,
  type BlockTradeSettled,
  getCaughtUpDecoder,
  type CaughtUp,
  getClearinghouseCreatedDecoder,
  type ClearinghouseCreated,
  getCollateralLiquidatedDecoder,
  type CollateralLiquidated,
  getContractSettledDecoder,
  type ContractSettled,
  getDefaultResolvedDecoder,
  type DefaultResolved,
  getDeleveragedDecoder,
  type Deleveraged,
  getDustSweptDecoder,
  type DustSwept,
  getFeesCollectedDecoder,
  type FeesCollected,
  getFillsSettledDecoder,
  type FillsSettled,
  getFundingUpdatedDecoder,
  type FundingUpdated,
  getGovernanceChangedDecoder,
  type GovernanceChanged,
  getInterestAccruedDecoder,
  type InterestAccrued,
  getLedgerMovedDecoder,
  type LedgerMoved,
  getLiquidatedDecoder,
  type Liquidated,
  getLiquidationFlaggedDecoder,
  type LiquidationFlagged,
  getMarketChangedDecoder,
  type MarketChanged,
  getModelChangedDecoder,
  type ModelChanged,
  getOrderEditedDecoder,
  type OrderEdited,
  getOrderProcessedDecoder,
  type OrderProcessed,
  getOrdersCancelledDecoder,
  type OrdersCancelled,
  getOrdersPlacedDecoder,
  type OrdersPlaced,
  getOutflowLimitSetDecoder,
  type OutflowLimitSet,
  getPositionSettledDecoder,
  type PositionSettled,
  getRiskBookMigratedDecoder,
  type RiskBookMigrated,
  getSliceLiquidatedDecoder,
  type SliceLiquidated,
  getSmileSetDecoder,
  type SmileSet,
  getTriggerChangedDecoder,
  type TriggerChanged,
  getTriggerExecutedDecoder,
  type TriggerExecuted,
} from './program/types/index.js';

/** The events by name. */
export type Events = {
  AccountChanged: AccountChanged;
  AssetChanged: AssetChanged;
  Audited: Audited;
  BalanceMoved: BalanceMoved;
  BalanceTransferred: BalanceTransferred;
  BlockTradeSettled: BlockTradeSettled;
  CaughtUp: CaughtUp;
  ClearinghouseCreated: ClearinghouseCreated;
  CollateralLiquidated: CollateralLiquidated;
  ContractSettled: ContractSettled;
  DefaultResolved: DefaultResolved;
  Deleveraged: Deleveraged;
  DustSwept: DustSwept;
  FeesCollected: FeesCollected;
  FillsSettled: FillsSettled;
  FundingUpdated: FundingUpdated;
  GovernanceChanged: GovernanceChanged;
  InterestAccrued: InterestAccrued;
  LedgerMoved: LedgerMoved;
  Liquidated: Liquidated;
  LiquidationFlagged: LiquidationFlagged;
  MarketChanged: MarketChanged;
  ModelChanged: ModelChanged;
  OrderEdited: OrderEdited;
  OrderProcessed: OrderProcessed;
  OrdersCancelled: OrdersCancelled;
  OrdersPlaced: OrdersPlaced;
  OutflowLimitSet: OutflowLimitSet;
  PositionSettled: PositionSettled;
  RiskBookMigrated: RiskBookMigrated;
  SliceLiquidated: SliceLiquidated;
  SmileSet: SmileSet;
  TriggerChanged: TriggerChanged;
  TriggerExecuted: TriggerExecuted;
};

/** The name of an event. */
export type EventName = keyof Events;

/** Name and decoder of each event, by the first eight bytes of its data, in hexadecimal. */
export const EVENTS: Readonly<Record<string, readonly [EventName, () => Decoder<Events[EventName]>]>> = {
  'b7bf103b5b680107': ['AccountChanged', getAccountChangedDecoder],
  '0fb02209fb267f5d': ['AssetChanged', getAssetChangedDecoder],
  'bce8d81e274c2e0a': ['Audited', getAuditedDecoder],
  '88debe1e82796835': ['BalanceMoved', getBalanceMovedDecoder],
  '6efe0312b56c9d56': ['BalanceTransferred', getBalanceTransferredDecoder],
  'a0f6f9e2cc834fef': ['BlockTradeSettled', getBlockTradeSettledDecoder],
  '60afd10b592dee3c': ['CaughtUp', getCaughtUpDecoder],
  'f0602bcd165fafb8': ['ClearinghouseCreated', getClearinghouseCreatedDecoder],
  '942a1c6848327c62': ['CollateralLiquidated', getCollateralLiquidatedDecoder],
  '816bc77cf391c448': ['ContractSettled', getContractSettledDecoder],
  'd831d81f30c0b119': ['DefaultResolved', getDefaultResolvedDecoder],
  '22471f2dd4b883b9': ['Deleveraged', getDeleveragedDecoder],
  '8346b3cdd0500da8': ['DustSwept', getDustSweptDecoder],
  'e91775e16bb2fe08': ['FeesCollected', getFeesCollectedDecoder],
  'd9a38d00b4dd2ad5': ['FillsSettled', getFillsSettledDecoder],
  'ce4c59517e25ffe0': ['FundingUpdated', getFundingUpdatedDecoder],
  'b46d654d2297d502': ['GovernanceChanged', getGovernanceChangedDecoder],
  '4fdac44920948a47': ['InterestAccrued', getInterestAccruedDecoder],
  '8d70110095ba85c3': ['LedgerMoved', getLedgerMovedDecoder],
  'e739374b00aaf644': ['Liquidated', getLiquidatedDecoder],
  '4f2682640db7036f': ['LiquidationFlagged', getLiquidationFlaggedDecoder],
  'eb02f2c3552047f9': ['MarketChanged', getMarketChangedDecoder],
  'b5470fb108f90857': ['ModelChanged', getModelChangedDecoder],
  '93d48b87b5355fa0': ['OrderEdited', getOrderEditedDecoder],
  'edc3ad28f020613a': ['OrderProcessed', getOrderProcessedDecoder],
  '0786d20341defebc': ['OrdersCancelled', getOrdersCancelledDecoder],
  '0fff0245a7f114fe': ['OrdersPlaced', getOrdersPlacedDecoder],
  'b25d2548e56c268e': ['OutflowLimitSet', getOutflowLimitSetDecoder],
  '4b645cbdf574fcdd': ['PositionSettled', getPositionSettledDecoder],
  'a35ac00dc7dd9bf0': ['RiskBookMigrated', getRiskBookMigratedDecoder],
  '10974a02e3f86b4b': ['SliceLiquidated', getSliceLiquidatedDecoder],
  '9eacee801a1d5526': ['SmileSet', getSmileSetDecoder],
  '7de43abe051242b6': ['TriggerChanged', getTriggerChangedDecoder],
  '0be60b9eeb32ba70': ['TriggerExecuted', getTriggerExecutedDecoder],
};
