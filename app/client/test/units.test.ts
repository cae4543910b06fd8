// What integers mean, errors and events in words, readings of oracles.

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM, SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND, SolanaError } from '@solana/kit';
import {
  DecodeError,
  ERRORS,
  ErrorCode,
  atomsFromText,
  atomsToNumber,
  atomsToText,
  decodeMargin,
  decodeReading,
  decodeRiskBook,
  entryPrice,
  eventsIn,
  explain,
  explainCode,
  figuresIn,
  lotsFromNumber,
  lotsToNumber,
  priceFromNumber,
  priceToNumber,
  priceToTicks,
  ratio,
  refusalIn,
  refusalOf,
  tenthsOfBps,
  ticksFromNumber,
  ticksToNumber,
  ticksToPrice,
  type RiskTables,
} from '../src/index.js';
import { EXPONENT, Exchange, priceBytes } from './support/exchange.js';

describe('units', () => {
  let tables: RiskTables;
  let exchange: Exchange;
  beforeAll(async () => {
    exchange = await Exchange.start();
    tables = exchange.tables();
  });

  it('are those of the risk book', () => {
    const [sol, market] = [tables.assets[1]!, tables.markets[0]!];
    expect(priceToNumber(sol.index, sol, 6)).toBe(150);
    expect(priceFromNumber(150, sol, 6)).toBe(sol.index);
    expect(ticksFromNumber(150.01, market, sol, 6)).toBe(15_001n);
    expect([ticksFromNumber(150.019, market, sol, 6), ticksFromNumber(150.011, market, sol, 6, true)]).toEqual([15_001n, 15_002n]);
    expect(ticksToNumber(15_001n, market, sol, 6)).toBeCloseTo(150.01, 12);
    expect(ticksToPrice(15_000n, market)).toBe(sol.index);
    expect([priceToTicks(sol.index + 1n, market), priceToTicks(sol.index + 1n, market, true)]).toEqual([15_000n, 15_001n]);
    expect([lotsFromNumber(2.5, sol), lotsToNumber(250n, sol)]).toEqual([250n, 2.5]);
    expect(ratio(sol.weightMaintenance)).toBeCloseTo(0.9, 5);
    expect(tenthsOfBps(market.takerFeeTenths)).toBe(0.0003);
    expect(atomsToNumber(1_500_000n, 6)).toBe(1.5);
  });

  it('of money are exact', () => {
    expect(atomsFromText('1250.5', 6)).toBe(1_250_500_000n);
    expect(atomsFromText('9007199254740993.000001', 6)).toBe(9_007_199_254_740_993_000_001n);
    expect(atomsToText(9_007_199_254_740_993_000_001n, 6)).toBe('9007199254740993.000001');
    expect([atomsToText(-1_500_000n, 6), atomsToText(0n, 6), atomsToText(7n, 0), atomsToText(5n, 6)]).toEqual(['-1.5', '0', '7', '0.000005']);
    for (const wrong of ['', '1.2.3', '-5', '1e3', '0.0000001']) expect(() => atomsFromText(wrong, 6)).toThrow(/at most 6 decimals/);
  });

  it('of a position say where it was entered', () => {
    const position = { lots: 150n, quote: -(100n * 15_010n + 50n * 15_020n) * 100n };
    expect(entryPrice(position)).toBe(((100n * 15_010n + 50n * 15_020n) * 100n * 65_536n) / 150n);
    expect(entryPrice({ lots: 0n, quote: 0n })).toBeUndefined();
  });

  it('refuse other bytes, and layouts that are not known', () => {
    const book = exchange.book();
    expect(() => decodeMargin(book)).toThrow(DecodeError);
    expect(() => decodeRiskBook(book.slice(0, 100))).toThrow(/not an account of type riskBook/);
    expect(() => decodeRiskBook(book.slice(0, book.length - 1))).toThrow(/counts more than the account has room for/);
    const [older, newer] = [book.slice(), book.slice()];
    older[8] = 1;
    newer[8] = 200;
    expect(() => decodeRiskBook(older)).toThrow(/layout version 1 .* must be migrated/);
    expect(() => decodeRiskBook(newer)).toThrow(/layout version 200 .* newer client/);
  });

  it('of an oracle are read as the program reads them', () => {
    const [quote, sol] = [tables.assets[0]!, tables.assets[1]!];
    const price = { price: 15_679_769_099n, confidence: 16_197_271n, average: 15_660_921_800n };
    const pull = priceBytes(1, price, 1_721_133_402n, 277_875_167n);
    const reading = { ...price, exponent: EXPONENT, publishTime: 1_721_133_402n, postedSlot: 277_875_167n };
    expect(decodeReading(pull, sol)).toEqual(reading);
    const partial = pull.slice();
    partial[40] = 0;
    expect(() => decodeReading(partial, sol)).toThrow(/partially verified/);
    expect(() => decodeReading(pull, tables.assets[2]!)).toThrow(/another feed/);
    expect(() => decodeReading(pull, quote)).toThrow(/USDC has no oracle/);

    const legacy = new Uint8Array(3_312);
    const view = new DataView(legacy.buffer);
    [0xa1b2c3d4, 2, 3, 3_312].forEach((word, at) => view.setUint32(at * 4, word, true));
    view.setInt32(20, EXPONENT, true);
    view.setBigInt64(48, price.average, true);
    view.setBigInt64(96, reading.publishTime, true);
    view.setBigInt64(208, price.price, true);
    view.setBigUint64(216, price.confidence, true);
    view.setBigUint64(232, reading.postedSlot, true);
    expect(() => decodeReading(legacy, { ...sol, oracleKind: 2 })).toThrow(/not trading/);
    view.setUint32(224, 1, true);
    expect(decodeReading(legacy, { ...sol, oracleKind: 2 })).toEqual(reading);
  });
});

describe('errors', () => {
  it('have a name, a sentence and an advice, all of them', () => {
    const idl = JSON.parse(readFileSync(new URL('../../../idl/counterweight.json', import.meta.url), 'utf8')) as { errors: { code: number; name: string; msg: string }[] };
    expect(Object.keys(ERRORS)).toHaveLength(idl.errors.length);
    for (const { code, name, msg } of idl.errors) {
      expect(explainCode(code)).toMatchObject({ name, sentence: msg });
      expect(explainCode(code)!.advice.length, name).toBeGreaterThan(8);
    }
    expect(explainCode(1)).toBeUndefined();
  });

  it('of the program come with the figures that decided', () => {
    const logs = [
      'Program JyFC2iDV7T8k8sLRyvJ7e1Wvp3bRHdbRpDLohTzEekL invoke [1]',
      'Program log: equity=1499955 initial margin=-1500000',
      'Program log: AnchorError occurred. Error Code: InitialMarginNotMet. Error Number: 6300.',
    ];
    expect(figuresIn(logs)).toEqual({ equity: 1_499_955n, 'initial margin': -1_500_000n });
    expect(figuresIn(logs.slice(2))).toEqual({});
    const refusal = refusalOf(6_300, 2, logs, 'words');
    expect(refusal).toMatchObject({ name: 'InitialMarginNotMet', instruction: 2, figures: { equity: 1_499_955n } });
  });

  it('of kit are told apart', () => {
    const custom = new SolanaError(SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM, { code: ErrorCode.StalePrice, index: 3 });
    expect(refusalIn(custom)).toMatchObject({ code: 6_206, instruction: 3, name: 'StalePrice' });
    expect(explain(custom)).toMatch(/^The price is too old for this: refresh it in the same transaction\. Put refresh_prices/);
    expect(refusalIn(new SolanaError(SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND))).toMatchObject({ code: undefined, sentence: expect.stringMatching(/[Bb]lockhash/) as string });
    expect(refusalIn(new Error('the line is cut'))).toBeUndefined();
    expect([explain(new Error('the line is cut')), explain('nothing')]).toEqual(['the line is cut', 'nothing']);
  });

  it('of others have words too', () => {
    const logs = ['Program TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA failed: custom program error: 0x1'];
    expect(refusalOf(1, 0, logs, 'words').sentence).toBe('There are not enough tokens in the account');
    expect(refusalOf(3_012, 0, [], 'words').sentence).toBe('An account does not exist yet');
    expect(refusalOf(77, 0, [], 'words')).toMatchObject({ name: undefined, sentence: 'words', advice: '' });
  });
});

describe('events', () => {
  it('are read from a log, and other lines are passed over', async () => {
    const exchange = await Exchange.start();
    await exchange.trader('somebody');
    const { logs } = await exchange.chain.run([]);
    expect(eventsIn(logs)).toEqual([]);
    const line = `Program data: ${Buffer.from([...new Uint8Array(8), 1, 2]).toString('base64')}`;
    expect(eventsIn(['Program log: hello', line, 'Program data: !!', 'Program data: AAAA'])).toEqual([]);
  });
});
