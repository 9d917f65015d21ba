import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Cap's own solver, compiled from Rust: the first nonce whose hash with the salt begins with the target. */
export function capSolver(): (salt: string, target: string) => bigint {
  return require('@cap.js/wasm/node/cap_wasm.js').solve_pow;
}

/** mCaptcha's own solver, compiled from Rust: JSON of the first nonce and its result. */
export async function mcaptchaSolver(): Promise<(salt: string, phrase: string, factor: number) => string> {
  // The package is for bundlers: it imports its .wasm, which Node does not do by itself.
  const folder = new URL('../node_modules/@mcaptcha/pow-wasm/', import.meta.url);
  const glue = await import(new URL('pow_wasm_bg.js', folder).href);
  // biome-ignore lint/suspicious/noExplicitAny: TypeScript has no types of WebAssembly outside browsers
  const { instance } = await (globalThis as any).WebAssembly.instantiate(
    readFileSync(new URL('pow_wasm_bg.wasm', folder)),
    { './pow_wasm_bg.js': glue },
  );
  glue.__wbg_set_wasm(instance.exports);
  return glue.gen_pow;
}
