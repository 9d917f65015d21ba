import { expect, test } from 'vitest';
import { expectRefusal, imageTask, openWorld, picture, start } from '../world.ts';

const text = (detail: string) => `Image size does not meet the requirements: ${detail}`;

test('images that are too small, too long, too large, or have too many pixels', async () => {
  await using world = await openWorld({ settings: { maxImagePixels: 10_000, maxImageBytes: 20_000 } });
  const cases: [string, string][] = [
    [await picture(4, 4), 'task.body: a side is shorter than 8 pixels'],
    [await picture(9000, 8), 'task.body: a side is longer than 8192 pixels'],
    [await picture(200, 200), 'task.body: more than 10000 pixels over all frames'],
    ['A'.repeat(40_000), 'task.body: larger than 20000 bytes'],
  ];
  for (const [body, detail] of cases)
    expectRefusal(
      await world.call('createTask', await imageTask({ body })),
      'ERROR_INVALID_IMAGE',
      text(detail),
    );
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('of several images the one at fault is named', async () => {
  await using world = await openWorld();
  const images = [await picture(), await picture(4, 4)];
  const task = { type: 'ImageToTextTask', module: 'number', images };
  expectRefusal(
    await world.call('createTask', { task }),
    'ERROR_INVALID_IMAGE',
    text('task.images.1: a side is shorter than 8 pixels'),
  );
});
