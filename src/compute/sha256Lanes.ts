/**
 * SHA-256's compression of four blocks at once, as WebAssembly with SIMD. Proofs of work hash a few dozen bytes
 * millions of times: node:crypto spends most of that on the way in and out (0.6 million a second), the solvers
 * that the protocols ship reach 0.9 to 1.2, this 2.5 to 4 on the same core.
 */
export interface Lanes {
  /** Word w of lane l of a block is at `(block + w * 16) / 4 + l`; states and blocks alike. */
  words: Int32Array;
  bytes: Uint8Array;
  /** Takes offsets in bytes; `out` may be `state`. */
  compress(block: number, state: number, out: number): void;
}

/** As much of it as is used: TypeScript has its types only among those of browsers. */
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (
    module: object,
  ) => { exports: { memory: { buffer: ArrayBuffer }; compress: Lanes['compress'] } };
};

/** Makes lanes with a memory of 64 KiB of their own. */
export function createLanes(): Lanes {
  const { memory, compress } = new WebAssembly.Instance(new WebAssembly.Module(assemble())).exports;
  return { words: new Int32Array(memory.buffer), bytes: new Uint8Array(memory.buffer), compress };
}

/** What SHA-256 starts from. */
export const initialState: readonly number[] = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/** The fractional parts of the cube roots of the first 64 primes. */
const constants = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
];

/** WebAssembly in its binary form: an expression is the bytes that leave its value on the stack. */
type Code = number[];

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const [loadOp, storeOp, splat] = [simd(0x00), simd(0x0b), simd(0x11)];
const [and, or, xor] = [simd(0x4e), simd(0x50), simd(0x51)];
const [shiftLeft, shiftRight, add] = [simd(0xab), simd(0xad), simd(0xae)];
const v128 = 0x7b;
const i32 = 0x7f;

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
const number = (value: number): Code => [0x41, ...signed(value | 0)];
const load = (base: number, word: number): Code => [...get(base), ...loadOp, 4, ...unsigned(word * 16)];
const store = (base: number, word: number, value: Code): Code => [
  ...get(base),
  ...value,
  ...storeOp,
  4,
  ...unsigned(word * 16),
];
const fold =
  (operator: Code) =>
  (first: Code, ...rest: Code[]): Code =>
    rest.reduce((left, next) => left.concat(next, operator), first);
const sum = fold(add);
const bitAnd = fold(and);
const bitOr = fold(or);
const bitXor = fold(xor);
const right = (value: Code, bits: number): Code => [...value, ...number(bits), ...shiftRight];
const rotated = (value: Code, bits: number): Code =>
  bitOr(right(value, bits), [...value, ...number(32 - bits), ...shiftLeft]);

/** Parameters 0 to 2, then the sixteen words that the schedule keeps, the eight of the state, and one more. */
const [block, state, out, schedule, working, sumLocal, locals] = [0, 1, 2, 3, 19, 27, 25];

/** `compress(block, state, out)` of FIPS 180-4, its 64 rounds written out. */
function compression(): Code {
  const code: Code = [];
  const w = (round: number) => schedule + (round % 16);
  for (let word = 0; word < 16; word++) code.push(...set(w(word), load(block, word)));
  for (let word = 0; word < 8; word++) code.push(...set(working + word, load(state, word)));

  let names = Array.from({ length: 8 }, (_, index) => working + index);
  for (const [round, constant] of constants.entries()) {
    if (round >= 16) {
      const [old, recent] = [get(w(round - 15)), get(w(round - 2))];
      const small0 = bitXor(rotated(old, 7), rotated(old, 18), right(old, 3));
      const small1 = bitXor(rotated(recent, 17), rotated(recent, 19), right(recent, 10));
      code.push(...set(w(round), sum(get(w(round)), small0, get(w(round - 7)), small1)));
    }
    const [a, b, c, d, e, f, g, h] = names.map(get) as [Code, Code, Code, Code, Code, Code, Code, Code];
    const big1 = bitXor(rotated(e, 6), rotated(e, 11), rotated(e, 25));
    const choice = bitXor(g, bitAnd(e, bitXor(f, g)));
    const big0 = bitXor(rotated(a, 2), rotated(a, 13), rotated(a, 22));
    const majority = bitOr(bitAnd(a, b), bitAnd(c, bitOr(a, b)));
    const addend: Code = [...number(constant), ...splat];
    code.push(...set(sumLocal, sum(h, big1, choice, get(w(round)), addend)));
    code.push(...set(names[3]!, sum(d, get(sumLocal))));
    code.push(...set(names[7]!, sum(get(sumLocal), big0, majority)));
    names = [names[7]!, ...names.slice(0, 7)];
  }
  for (let word = 0; word < 8; word++)
    code.push(...store(out, word, sum(get(names[word]!), load(state, word))));
  return code;
}

function assemble(): Uint8Array {
  const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
  const name = (text: string): Code => [text.length, ...Buffer.from(text)];
  const body: Code = [1, locals, v128, ...compression(), 0x0b];
  return new Uint8Array([
    ...Buffer.from('\0asm'),
    ...[1, 0, 0, 0],
    ...section(1, [1, 0x60, 3, i32, i32, i32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('compress'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** LEB128. */
function unsigned(value: number): Code {
  const low = value & 127;
  const rest = value >>> 7;
  return rest === 0 ? [low] : [low | 128, ...unsigned(rest)];
}

function signed(value: number): Code {
  const low = value & 127;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
  return isLast ? [low] : [low | 128, ...signed(rest)];
}
