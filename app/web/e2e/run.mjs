// The whole job in a real browser against a local network that this script starts: a wallet, a deposit, a trade that
// becomes what was previewed, a crash with a partial liquidation that arrives while one watches, a line that breaks and
// heals, a withdrawal, a wallet of the browser.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startNetwork } from './lib/network.mjs';
import { openBrowser, openPage, serveSite } from './lib/site.mjs';
import { installWallet } from './lib/wallet.mjs';
import { story } from './story.mjs';

const began = Date.now();
const log = (sentence) => console.log(`[${((Date.now() - began) / 1_000).toFixed(1).padStart(6)} s] ${sentence}`);
// With --pictures those of the README are taken anew; else none, so that a test changes no file.
const pictures = process.argv.includes('--pictures') && fileURLToPath(new URL('../../../docs/img/', import.meta.url));
const built = fileURLToPath(new URL('../dist/index.html', import.meta.url));

if (!existsSync(built)) {
  console.error("the page is not built: run 'npm run build' in app/web, or make app-test");
  process.exit(1);
}
const ends = [];
let code = 0;
try {
  const network = await startNetwork(log);
  ends.push(() => network.stop());
  const site = await serveSite(network.shown);
  ends.push(() => site.stop());
  const browser = await openBrowser();
  ends.push(() => browser.close());
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    acceptDownloads: true,
  });
  await context.addInitScript(installWallet);
  const opened = await openPage(context);
  try {
    await story({ ...opened, network, site, log, pictures });
  } catch (error) {
    const shot = `${process.env.TMPDIR ?? '/tmp'}/counterweight-app-failure.png`;
    await opened.page.screenshot({ path: shot, fullPage: true }).catch(() => undefined);
    console.error(`a picture of the page as it failed: ${shot}`);
    if (opened.complaints.length > 0) console.error(`the page said: ${opened.complaints.join('\n')}`);
    throw error;
  }
  log('everything held');
} catch (error) {
  console.error(error);
  code = 1;
} finally {
  for (const end of ends.reverse()) await Promise.race([end(), new Promise((resolve) => setTimeout(resolve, 12_000))]);
}
process.exit(code);
