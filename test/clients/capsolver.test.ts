import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RecognizerPool } from '../../src/recognize/pool.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { FakeClock, openWorld, picture, price, start, type World } from '../world.ts';
import { runClient } from './client.ts';

/** npm `capsolver` 1.0.1, as it was published; rows 29 to 31 of the contract's table. */
const load = `import { Solver } from 'capsolver';`;
const run = (world: World, body: string) => runClient(world, load, body);

test('imageToText of a real image by the real recogniser: an id and what the image says', async () => {
  const clock = new FakeClock();
  const text = await RecognizerPool.start({ threads: 1, queueLimit: 8, clock });
  try {
    await using world = await openWorld({ clock, engines: { text } });
    const image = readFileSync('examples/common.png').toString('base64');
    const { value } = await run(
      world,
      `return new Solver('${world.key}').imageToText(Buffer.from('${image}', 'base64'))`,
    );
    expect(value).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      data: 'hR4nTe',
    });
    expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
  } finally {
    await text.stop();
  }
});

test('a wrong key is an APIError with our description', async () => {
  await using world = await openWorld();
  const { error } = await run(world, `return new Solver('CAP-WRONG').imageToText('${await picture()}')`);
  expect(error).toMatchObject({ name: 'APIError', message: 'Wrong account key', code: 1 });
});

test('getBalance: dollars and packages', async () => {
  await using world = await openWorld();
  await world.addPackage({ id: 'p', calls: 7 });
  const { value } = await run(world, `return new Solver('${world.key}').getBalance()`);
  expect(value).toMatchObject({
    balance: start / 1_000_000,
    packages: [{ packageId: 'p', numberOfCalls: 7 }],
  });
});

test('a task answered later: the client polls until "ready", and then no more', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [type] });
  void expect
    .poll(() => asked.length)
    .toBe(1)
    .then(() => asked[0]!.end.resolve({ text: 'late' }));
  // Its promise of a polled task never settles, a mistake of its own: what counts is that the polls stop. It is pending
  // for one poll at least, which takes several turns of the event loop; of 50 ms it may take less.
  const { value } = await run(
    world,
    `const solver = new Solver('${world.key}', 100);
     void solver.createTask('EchoTask', { say: 'x' });
     while (solver.getPending().length === 0) await new Promise(setImmediate);
     while (solver.getPending().length > 0) await new Promise((next) => setTimeout(next, 50));
     return 'stopped';`,
  );
  expect(value).toBe('stopped');
  expect(await world.money()).toEqual({ posted: start - 300, pending: 0 });
});
