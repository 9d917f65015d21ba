import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Fault } from '../../src/fault.ts';
import type { ReadOptions } from '../../src/reading.ts';
import { imageParser } from '../../src/recognize/imageParser.ts';
import { RecognizerPool } from '../../src/recognize/pool.ts';

const example = (name: string) => readFileSync(new URL(`../../examples/${name}`, import.meta.url));

let pool: RecognizerPool;
beforeAll(async () => {
  pool = await RecognizerPool.start({ threads: 2, queueLimit: 1000, clock: systemClock });
});
afterAll(() => pool.stop());

const read = (image: Uint8Array, options: Partial<ReadOptions> = {}) =>
  pool.read(image, {
    deadline: systemClock.now() + 120_000,
    signal: new AbortController().signal,
    ...options,
  });

describe('the samples are read right', () => {
  test.each([
    ['common.png', 'hR4nTe'],
    ['common.jpg', 'BLUEFISH'],
    ['common.webp', 'garden'],
    ['transparent.png', 'GHOST9'],
    ['number.png', '482917'],
    ['number.bmp', '3056'],
    ['animated.gif', 'W3KHP'],
  ])('%s', async (name, text) => {
    const reading = await read(example(name));
    expect(reading.text).toBe(text);
    expect(reading.characters.map(({ character }) => character).join('')).toBe(text);
    expect(reading.confidence).toBeGreaterThan(0.5);
    expect(reading.times.decodeMs).toBeGreaterThan(0);
    expect(reading.times.inferMs).toBeGreaterThan(0);
  });

  test.each([
    ['math.png', /^27\+15=\??$/],
    ['product.png', /^8[x×X*]7=?$/],
  ])('%s', async (name, text) => {
    expect((await read(example(name), { expression: true })).text).toMatch(text);
  });
});

test('a sum of three numbers is read as one, not with a sign left out', async () => {
  // `27+15`, and `+15` once more.
  const piece = (left: number) =>
    sharp(example('math.png'))
      .extract({ left, top: 0, width: 125 - left, height: 52 })
      .png()
      .toBuffer();
  const sum = await sharp([await piece(0), await piece(54)], { join: { across: 2, halign: 'left' } })
    .png()
    .toBuffer();
  const { text, confidence } = await read(sum, { expression: true });
  expect(text).toBe('27+15+15');
  expect(confidence).toBeGreaterThan(0.5);
});

describe('on a transparent ground', () => {
  /** The sample with all its letters in one grey, and noise of another wherever `isNoise` says so. */
  async function repainted(letters: number, noise: number, isNoise: (x: number, y: number) => boolean) {
    const { data, info } = await sharp(example('transparent.png'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    for (let i = 0; i < width * height; i++) {
      const over = isNoise(i % width, Math.floor(i / width));
      data.fill(over ? noise : letters, 4 * i, 4 * i + 3);
      if (over) data[4 * i + 3] = 255;
    }
    return sharp(data, { raw: { width, height, channels: 4 } })
      .png()
      .toBuffer();
  }

  test('white letters under dark lines are read', async () => {
    const image = await repainted(255, 70, (_, y) => y % 14 === 6);
    expect((await read(image)).text).toBe('GHOST9');
  });

  test('black letters among more white dots are read', async () => {
    const image = await repainted(0, 255, (x, y) => x % 2 === 0 && y % 2 === 0);
    expect((await read(image)).text).toBe('GHOST9');
  });
});

test('a reading less sure than is asked for is looked at again', async () => {
  const first = await read(example('number.png'));
  expect(first.times.views).toBe(1);
  const asked = await read(example('number.png'), { sure: (1 + first.confidence) / 2 });
  expect(asked.text).toBe(first.text);
  expect(asked.times.views).toBeGreaterThan(1);
});

test('no single frame of the animation shows the whole text', async () => {
  const frames = await Promise.all(
    [0, 1, 2, 3, 4].map((page) => sharp(example('animated.gif'), { page }).png().toBuffer()),
  );
  const texts = await Promise.all(frames.map(async (frame) => (await read(frame)).text));
  expect(texts).not.toContain('W3KHP');
});

test('an animation that builds its text up is read whole', async () => {
  const last = sharp(example('number.png')).removeAlpha();
  const { width, height } = await last.metadata();
  const until = (columns: number) => {
    const white = { create: { width: width - columns, height, channels: 3, background: 'white' } } as const;
    return columns === width
      ? last.clone().png().toBuffer()
      : last
          .clone()
          .composite([{ input: white, left: columns, top: 0 }])
          .png()
          .toBuffer();
  };
  const frames = await Promise.all([45, 68, 91, 115, width].map(until));
  const gif = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  expect((await read(gif)).text).toBe('482917');
});

describe('what the request says of the text holds', () => {
  test('characters', async () => {
    const { text } = await read(example('common.png'), { alphabet: '0123456789' });
    expect(text).toMatch(/^\d*$/);
    expect((await read(example('number.png'), { alphabet: '124789' })).text).toBe('482917');
  });

  test('lengths', async () => {
    for (const length of [4, 5, 7]) {
      const reading = await read(example('number.png'), { minLength: length, maxLength: length });
      expect(reading.text).toHaveLength(length);
      expect(reading.confidence).toBeLessThan(0.9);
    }
  });

  test('other texts are named when asked for, likeliest first and never the best again', async () => {
    const { text, confidence, alternatives } = await read(example('transparent.png'), { alternatives: 4 });
    expect(alternatives).toHaveLength(4);
    const all = [confidence, ...alternatives.map((other) => other.confidence)];
    expect(all).toEqual([...all].sort((a, b) => b - a));
    expect(new Set([text, ...alternatives.map((other) => other.text)]).size).toBe(5);
  });
});

test('a picture without text is read as nothing, without confidence', async () => {
  const empty = await sharp({ create: { width: 120, height: 40, channels: 3, background: '#eee' } })
    .png()
    .toBuffer();
  const reading = await read(empty);
  expect(reading.text === '' || reading.confidence < 0.5).toBe(true);
});

test.each(['white', 'black', '#f5f5dc'])(
  'of a picture all %s nothing is read, whatever is asked for',
  async (background) => {
    const create = { width: 200, height: 60, channels: 3 as const, background };
    for (const image of [sharp({ create }).png(), sharp({ create }).jpeg()])
      expect(
        await read(await image.toBuffer(), { alphabet: '0123456789', minLength: 1, maxLength: 5 }),
      ).toMatchObject({ text: '', confidence: 0 });
  },
);

test('the same image gives the same answer, in whatever company', async () => {
  const alone = await read(example('common.png'));
  const crowd = await Promise.all(Array.from({ length: 20 }, () => read(example('common.png'))));
  for (const reading of crowd) {
    expect(reading.text).toBe(alone.text);
    expect(reading.confidence).toBeCloseTo(alone.confidence, 1);
  }
});

test('malformed images are refused one by one, and the threads go on', async () => {
  const parse = imageParser({ maxImageBytes: 100_000, maxImagePixels: 1_000_000, strict: true });
  const originals = ['common.png', 'common.jpg', 'common.webp', 'number.bmp', 'animated.gif'].map(example);
  const codes: string[] = [];
  const tried: Promise<unknown>[] = [];
  const dice = seededDice(11);
  for (let i = 0; i < 500; i++) {
    const original = originals[i % originals.length]!;
    const isCut = dice() < 0.3;
    const mutant = Buffer.from(
      original.subarray(0, isCut ? 20 + dice() * (original.length - 20) : undefined),
    );
    const range = dice() < 0.4 ? 60 : mutant.length;
    for (let flips = isCut ? 0 : 1 + dice() * 6; flips > 0; flips--) {
      mutant[Math.floor(2 + dice() * (range - 2))] = dice() * 256;
    }
    const attempt = async () => {
      const image = parse(mutant.toString('base64'), 'task.body');
      return (await read(image)).text;
    };
    tried.push(
      attempt().then(
        () => codes.push('read'),
        (error: unknown) => codes.push(error instanceof Fault ? error.code : String(error)),
      ),
    );
  }
  await Promise.all(tried);
  const counts = Object.groupBy(codes, (code) => code);
  const known = ['ERROR_INVALID_IMAGE', 'ERROR_PARSE_IMAGE_FAIL', 'read'];
  expect(Object.keys(counts).sort()).toEqual(known);
  for (const code of known) expect(counts[code]!.length).toBeGreaterThan(10);
  expect(pool.load).toEqual({ waiting: 0, running: 0, threads: 2 });
  expect((await read(example('number.png'))).text).toBe('482917');
}, 120_000);

/** Numbers in 0…1, the same at every run (mulberry32). */
function seededDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
