import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
  resolve: { alias: { '@counterweight/client/engine': new URL('src/engine/node.ts', import.meta.url).pathname, '@counterweight/client': new URL('src/index.ts', import.meta.url).pathname } },
});
