import { readFileSync } from 'node:fs';
import type { Dice } from './dice.ts';

const names = ['common.png', 'common.jpg', 'common.webp', 'number.bmp', 'animated.gif', 'transparent.png'];

/** Real images in every format that is read. */
export function sampleImages(): Buffer[] {
  return names.map((name) => readFileSync(new URL(`../../examples/${name}`, import.meta.url)));
}

/** A real image, damaged: bytes flipped, cut off, repeated, or its header lying about its size. */
export function malformed(dice: Dice, samples: Buffer[]): Buffer {
  let bytes = Buffer.from(dice.pick(samples));
  for (let times = 1 + dice.below(4); times > 0; times--) {
    const at = dice.below(bytes.length);
    const action = dice.below(6);
    if (action === 0) for (let i = 0; i < 30; i++) bytes[dice.below(bytes.length)] = dice.below(256);
    else if (action === 1) bytes = bytes.subarray(0, Math.max(1, at));
    else if (action === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes]);
    else if (action === 3) bytes[dice.below(Math.min(64, bytes.length))] = dice.below(256);
    // Widths, heights and lengths of chunks stand in the first bytes of every format.
    else if (action === 4)
      dice.pick([Buffer.alloc(4, 0xff), Buffer.alloc(4, 0x7f)]).copy(bytes, Math.min(at, 24));
    else bytes = Buffer.concat([bytes.subarray(0, at), dice.bytes(200), bytes.subarray(at)]);
  }
  return bytes;
}
