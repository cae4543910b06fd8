/** What the program told in its logs, as far as pages read it. Names and units are those of the IDL. */

export interface Fill {
  readonly maker: string;
  readonly orderId: bigint;
  readonly lots: bigint;
  readonly quote: bigint;
  readonly fee: bigint;
  readonly owed: bigint;
  readonly price: bigint;
  readonly bid: boolean;
  readonly filled: boolean;
  readonly settled: boolean;
}

export interface SlicedLeg {
  readonly market: number;
  readonly lots: bigint;
  readonly cost: bigint;
  readonly penalty: bigint;
  readonly insurance: bigint;
  readonly owed: bigint;
}

type Pair = readonly [bigint, bigint];

export interface Events {
  AccountChanged: { account: string; owner: string; slots: number };
  BalanceMoved: { account: string; asset: number; atoms: bigint };
  BalanceTransferred: { from: string; to: string; asset: number; atoms: bigint };
  InterestAccrued: { account: string; swept: bigint };
  BlockTradeSettled: {
    first: string;
    second: string;
    legs: readonly { market: number; lots: bigint; cost: bigint; fee: bigint }[];
  };
  OrderProcessed: {
    market: number;
    account: string;
    /** 0 buys, 1 sells. */
    side: number;
    lots: bigint;
    value: bigint;
    fee: bigint;
    owed: bigint;
    orderId: bigint;
    rested: bigint;
    price: bigint;
    fills: readonly Fill[];
  };
  OrdersCancelled: { market: number; account: string; orderIds: readonly bigint[] };
  OrdersPlaced: { market: number; account: string; cancelled: readonly bigint[]; placed: readonly bigint[] };
  OrderEdited: { market: number; account: string; orderId: bigint; lots: bigint };
  FillsSettled: { market: number; account: string; fills: readonly Fill[] };
  PositionSettled: { account: string; market: number; lots: bigint; value: bigint; realised: bigint };
  /** No lots: it was cancelled. */
  TriggerChanged: { account: string; place: number; lots: bigint; price: bigint };
  TriggerExecuted: { account: string; executor: string; lots: bigint; fee: bigint };
  LiquidationFlagged: { account: string; start: bigint; equity: bigint; maintenanceMargin: bigint };
  Liquidated: {
    account: string;
    liquidator: string;
    market: number;
    lots: bigint;
    cost: bigint;
    penalty: bigint;
    insurance: bigint;
    equity: Pair;
    maintenanceMargin: Pair;
  };
  SliceLiquidated: {
    legs: readonly SlicedLeg[];
    outcome: { account: string; liquidator: string; fraction: number; equity: Pair; maintenanceMargin: Pair };
  };
  CollateralLiquidated: { account: string; liquidator: string; asset: number; atoms: bigint; cost: bigint; equity: Pair };
  DefaultResolved: {
    account: string;
    backstop: string;
    positions: number;
    cash: bigint;
    equity: bigint;
    maintenanceMargin: bigint;
  };
  Deleveraged: {
    account: string;
    market: number;
    lots: bigint;
    received: bigint;
    deficit: bigint;
    equity: bigint;
    maintenanceMargin: bigint;
  };
  CaughtUp: { account: string; market: number; held: bigint; closed: bigint; realised: bigint };
}

export type EventName = keyof Events;

/** An event with its name. */
export type Told = { [Name in EventName]: { readonly name: Name; readonly data: Readonly<Events[Name]> } }[EventName];

/** A transaction that told something. */
export interface Transaction {
  readonly signature: string;
  readonly slot: bigint;
  /** Unix seconds; none where the node does not know. */
  readonly time: bigint | undefined;
  readonly failed: boolean;
  readonly events: readonly Told[];
}
