import { expect, test } from 'vitest';
import { expectReady, expectRefusal, imageTask, openWorld, price, readerOf, start } from '../world.ts';

const text = 'Captcha not recognized';

test('an image with nothing to read is not charged', async () => {
  await using world = await openWorld({ engines: { text: readerOf('', 0.9) } });
  expectRefusal(await world.call('createTask', await imageTask()), 'ERROR_CAPTCHA_UNSOLVABLE', text);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('a reading less sure than the client asks for is not charged; a surer one is', async () => {
  await using world = await openWorld({ engines: { text: readerOf('abc', 0.9) } });
  expectRefusal(
    await world.call('createTask', await imageTask({ score: 0.95 })),
    'ERROR_CAPTCHA_UNSOLVABLE',
    `${text}: less sure than task.score asks for`,
  );
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
  expectReady(await world.call('createTask', await imageTask({ score: 0.85 })), {
    text: 'abc',
    confidence: 0.9,
  });
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

test('outcomes of tasks never ban an address or block a key', async () => {
  const settings = { banErrors: 3, blockErrors: 3 };
  await using world = await openWorld({ settings, engines: { text: readerOf('', 0.9) } });
  for (let i = 0; i < 5; i++)
    expectRefusal(await world.call('createTask', await imageTask()), 'ERROR_CAPTCHA_UNSOLVABLE', text);
});
