import { expect, test } from 'vitest';
import { requestName } from '../../src/flow/idempotency.ts';
import type { Arrived } from '../../src/flow/stages.ts';
import { outlineOf } from '../../src/http/dialects/outline.ts';

const large = 'a'.repeat(6_000_000);

test('of a body that is let go only what refusals are worded by is kept, and nothing long', () => {
  const task = { type: 'ImageToTextTask', body: large, score: 0.5, pad: { deep: large } };
  const outline = outlineOf({ clientKey: 'k', action: large, json: 1, ids: large, pad: large, task });
  expect(outline).toEqual({
    clientKey: 'k',
    json: 1,
    task: { type: 'ImageToTextTask', score: 0.5 },
  });
  expect(outlineOf({ taskId: { pad: large }, task: large })).toEqual({});
});

test('a request keeps its name when its body is let go', async () => {
  const arrived = { asks: { idempotencyKey: 'n' }, body: { task: { type: 'x' } } } as unknown as Arrived;
  const before = await requestName(arrived, 0);
  arrived.body = {};
  expect(await requestName(arrived, 5)).toEqual(before);
});
