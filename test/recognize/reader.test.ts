import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Bitmap } from '../../src/recognize/bmp.ts';
import { readModelCard } from '../../src/recognize/modelCard.ts';
import { textModel } from '../../src/recognize/modelFiles.ts';
import { readImage } from '../../src/recognize/reader.ts';

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
