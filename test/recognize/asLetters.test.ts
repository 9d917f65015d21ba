import { expect, test } from 'vitest';
import type { Bitmap } from '../../src/recognize/bmp.ts';
import type { ModelCard } from '../../src/recognize/modelCard.ts';
import type { Scores } from '../../src/recognize/net.ts';
import { alikeAsLetters } from '../../src/recognize/puzzles/asLetters.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const card = { alphabet, height: 48 } as unknown as ModelCard;

/** A picture of even grey squares side by side; to the net below, each grey is a letter. */
function squares(letters: string): {
  picture: Bitmap;
  marks: { x: number; y: number; side: number; sureness: number }[];
} {
  const side = 60;
  const width = side * letters.length;
  const rgb = new Uint8Array(width * side * 3);
  for (let i = 0; i < width * side; i++)
    rgb.fill(alphabet.indexOf(letters[Math.floor((i % width) / side)]!), i * 3, i * 3 + 3);
  const marks = Array.from(letters, (_, i) => ({ x: (i + 0.5) * side, y: side / 2, side: 20, sureness: 1 }));
  return { picture: { width, height: side, rgb }, marks };
}

const net = {
  card,
  score: async (pictures: readonly Bitmap[]): Promise<Scores[]> =>
    pictures.map(({ rgb }) => {
      const classes = alphabet.length + 1;
      const logp = new Float32Array(5 * classes).fill(-9);
      for (const step of [0, 1, 3, 4]) logp[step * classes] = -0.01;
      logp[2 * classes + 1 + rgb[0]!] = -0.01;
      return { logp, count: 5, classes };
    }),
};

test('marks that are read as the same letter are far more alike than others', async () => {
  const [[same, other], [none, also]] = (await alikeAsLetters(net, squares('aG'), squares('aG'))) as [
    [number, number],
    [number, number],
  ];
  expect(same).toBeGreaterThan(20 * other);
  expect(also).toBeGreaterThan(20 * none);
  expect(Math.min(other, none)).toBeGreaterThan(0);
});

test('cases that differ in size alone are the same letter, other cases are not', async () => {
  const [[small, large]] = (await alikeAsLetters(net, squares('s'), squares('Sa'))) as [[number, number]];
  expect(small).toBeGreaterThan(5 * large);
  const [[own, capital]] = (await alikeAsLetters(net, squares('a'), squares('aA'))) as [[number, number]];
  expect(own).toBeGreaterThan(20 * capital);
});

test('nothing to compare is no work', async () => {
  const nothing = { picture: squares('a').picture, marks: [] };
  expect(await alikeAsLetters(net, nothing, nothing)).toEqual([]);
});
