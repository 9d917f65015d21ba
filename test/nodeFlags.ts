/**
 * Flags for each process that loads our `.ts` sources in several threads. Node strips their types with WebAssembly,
 * and V8 13.6's tier-up of a WebAssembly wrapper takes a lock of the other threads' module that may just be going:
 * one full run of the tests in two lost a process to SIGSEGV there (Runtime_TierUpWasmToJSWrapper →
 * WasmEngine::FreeDeadCode → NativeModule::FreeCode). With this budget of calls it never tiers up. The built server
 * strips no types, and its own WebAssembly (src/compute/sha256Lanes.ts) imports no function of JavaScript: only such
 * imports have these wrappers. The scripts in package.json have the same.
 */
export const nodeFlags = ['--wasm-wrapper-tiering-budget=2000000000'];
