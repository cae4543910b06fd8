// What a trader does, step by step, and what must be seen.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { accessible, fits, PAGES } from './lib/checks.mjs';

/** Long enough for a block, a reading of the page, and a busy machine. */
const SOON = 20_000;

const plain = (text) => Number(text.replaceAll(',', '').replace('−', '-'));

export async function story({ page, complaints, expectCut, network, site, log, pictures }) {
  const goto = async (name) => {
    await page.goto(`${site.url}/#/${name}`);
    await page.locator(`nav a[aria-current="page"][href="#/${name}"]`).waitFor();
  };
  const vital = (name) => page.locator(`[data-vital="${name}"]`);
  const says = async (locator, text) => locator.filter({ hasText: text }).first().waitFor({ timeout: SOON });
  const toast = (text) => says(page.locator('.toast'), text);
  const picture = (name) => page.screenshot({ path: `${pictures}/${name}.png` });
  const until = async (what, condition) => {
    const end = Date.now() + SOON;
    while (!(await condition())) {
      if (Date.now() > end) throw new Error(`it did not come to pass: ${what}`);
      await page.waitForTimeout(100);
    }
  };
  const quiet = () => assert.deepEqual(complaints, [], 'the page complained');

  await opens({ page, goto, quiet });
  log('opened: the welcome, by keyboard too');
  await deposits({ page, goto, toast, vital, until });
  log('a burner with test tokens has deposited');
  await trades({ page, goto, toast, vital, until });
  log('a trade became what was previewed, to the cent');
  await quotes({ page, goto, toast, until });
  log('an order rests in the book, and is cancelled');
  await asksWhatIf({ page, goto });
  quiet();
  await looks({ page, goto, picture });
  log('pictures are taken, in light and dark');
  await everywhere({ page, goto });
  log('no page keeps people out, and all fit 360 px');
  quiet();
  await crashes({ page, goto, network, until, picture });
  log('a partial liquidation arrived while the page was open');
  await breaks({ page, goto, network, expectCut, vital, picture });
  log('the line broke and healed');
  await withdraws({ page, goto, toast, network, until });
  log('withdrawn');
  await keepsRecord({ page, goto });
  log('the record is a file');
  await usesWallet({ page, goto, toast, vital, until });
  log('a wallet of the browser has signed a deposit');
  await choosesNetwork({ page });
  log('the network is chosen in its window');
  quiet();
}

async function opens({ page, goto, quiet }) {
  await goto('account');
  await page.getByText('Connect to see your account').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), 'To the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  await goto('trade');
  await page.getByRole('table', { name: 'Order book of SOL-PERP' }).getByRole('button').first().waitFor();
  quiet();
}

async function deposits({ page, goto, toast, vital, until }) {
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Make a burner key/ })
    .click();
  await goto('collateral');
  await page.getByRole('button', { name: 'Get test tokens' }).click();
  await toast('Test tokens have arrived');
  const amount = page.getByRole('textbox', { name: 'Amount' });
  await until('the wallet has tokens', async () => (await page.getByRole('button', { name: /^wallet 100,000/ }).count()) > 0);
  await amount.fill('1e5');
  await page.getByText('Write a number, such as 12.5').waitFor();
  await amount.fill('5000');
  await page.getByRole('button', { name: 'Open an account and deposit' }).click();
  await toast('Deposited 5,000.00 USDC');
  await until('equity is the deposit', async () => (await vital('Equity').textContent()) === '5,000.00');
  // A reload keeps the key of the tab.
  await page.reload();
  await until('equity is there after a reload', async () => (await vital('Equity').textContent()) === '5,000.00');
}

/** Sends what is in the ticket, and compares every figure of the preview with what came of it. */
async function trades({ page, goto, toast, vital, until }) {
  await goto('trade');
  await page.getByLabel('Kind').selectOption('market');
  await page.getByRole('textbox', { name: 'Size' }).fill('400');
  const names = ['Equity', 'Maintenance margin', 'Initial margin', 'Free collateral'];
  const preview = (name) => page.locator(`[data-after="${name}"]`);
  await until('there is a preview', async () => (await preview('Equity').textContent()) !== '—');
  const previewed = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await preview(name).textContent()])));
  assert.ok(plain(previewed['Maintenance margin']) > 1_000, `a requirement was previewed: ${JSON.stringify(previewed)}`);
  await page.getByRole('button', { name: 'Buy 400.00 SOL-PERP' }).click();
  await toast('Buy 400.00 SOL-PERP: done');
  await page
    .getByRole('rowheader', { name: /SOL-PERP/ })
    .first()
    .waitFor();
  await until('the margin is that of the position', async () => plain(await vital('Maintenance margin').textContent()) > 0);
  for (const name of names) assert.equal(await vital(name).textContent(), previewed[name], name);
}

async function quotes({ page, goto, toast, until }) {
  await goto('trade');
  await page.getByLabel('Kind').selectOption('post');
  await page.getByRole('textbox', { name: 'Price' }).fill('149');
  await page.getByRole('textbox', { name: 'Size' }).fill('2.5');
  await page.getByRole('button', { name: 'Buy 2.50 SOL-PERP' }).click();
  await toast('Buy 2.50 SOL-PERP: done');
  const cancel = page.getByRole('button', { name: 'Cancel buy 149.00' });
  await cancel.waitFor({ timeout: SOON });
  await cancel.click();
  await toast('Cancelled buy 2.50 SOL-PERP');
  await until('the order is gone', async () => (await cancel.count()) === 0);
  // Pegged, below the index, with a worst price.
  await page.getByLabel('Kind').selectOption('peg');
  await page.getByRole('textbox', { name: 'Offset from the index' }).fill('-0.75');
  await page.getByRole('textbox', { name: 'Worst price' }).fill('151');
  await page.getByRole('textbox', { name: 'Size' }).fill('1');
  await page.getByRole('button', { name: 'Buy 1.00 SOL-PERP' }).click();
  await page.getByText('index −0.75').waitFor({ timeout: SOON });
  await page.getByRole('button', { name: 'Cancel all' }).click();
  await toast('Cancelled all orders in SOL-PERP');
}

async function asksWhatIf({ page, goto }) {
  await goto('what-if');
  const equity = page.locator('[data-after="Equity"]');
  await page.getByRole('slider', { name: 'Move of SOL' }).waitFor();
  const before = plain(await equity.textContent());
  const slider = page.getByRole('slider', { name: 'Move of SOL' });
  await slider.focus();
  for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowLeft');
  const moved = plain(await equity.textContent());
  // 400 SOL, 4 % of 150 dollars each: the change of equity, to the cents that are shown.
  assert.ok(Math.abs(before - moved - 2_400) < 0.02, `${before} became ${moved}`);
  await page.getByRole('button', { name: 'Add a trade' }).click();
  await page.getByRole('textbox', { name: 'Size' }).fill('400');
  await page.getByRole('radio', { name: 'Sell' }).check();
  await page.waitForTimeout(200);
  const closed = plain(await page.locator('[data-after="Maintenance margin"]').textContent());
  assert.equal(closed, 0, 'without a position nothing is required');
  await page.getByRole('button', { name: 'As they are' }).click();
}

const LOOKS = [
  ['account', 'app-overview'],
  ['trade', 'app-trade'],
  ['risk', 'app-risk'],
  ['what-if', 'app-what-if'],
];

async function looks({ page, goto, picture }) {
  await goto('trade');
  await page.getByRole('radio', { name: 'ETH-PERP' }).check();
  await page.getByLabel('Kind').selectOption('market');
  await page.getByRole('radio', { name: 'Sell' }).check();
  await page.getByRole('textbox', { name: 'Size' }).fill('6');
  await page.getByRole('button', { name: /^Sell 6.000 ETH-PERP/ }).click();
  await page.locator('.toast', { hasText: 'Sell 6.000 ETH-PERP: done' }).waitFor({ timeout: SOON });
  await goto('collateral');
  await page.getByRole('combobox', { name: 'Asset' }).selectOption({ label: 'SOL' });
  await page.getByRole('textbox', { name: 'Amount' }).fill('12');
  await page.getByRole('button', { name: 'Deposit', exact: true }).click();
  await page.locator('.toast', { hasText: 'Deposited 12.00 SOL' }).waitFor({ timeout: SOON });
  // Messages go by themselves after a while; a picture is better without them.
  while ((await page.locator('.toast').count()) > 0) await page.waitForTimeout(200);
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme });
    for (const [name, file] of LOOKS) {
      await goto(name);
      if (name === 'trade') await page.getByRole('textbox', { name: 'Size' }).fill('3');
      if (name === 'what-if') await page.getByRole('slider', { name: 'Move of All' }).fill('-4');
      if (name === 'risk') {
        // By mouse into the grid, by arrows within it.
        await page.getByRole('button', { name: /^All together −20 %/ }).click();
        await page.keyboard.press('ArrowRight');
        await page.getByText('All together −10 %', { exact: true }).waitFor();
      }
      await page.mouse.move(4, 300);
      await page.waitForTimeout(700);
      await picture(theme === 'light' ? file : `${file}-dark`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 390, height: 844 });
  for (const [name, file] of [
    ['account', 'app-phone'],
    ['trade', 'app-phone-trade'],
  ]) {
    await goto(name);
    await page.waitForTimeout(700);
    await picture(file);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

async function everywhere({ page, goto }) {
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme });
    for (const name of PAGES) {
      await goto(name);
      await page.waitForTimeout(300);
      await accessible(page, `${name}, ${theme}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  for (const width of [360, 768, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    for (const name of PAGES) {
      await goto(name);
      await page.waitForTimeout(200);
      await fits(page, `${name} at ${width} px`);
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** The index falls until the account fails maintenance: the keeper takes what restores it, and no more. */
async function crashes({ page, goto, network, until, picture }) {
  assert.ok(network.addresses.keeper, 'this network has no keeper, so nobody liquidates: build counterweight-keeper');
  await goto('account');
  const size = page
    .getByRole('region', { name: 'Positions' })
    .getByRole('row', { name: /SOL-PERP/ })
    .getByRole('cell')
    .first();
  const held = async () => plain((await size.textContent()).replace('SOL', '').replace('+', ''));
  assert.equal(await held(), 400);
  await goto('liquidations');
  await page.getByText('live', { exact: true }).waitFor();
  // A little below the price of liquidation: far below, the account is in default and the backstop takes all of it.
  await network.price('SOL', '139.40');
  const mine = page
    .getByRole('row')
    .filter({ hasText: 'you' })
    .filter({ hasText: /partial liquidation|slice of all positions/ });
  await mine.first().waitFor({ timeout: 60_000 });
  await page.waitForTimeout(2_500);
  await picture('app-liquidations');
  await goto('account');
  await size.waitFor();
  await until('a part is gone, and a part is left', async () => (await held()) < 400 && (await held()) > 0);
}

async function breaks({ page, goto, network, expectCut, vital, picture }) {
  await goto('account');
  const before = await vital('Maintenance margin').textContent();
  expectCut(true);
  await network.cut();
  const outage = page.getByRole('alert').filter({ hasText: 'Disconnected since' });
  await outage.waitFor({ timeout: SOON });
  await says(outage, 'All figures are of');
  assert.equal(await vital('Maintenance margin').textContent(), before, 'the last figures stay');
  await page.waitForTimeout(1_500);
  await picture('app-disconnected');
  await network.mend();
  await outage.waitFor({ state: 'detached', timeout: SOON });
  await page.getByRole('button', { name: 'Network: local network, live' }).waitFor();
  await page.waitForTimeout(3_000);
  expectCut(false);
}

const says = (locator, text) => locator.filter({ hasText: text }).waitFor({ timeout: SOON });

async function withdraws({ page, goto, toast, network, until }) {
  await network.price('SOL', '150');
  await goto('collateral');
  await page.getByRole('radio', { name: 'Withdraw' }).check();
  await page.getByRole('combobox', { name: 'Asset' }).selectOption({ label: 'USDC' });
  const most = page.getByRole('button', { name: /^at most/ });
  await until('something may leave again', async () => plain((await most.textContent()).replace('at most', '')) >= 100);
  const amount = page.getByRole('textbox', { name: 'Amount' });
  await amount.fill('1000000');
  await page.getByText('More than may leave now').waitFor();
  await amount.fill('100');
  await page.getByRole('button', { name: 'Withdraw', exact: true }).click();
  await toast('Withdrew 100.00 USDC');
}

async function keepsRecord({ page, goto }) {
  await goto('history');
  for (const kind of ['withdrawal', 'liquidation', 'trade', 'order', 'cancel', 'deposit']) {
    await page.getByRole('cell', { name: kind, exact: true }).first().waitFor({ timeout: SOON });
  }
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as CSV' }).click(),
  ]);
  const text = await readFile(await download.path(), 'utf8');
  const [head, ...rows] = text.trim().split('\r\n');
  assert.equal(head, 'time,slot,signature,kind,market,size,price,cash,fee,description');
  assert.ok(
    rows.some((row) => row.includes(',trade,SOL-PERP,400.00,')),
    text,
  );
  assert.ok(
    rows.some((row) => row.includes(',withdrawal,,-100,,-100,')),
    text,
  );
}

/** The burner is put away, and a wallet of the browser signs. */
async function usesWallet({ page, goto, toast, vital, until }) {
  await page.getByRole('button', { name: /^burner/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Test Wallet' }).click();
  await goto('collateral');
  await page.getByRole('button', { name: 'Get test tokens' }).click();
  await toast('Test tokens have arrived');
  await until('the wallet has tokens', async () => (await page.getByRole('button', { name: /^wallet 100,000/ }).count()) > 0);
  await page.getByRole('textbox', { name: 'Amount' }).fill('250.5');
  await page.getByRole('button', { name: 'Open an account and deposit' }).click();
  await toast('Deposited 250.50 USDC');
  await until('equity is the deposit', async () => (await vital('Equity').textContent()) === '250.50');
}

/** What is no address is refused; the defaults are those of the local network. */
async function choosesNetwork({ page }) {
  await page.getByRole('button', { name: /^Network:/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Network' });
  await dialog.getByRole('textbox', { name: 'JSON-RPC' }).fill('not an address');
  await dialog.getByText('An address such as').waitFor();
  assert.ok(await dialog.getByRole('button', { name: 'Use this network' }).isDisabled());
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Network:/ }).click();
  await dialog.getByRole('button', { name: 'Back to the defaults' }).click();
  await page.getByRole('button', { name: 'Network: local network, live' }).waitFor();
}
