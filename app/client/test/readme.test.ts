// The examples of README.md, run against the program's bytecode.

import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { decodeTriggers, marginAccountAddress, triggersAddress } from '../src/index.js';
import { clearinghouse, exchange, node, owner } from './support/readme-setup.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { examples, extract } = (await import(here('../scripts/readme.mjs'))) as {
  examples: () => { name: string; text: string }[];
  extract: () => string;
};
const folder = extract();
vi.doMock(`${folder}/setup.ts`, () => import('./support/readme-setup.js'));

async function run(name: string): Promise<string[]> {
  const said: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  const slots = setInterval(() => node.tick(), 50);
  try {
    await import(`${folder}/${name}`);
  } finally {
    clearInterval(slots);
    log.mockRestore();
  }
  return said;
}

describe('the examples of README.md', () => {
  it('are five, and what they share', () => {
    expect(examples().map(({ name }) => name)).toEqual(['setup.ts', '1-deposit.ts', '2-trade.ts', '3-watch.ts', '4-stop.ts', '5-refused.ts']);
  });

  it('deposit', async () => {
    expect(await run('1-deposit.ts')).toEqual([`deposited in slot ${exchange.chain.slot}`]);
    const marginAccount = await marginAccountAddress(clearinghouse, owner.address, 0);
    expect(exchange.margin({ authority: owner, marginAccount }).core.cash).toBe(5_000_000_000n);
  });

  it('preview a trade and make it', async () => {
    exchange.chain.advance(80n);
    exchange.publish();
    const said = await run('2-trade.ts');
    const marginAccount = await marginAccountAddress(clearinghouse, owner.address, 0);
    expect(exchange.margin({ authority: owner, marginAccount }).positions).toMatchObject([{ lots: 10_000n, quote: -(8_000n * 15_005n + 2_000n * 15_010n) * 100n }]);
    expect(exchange.tables().assets[1]!.publishTime).toBe(exchange.chain.time);
    const { initialMargin, freeCollateral } = await exchange.view({ authority: owner, marginAccount });
    expect(said).toEqual([`10000 lots need ${initialMargin}, and leave ${freeCollateral}`]);
  });

  it('watch an account', async () => {
    const [line] = await run('3-watch.ts');
    expect(line).toMatch(/^equity \d+, margin \d+, liquidated below \d+\.\d\d of SOL$/);
    const view = await exchange.view({ authority: owner, marginAccount: await marginAccountAddress(clearinghouse, owner.address, 0) });
    expect(line).toContain(`equity ${view.equity}, margin ${view.maintenanceMargin}`);
  });

  it('place a stop-loss', async () => {
    await run('4-stop.ts');
    const marginAccount = await marginAccountAddress(clearinghouse, owner.address, 0);
    const { entries } = decodeTriggers(exchange.chain.data(await triggersAddress(marginAccount)));
    expect(entries[0]).toMatchObject({ market: 0, flags: 3, price: 14_500n, slippage: 50n, lots: 100n, trail: 0n });
  });

  it('say why something was refused', async () => {
    const said = await run('5-refused.ts');
    expect(said[0]).toMatch(/^Not enough margin: .*Deposit, or ask for less/);
    expect(said[1]).toMatch(/^short by \d+(\.\d+)?$/);
  });
});
