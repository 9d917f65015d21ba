import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { isBlank } from '../../src/recognize/blank.ts';
import type { Bitmap } from '../../src/recognize/bmp.ts';
import { combinations } from '../../src/recognize/frames.ts';
import { readModelCard } from '../../src/recognize/modelCard.ts';
import { textModel } from '../../src/recognize/modelFiles.ts';
import { readImage, readImages } from '../../src/recognize/reader.ts';

vi.mock(import('../../src/recognize/blank.ts'), { spy: true });
vi.mock(import('../../src/recognize/frames.ts'), { spy: true });

const image = readFileSync(new URL('../../examples/common.png', import.meta.url));
const card = readModelCard(textModel);

/** A net that holds every character for as likely as any other. */
const unsure = async (pictures: readonly Bitmap[]) => {
  const classes = card.alphabet.length + 1;
  const count = 4;
  const logp = new Float32Array(count * classes).fill(-Math.log(classes));
  return pictures.map(() => ({ logp, count, classes }));
};
const net = { card, score: unsure, scoreCloser: unsure, release: async () => {} };

/** How many views of the image it took, with so many milliseconds left. */
async function viewsWithin(budgetMs: number): Promise<number> {
  const outcome = await readImage(net, { image, budgetMs });
  return 'reading' in outcome ? outcome.reading.times.views : 0;
}

test('an unsure image whose time is over is not looked at again', async () => {
  expect(await viewsWithin(60_000)).toBeGreaterThan(1);
  expect(await viewsWithin(-1)).toBe(1);
});

test('an image is told the time of its own decoding, its part of the first look, and its own further looks', async () => {
  let ms = 0;
  const lasting = (each: number) => (pictures: readonly Bitmap[]) => {
    ms += each * pictures.length;
    return unsure(pictures);
  };
  const slowNet = { ...net, score: lasting(5), scoreCloser: lasting(100) };
  const lastingItem = (decodeMs: number) => ({
    budgetMs: 60_000,
    get image() {
      ms += decodeMs;
      return image;
    },
  });
  const told: { decodeMs: number; inferMs: number; views: number }[] = [];
  await readImages(
    slowNet,
    [lastingItem(3), lastingItem(700), lastingItem(20)],
    (index, outcome) => {
      if ('reading' in outcome) told[index] = outcome.reading.times;
    },
    { elapsed: () => ms },
  );
  expect(told.map(({ decodeMs }) => decodeMs)).toEqual([3, 700, 20]);
  for (const { inferMs, views } of told) expect(inferMs).toBe(5 + 100 * (views - 1));
  expect(told.reduce((sum, { decodeMs, inferMs }) => sum + decodeMs + inferMs, 0)).toBe(ms);
});

test.each([
  ['putting frames together', combinations],
  ['looking whether it is blank', isBlank],
])('a mistake of ours in %s is none of the client’s', async (_, step) => {
  vi.mocked<(...args: never[]) => unknown>(step).mockImplementationOnce(() => {
    throw new TypeError('a bug');
  });
  expect(await readImage(net, { image, budgetMs: 60_000 })).toEqual({
    fault: { code: 'ERROR_SERVICE_UNAVALIABLE', cause: 'TypeError: a bug' },
  });
});

test('an image that the decoder refuses is the client’s mistake, in the decoder’s own words', async () => {
  const cut = image.subarray(0, image.length - 20);
  expect(await readImage(net, { image: cut, budgetMs: 60_000 })).toEqual({
    fault: { code: 'ERROR_PARSE_IMAGE_FAIL', cause: expect.stringMatching(/^Error: ./) },
  });
});
