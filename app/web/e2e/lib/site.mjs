// The built page, served, and a browser that looks at it.
import { chromium } from 'playwright-core';
import { preview } from 'vite';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('../../', import.meta.url));
// Without a sandbox, because tests also run as root in containers; without Google's own errands.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Serves dist, with a local network's addresses beside it. */
export async function serveSite(addresses) {
  process.env.LOCALNET_JSON = addresses;
  const server = await preview({
    root: HERE,
    configFile: `${HERE}vite.config.ts`,
    logLevel: 'warn',
    preview: { port: 0, host: '127.0.0.1' },
  });
  const { port } = server.httpServer.address();
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}

export function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

/** A page whose complaints are kept. While the line is cut, failed requests are no complaint. */
export async function openPage(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints = [];
  let cut = false;
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    // Another wallet or account reads anew: a line that was still being opened is given up, which browsers remark on.
    if (/WebSocket is closed before the connection is established/.test(message.text())) return;
    if (cut && /ERR_CONNECTION|ERR_EMPTY|WebSocket|Failed to load resource/.test(message.text())) return;
    complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints, expectCut: (value) => (cut = value) };
}
