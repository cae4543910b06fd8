import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/** Where `make localnet` writes its addresses; the end-to-end test has a network of its own. */
const ADDRESSES =
  process.env['LOCALNET_JSON'] ?? fileURLToPath(new URL('../../target/localnet/localnet.json', import.meta.url));

/** Serves the addresses of the local network beside the page, while there is one. */
function localnet(): Plugin {
  const answer = (
    _: unknown,
    response: { statusCode: number; setHeader(name: string, value: string): void; end(body: string): void },
  ) => {
    const there = existsSync(ADDRESSES);
    response.statusCode = there ? 200 : 404;
    response.setHeader('content-type', 'application/json');
    response.setHeader('cache-control', 'no-store');
    response.end(there ? readFileSync(ADDRESSES, 'utf8') : '{}');
  };
  return {
    name: 'counterweight-localnet',
    configureServer: (server) => void server.middlewares.use('/localnet.json', answer),
    configurePreviewServer: (server) => void server.middlewares.use('/localnet.json', answer),
  };
}

/** The development server injects styles; the built page needs none that are not in its files. */
function strictPolicy(): Plugin {
  return {
    name: 'counterweight-policy',
    apply: 'build',
    transformIndexHtml: (html) => html.replace("style-src 'self' 'unsafe-inline'", "style-src 'self'"),
  };
}

export default defineConfig({
  base: './',
  plugins: [localnet(), strictPolicy()],
  build: {
    target: 'es2023',
    sourcemap: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What it may weigh is measured by scripts/budget.mjs, compressed.
    chunkSizeWarningLimit: 1_000,
  },
  server: { host: '127.0.0.1', port: 5173 },
  preview: { host: '127.0.0.1', port: 4173 },
});
