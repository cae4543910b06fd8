// Writes dist: the TypeScript compiled, the engine copied beside it.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
if (!existsSync(at('src/wasm/engine_bg.wasm'))) {
  console.error("the engine is not built: run 'scripts/wasm' in the root of the repository, or 'make client'");
  process.exit(1);
}
rmSync(at('dist'), { recursive: true, force: true });
const compiled = spawnSync('npx', ['tsc', '-p', at('tsconfig.build.json')], { stdio: 'inherit', cwd: at('.') });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
cpSync(at('src/wasm'), at('dist/wasm'), { recursive: true, filter: (path) => !path.endsWith('.stamp') });
console.log('wrote app/client/dist');
