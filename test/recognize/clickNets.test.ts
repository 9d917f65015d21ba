import { expect, test, vi } from 'vitest';
import { loadClickNets } from '../../src/recognize/puzzles/clickNets.ts';

const [width, height] = [64, 32];

// Where the net sees marks, and how sure it is, cannot be had by a picture that is drawn for it.
vi.mock('../../src/recognize/session.ts', () => ({
  openSession: async () => ({
    run: async () => {
      const centre = new Float32Array((width / 4) * (height / 4));
      const side = new Float32Array(centre.length).fill(20);
      for (const [x, y, sureness] of [
        [3, 3, 0.6],
        [5, 3, 0.9],
        [11, 4, 0.3],
      ] as const)
        centre[y * (width / 4) + x] = sureness;
      return { centre: { data: centre }, side: { data: side } };
    },
    release: async () => {},
  }),
}));

test('of two marks that lie in each other the surer one is found', async () => {
  const nets = await loadClickNets();
  const marks = await nets.find({ width, height, rgb: new Uint8Array(width * height * 3) });
  expect(marks.map(({ x, y }) => [x, y])).toEqual([
    [22, 14],
    [46, 18],
  ]);
});
