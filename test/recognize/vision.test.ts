import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ModelCard } from '../../src/recognize/modelCard.ts';
import { Vision } from '../../src/recognize/vision.ts';
import type { Item, Outcome } from '../../src/recognize/work.ts';

const picture = readFileSync(new URL('../../examples/common.png', import.meta.url));
const classes = { classify: async () => Float32Array.of(1), release: async () => {} };
const card = { alphabet: 'a', height: 48, tall: 64, step: 8, calibration: {} };
const text = { card: card as unknown as ModelCard, score: async () => [] };
const clicks = { find: async () => [], compare: async () => [], release: async () => {} };

/** Fails at its first call. */
function failingOnce<Net>(net: Net) {
  const calls = { count: 0 };
  const load = async () => {
    if (++calls.count === 1) throw new Error('too many open files');
    return net;
  };
  return { load, calls };
}

async function look(vision: Vision, item: Item): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  await vision.look([item], (_index, outcome) => outcomes.push(outcome));
  return outcomes[0]!;
}

test.each([
  { work: { kind: 'classes' }, images: [picture], budgetMs: 1_000 },
  { work: { kind: 'clicks' }, images: [picture, picture], budgetMs: 1_000 },
] satisfies Item[])(
  'a net that failed to load is loaded at the next need, and then kept: $work.kind',
  async (item) => {
    const [failingClasses, failingClicks] = [failingOnce(classes), failingOnce(clicks)];
    const vision = new Vision(text, { loadClasses: failingClasses.load, loadClicks: failingClicks.load });
    const first = await look(vision, item);
    expect(first).toEqual({
      fault: { code: 'ERROR_SERVICE_UNAVALIABLE', cause: 'Error: too many open files' },
    });
    for (const _ of [1, 2])
      expect(await look(vision, item)).toMatchObject({ found: { kind: item.work.kind } });
    expect(failingClasses.calls.count + failingClicks.calls.count).toBe(2);
    await vision.release();
  },
);

test('one whose net never loaded can be released', async () => {
  const vision = new Vision(text, { loadClasses: () => Promise.reject(new Error('no such file')) });
  await look(vision, { work: { kind: 'classes' }, images: [picture], budgetMs: 1_000 });
  await expect(vision.release()).resolves.toBeUndefined();
});
