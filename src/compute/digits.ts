import { createHash } from 'node:crypto';
import { type Bounds, type Digits, type Found, isWithin } from '../proof.ts';
import { createLanes, initialState, type Lanes } from './sha256Lanes.ts';

/** Where things lie in the lanes' memory: the message's last two blocks, then three states. */
const [tail, prefixState, betweenState, hashState] = [0, 512, 640, 768];

/** The first counter of `from` to `to` (not included) that solves a proof of digits. */
export function searchDigits(proof: Bounds & Digits, from: number, to: number): Found | undefined {
  for (let start = from; start < to; ) {
    // All counters of a range have as many digits, so that the message has one length.
    const end = Math.min(to, 10 ** String(start).length);
    const isFit = proof.algorithm === 'sha256' && end - start >= 4;
    const found = isFit ? searchInLanes(proof, start, end) : searchOneByOne(proof, start, end);
    if (found !== undefined) return found;
    start = end;
  }
  return undefined;
}

function searchOneByOne(proof: Bounds & Digits, from: number, to: number): Found | undefined {
  for (let counter = from; counter < to; counter++) {
    const hash = hashOf(proof, counter);
    if (isWithin(proof, hash)) return { counter, hash };
  }
  return undefined;
}

function hashOf({ algorithm, prefix }: Digits, counter: number): string {
  return createHash(algorithm).update(prefix).update(String(counter)).digest('hex');
}

let lanes: Lanes | undefined;

/** Four counters at a time; they have as many digits, and are at least four. */
function searchInLanes(proof: Bounds & Digits, from: number, to: number): Found | undefined {
  lanes ??= createLanes();
  const { words, bytes, compress } = lanes;
  const digits = String(from).length;
  const { firstDigit, isLong } = layOut(lanes, proof.prefix, digits);
  const [least, most] = [firstWord(proof.least, '0'), firstWord(proof.most, 'f')];
  const hashWord = hashState / 4;
  let next = from;
  write(next);
  for (;;) {
    compress(tail, prefixState, isLong ? betweenState : hashState);
    if (isLong) compress(tail + 256, betweenState, hashState);
    for (let lane = 0; lane < 4; lane++) {
      const word = words[hashWord + lane]! >>> 0;
      if (word < least || word > most) continue;
      const counter = next + lane;
      const hash = hashOf(proof, counter);
      if (isWithin(proof, hash)) return { counter, hash };
    }
    next += 4;
    if (next >= to) return undefined;
    if (next + 4 <= to) {
      advance();
    } else {
      next = to - 4;
      write(next);
    }
  }

  function write(counter: number): void {
    for (let lane = 0; lane < 4; lane++) {
      const text = String(counter + lane);
      for (let digit = 0; digit < digits; digit++)
        bytes[byteAt(firstDigit + digit, lane)] = text.charCodeAt(digit);
    }
  }

  /** Adds four to each lane's digits, as an odometer does. */
  function advance(): void {
    for (let lane = 0; lane < 4; lane++) {
      let place = firstDigit + digits - 1;
      let at = byteAt(place, lane);
      let value = bytes[at]! + 4;
      while (value > 57) {
        bytes[at] = value - 10;
        at = byteAt(--place, lane);
        value = bytes[at]! + 1;
      }
      bytes[at] = value;
    }
  }
}

/** Hashes the whole blocks of the prefix, once, and lays out what is left of the message around its digits. */
function layOut({ words, bytes, compress }: Lanes, prefix: Uint8Array, digits: number) {
  for (const [index, word] of initialState.entries()) {
    const first = prefixState / 4 + index * 4;
    words.fill(word, first, first + 4);
  }
  const whole = prefix.length - (prefix.length % 64);
  for (let start = 0; start < whole; start += 64) {
    fill(prefix.subarray(start, start + 64), 0);
    compress(tail, prefixState, prefixState);
  }
  words.fill(0, tail / 4, tail / 4 + 128);
  fill(prefix.subarray(whole), 0);
  const firstDigit = prefix.length - whole;
  fill([0x80], firstDigit + digits);
  const isLong = firstDigit + digits + 9 > 64;
  const bits = 8 * (prefix.length + digits);
  const lastWord = tail / 4 + (isLong ? 31 : 15) * 4;
  words.fill(bits, lastWord, lastWord + 4);
  return { firstDigit, isLong };

  function fill(part: ArrayLike<number>, position: number): void {
    for (let lane = 0; lane < 4; lane++)
      for (let index = 0; index < part.length; index++) bytes[byteAt(position + index, lane)] = part[index]!;
  }
}

/** SHA-256 reads big-endian words, WebAssembly's memory is little-endian. */
function byteAt(position: number, lane: number): number {
  return tail + (position >> 2) * 16 + lane * 4 + 3 - (position & 3);
}

function firstWord(hex: string, filler: string): number {
  return Number.parseInt(hex.slice(0, 8).padEnd(8, filler), 16);
}
