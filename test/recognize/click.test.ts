import { expect, test } from 'vitest';
import type { Bitmap } from '../../src/recognize/bmp.ts';
import type { ModelCard } from '../../src/recognize/modelCard.ts';
import type { Scores } from '../../src/recognize/net.ts';
import type { LetterNet } from '../../src/recognize/puzzles/asLetters.ts';
import { findClicks } from '../../src/recognize/puzzles/click.ts';
import type { ClickNets } from '../../src/recognize/puzzles/clickNets.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** To which every picture is another letter. */
function fickle(): LetterNet {
  let letter = 0;
  return {
    card: { alphabet, height: 48 } as unknown as ModelCard,
    score: async (pictures: readonly Bitmap[]): Promise<Scores[]> =>
      pictures.map(() => {
        const classes = alphabet.length + 1;
        const logp = new Float32Array(2 * classes).fill(-9);
        letter++;
        for (const step of [0, 1]) logp[step * classes + letter] = -0.01;
        return { logp, count: 2, classes };
      }),
  };
}

test('a mark that the text net is not asked about gains nothing by what that says of others', async () => {
  const blank = (width: number, height: number) => ({
    width,
    height,
    rgb: new Uint8Array(width * height * 3),
  });
  const mark = (x: number) => ({ x, y: 24, side: 20, sureness: 0.9 });
  const marks = [mark(50), mark(120), mark(190)];
  const nets: ClickNets = {
    find: async ({ width }) => (width === 288 ? marks : [mark(20)]),
    compare: async () => [[Float32Array.from([0.6, 0.385, 0.015], Math.log)]],
    release: async () => {},
  };
  const clicks = await findClicks(nets, fickle(), blank(288, 144), blank(48, 48));
  expect(clicks!.points).toEqual([{ x: 50, y: 24 }]);
  expect(clicks!.confidence).toBeCloseTo(0.6, 1);
});
