// A part of the story: options and portfolio margin.
import assert from 'node:assert/strict';
import { accessible } from './lib/checks.mjs';
import { plain, SOON } from './lib/figures.mjs';

/** A put is bought for the long position: greeks tell of it, and the other model of margin counts it. */
export async function hedges({ page, goto, toast, vital, until, picture }) {
  const name = 'SOL-4W-140-P';
  const region = (title) => page.getByRole('region', { name: title });
  const [DELTA, GAMMA, VEGA, THETA] = [0, 1, 2, 3];
  const sol = region('Greeks').getByRole('table').getByRole('row', { name: /^SOL/ });
  const greek = async (at) => plain(await sol.getByRole('cell').nth(at).textContent());
  await goto('account');
  await sol.waitFor({ timeout: SOON });
  const bare = await greek(DELTA);
  assert.ok(bare > 10_000, `a long is left: ${bare}`);
  assert.equal(await greek(VEGA), 0, 'a perpetual has no vega');

  await goto('trade');
  await page.getByRole('radio', { name }).check();
  // A moment after a price has moved its maker still quotes around the mark before.
  const book = page.getByRole('table', { name: `Order book of ${name}` });
  const quoted = async (side) => {
    const prices = (await book.getByRole('button', { name: side }).allTextContents()).map(plain);
    return side === 'ask' ? Math.min(...prices) : Math.max(...prices);
  };
  await until('its maker quotes around the mark', async () => {
    const mark = plain(await book.locator('.middle strong').textContent());
    const [bid, ask] = [await quoted('bid'), await quoted('ask')];
    return bid > mark * 0.97 && bid < mark && mark < ask && ask < mark * 1.03;
  });
  await page.getByRole('radio', { name: 'Buy' }).check();
  await page.getByLabel('Kind').selectOption('market');
  await page.getByRole('textbox', { name: 'Size' }).fill('200');
  await page.getByRole('button', { name: `Buy 200.00 ${name}` }).click();
  await toast(`Buy 200.00 ${name}: done`);

  await goto('account');
  await until('the put is among the greeks', async () => (await greek(VEGA)) > 0);
  assert.ok((await greek(DELTA)) < bare * 0.95, 'a put takes from what the long gains by a rise');
  assert.ok((await greek(GAMMA)) > 0 && (await greek(THETA)) < 0, 'an option bends, and time costs');
  const needed = plain(await vital('Maintenance margin').textContent());
  const model = region('Risk model');
  await model.getByText('Maintenance margin by Portfolio').waitFor();
  await model.getByRole('button', { name: 'Switch to Portfolio' }).click();
  await toast('Margin is judged by the Portfolio model now');
  await model.getByText('Maintenance margin by Standard').waitFor({ timeout: SOON });
  await until('less is needed', async () => plain(await vital('Maintenance margin').textContent()) < needed * 0.9);
  await accessible(page, 'an account with options');
  await picture('app-portfolio');
}
