// What a trader does, step by step, and what must be seen.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { hedges } from './hedge.mjs';
import { accessible, fits, painted, PAGES } from './lib/checks.mjs';
import { plain, SOON } from './lib/figures.mjs';

export async function story({ page, complaints, expectCut, network, site, log, pictures }) {
  const goto = async (name) => {
    await page.goto(`${site.url}/#/${name}`);
    await page.locator(`nav a[aria-current="page"][href="#/${name}"]`).waitFor();
  };
  const vital = (name) => page.locator(`[data-vital="${name}"]`);
  const says = async (locator, text) => locator.filter({ hasText: text }).first().waitFor({ timeout: SOON });
  const toast = (text) => says(page.locator('.toast'), text);
  // Only those that are kept are worth the wait until nothing moves any more.
  const picture = async (name) => {
    if (!pictures) return;
    await until('messages are gone', async () => (await page.locator('.toast').count()) === 0);
    await page.waitForTimeout(700);
    await page.screenshot({ path: `${pictures}/${name}.png` });
  };
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
  log('an order rests in the book, is changed, and is cancelled');
  await protects({ page, goto, toast, until });
  log('trigger orders wait; one is cancelled, one stays');
  await divides({ page, goto, toast, vital, until });
  log('a second account got a part and gave it back; a delegate came and went');
  await asksWhatIf({ page, goto, until });
  quiet();
  await looks({ page, goto, picture });
  log('every page was looked at, in light and dark');
  await everywhere({ page, goto });
  log('no page keeps people out, and all fit 360 px');
  quiet();
  await crashes({ page, goto, network, until, picture });
  log('a partial liquidation arrived while the page was open');
  await breaks({ page, goto, network, expectCut, vital, picture });
  log('the line broke and healed');
  await withdraws({ page, goto, toast, network, until });
  log('withdrawn');
  await fires({ page, goto, toast, network });
  log('a trailing stop followed the index, and the keeper executed it');
  await hedges({ page, goto, toast, vital, until, picture });
  log('a put hedges the long, and Portfolio margin asks for less');
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
  await changes({ page, toast });
  const cancel = page.getByRole('button', { name: 'Cancel buy 148.50' });
  await cancel.waitFor({ timeout: SOON });
  await cancel.click();
  await toast('Cancelled buy 2.00 SOL-PERP');
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

/** Fewer lots keep the place of an order, another price does not; what would trade is refused. */
async function changes({ page, toast }) {
  const change = page.getByRole('button', { name: 'Change buy 149.00' });
  await change.click();
  const dialog = page.getByRole('dialog', { name: 'Change buy SOL-PERP' });
  const submit = dialog.getByRole('button', { name: 'Change the order' });
  assert.ok(await submit.isDisabled(), 'nothing was changed yet');
  await dialog.getByRole('textbox', { name: 'Size' }).fill('2');
  await dialog.getByText('It keeps its place').waitFor();
  await submit.click();
  await toast('Changed buy SOL-PERP to 2.00');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('row', { name: /SOL-PERP buy 2\.00 149\.00/ }).waitFor({ timeout: SOON });
  await change.click();
  await dialog.getByRole('textbox', { name: 'Price' }).fill('151');
  await dialog.getByText('an edited order only rests').waitFor();
  await dialog.getByRole('textbox', { name: 'Price' }).fill('148.5');
  await dialog.getByText('It goes behind').waitFor();
  await submit.click();
  await dialog.waitFor({ state: 'detached' });
}

/** A stop-loss and a take-profit: refused where the index is already, then waiting with the open orders. */
async function protects({ page, goto, toast, until }) {
  await goto('trade');
  const [price, size] = ['Trigger price', 'Size'].map((name) => page.getByRole('textbox', { name }));
  const send = page.getByRole('button', { name: 'Sell 10.00 SOL-PERP' });
  await page.getByRole('radio', { name: 'Sell' }).check();
  await page.getByLabel('Kind').selectOption('profit');
  await size.fill('10');
  await price.fill('140');
  await page.getByText('it would fire at once').waitFor();
  await price.fill('190');
  await page.getByText('index ≥ 190.00').waitFor();
  await send.click();
  await toast('Take-profit, sell 10.00 SOL-PERP: placed');
  await page.getByLabel('Kind').selectOption('stop');
  await size.fill('10');
  await price.fill('120');
  await send.click();
  await toast('Stop-loss, sell 10.00 SOL-PERP: placed');
  await page.getByRole('row', { name: /stop-loss sell 10\.00 index ≤ 120\.00/ }).waitFor({ timeout: SOON });
  const cancel = page.getByRole('button', { name: 'Cancel take-profit, sell at 190.00' });
  await cancel.click();
  await toast('Cancelled take-profit, sell 10.00 SOL-PERP');
  await until('the take-profit is gone', async () => (await cancel.count()) === 0);
  await page.getByRole('button', { name: 'Cancel stop-loss, sell at 120.00' }).waitFor();
  await page.getByLabel('Kind').selectOption('limit');
  await page.getByRole('radio', { name: 'Buy' }).check();
}

/** A further account of the same owner: opened, given a part, looked at, emptied; and somebody who may trade. */
async function divides({ page, goto, toast, vital, until }) {
  await goto('account');
  await page.getByRole('button', { name: 'Open another' }).click();
  await toast('Opened margin account 1');
  const equity = page.locator('[data-account="1"]');
  await until('the second account is empty', async () => (await equity.count()) > 0 && (await equity.textContent()) === '0.00');

  const delegate = page.getByRole('textbox', { name: 'Delegate of account 0' });
  await delegate.fill('nobody');
  await page.getByText('An address of 32 bytes in base58').waitFor();
  await delegate.fill('SysvarC1ock11111111111111111111111111111111');
  await page.getByRole('button', { name: 'Set delegate' }).click();
  await toast('may trade now');
  await page.getByRole('button', { name: 'Remove delegate' }).click();
  await toast('Nobody else may trade now');

  const move = async (amount, from, to) => {
    await goto('collateral');
    await page.getByRole('radio', { name: 'Move' }).check();
    await page.getByRole('combobox', { name: `From account ${from} to` }).selectOption({ label: `Account ${to}` });
    await page.getByRole('combobox', { name: 'Asset' }).selectOption({ label: 'USDC' });
    await page.getByRole('textbox', { name: 'Amount' }).fill(amount);
    await page.getByRole('button', { name: 'Move', exact: true }).click();
    await toast(`Moved ${amount}.00 USDC to account ${to}`);
  };
  const show = async (id) => {
    await goto('account');
    await page.getByRole('button', { name: `Show account ${id}` }).click();
  };
  const before = await vital('Equity').textContent();
  await move('40', 0, 1);
  await show(1);
  await until('the second account has its part', async () => (await vital('Equity').textContent()) === '40.00');
  await page.getByText('No open position.').waitFor();
  await move('40', 1, 0);
  await show(0);
  await until('all is as it was', async () => (await vital('Equity').textContent()) === before);
}

async function asksWhatIf({ page, goto, until }) {
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
  const required = page.locator('[data-after="Maintenance margin"]');
  await until('without a position nothing is required', async () => plain(await required.textContent()) === 0);
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
    await picture(file);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

async function everywhere({ page, goto }) {
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme });
    for (const name of PAGES) {
      await goto(name);
      await painted(page);
      await accessible(page, `${name}, ${theme}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  for (const width of [360, 768, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    for (const name of PAGES) {
      await goto(name);
      await painted(page);
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
  await mine.first().waitFor({ timeout: 2 * SOON });
  assert.equal(new URL(page.url()).hash, '#/liquidations', 'it arrived in the open page');
  await picture('app-liquidations');
  await goto('account');
  await size.waitFor();
  await until('a part is gone, and a part is left', async () => (await held()) < 400 && (await held()) > 0);
}

async function breaks({ page, goto, network, expectCut, vital, picture }) {
  await goto('account');
  const before = await vital('Maintenance margin').textContent();
  expectCut(true);
  // Cut for as long as it takes the page to try again in vain.
  const tried = page.waitForEvent('websocket', { timeout: SOON });
  await network.cut();
  const outage = page.getByRole('alert').filter({ hasText: 'Disconnected since' });
  await outage.waitFor({ timeout: SOON });
  await says(outage, 'All figures are of');
  assert.equal(await vital('Maintenance margin').textContent(), before, 'the last figures stay');
  await picture('app-disconnected');
  await tried;
  await network.mend();
  await outage.waitFor({ state: 'detached', timeout: SOON });
  await page.getByRole('button', { name: 'Network: local network, live' }).waitFor();
  // The subscription is taken up again too.
  await goto('liquidations');
  await page.getByText('live', { exact: true }).waitFor({ timeout: SOON });
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

/** A trailing stop goes where the index goes, and is executed by the keeper when that turns back. */
async function fires({ page, goto, toast, network }) {
  await goto('trade');
  await page.getByRole('radio', { name: 'SOL-PERP' }).check();
  await page.getByRole('radio', { name: 'Sell' }).check();
  await page.getByLabel('Kind').selectOption('trail');
  await page.getByRole('textbox', { name: 'Distance' }).fill('2.5');
  await page.getByRole('textbox', { name: 'Size' }).fill('5');
  await page.getByText('index ≤ 147.50').waitFor();
  await page.getByRole('button', { name: 'Sell 5.00 SOL-PERP' }).click();
  await toast('Trailing stop, sell 5.00 SOL-PERP: placed');
  const row = (price) => page.getByRole('row', { name: `SOL-PERP trailing stop sell 5.00 index ≤ ${price}` });
  await row('147.50').waitFor({ timeout: SOON });
  await network.price('SOL', '152');
  await row('149.50').waitFor({ timeout: SOON });
  await network.price('SOL', '149');
  await row('149.50').waitFor({ state: 'detached', timeout: SOON });
}

async function keepsRecord({ page, goto }) {
  await goto('history');
  await page.getByRole('cell', { name: 'trigger order executed' }).first().waitFor({ timeout: SOON });
  for (const kind of ['withdrawal', 'liquidation', 'trade', 'order', 'cancel', 'trigger', 'transfer', 'deposit']) {
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
