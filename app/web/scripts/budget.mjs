// What the page weighs and how soon it is there, on the built site. Fails above the limits.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { openBrowser, serveSite } from '../e2e/lib/site.mjs';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const MOST_SCRIPT = 300_000;
const MOST_PAINT_MS = 1_500;
const TRIES = 5;

const weigh = (name) => gzipSync(readFileSync(`${DIST}assets/${name}`), { level: 9 }).length;
const page = readFileSync(`${DIST}index.html`, 'utf8');
const assets = readdirSync(`${DIST}assets`);
const main = assets.filter((name) => page.includes(name) && name.endsWith('.js'));
const told = assets.map(
  (name) => `  ${name}: ${weigh(name).toLocaleString('en')} bytes gzipped${main.includes(name) ? ' (main)' : ''}`,
);
const script = main.reduce((sum, name) => sum + weigh(name), 0);
console.log(told.join('\n'));

const site = await serveSite('/nowhere');
const browser = await openBrowser();
const paints = [];
for (let at = 0; at < TRIES; at += 1) {
  // A new profile each time: nothing is in a cache.
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(site.url);
  await tab.getByText('Which network?').waitFor();
  paints.push(await tab.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity));
  await context.close();
}
await browser.close();
await site.stop();
const paint = paints.sort((a, b) => a - b)[Math.floor(TRIES / 2)];
console.log(`  main script: ${script.toLocaleString('en')} of ${MOST_SCRIPT.toLocaleString('en')} bytes`);
console.log(
  `  first contentful paint, the middle of ${TRIES}: ${paint.toFixed(0)} of ${MOST_PAINT_MS} ms (${paints.map((one) => one.toFixed(0)).join(', ')})`,
);
if (script > MOST_SCRIPT || !(paint <= MOST_PAINT_MS)) {
  console.error('the page is above its limits');
  process.exit(1);
}
process.exit(0);
