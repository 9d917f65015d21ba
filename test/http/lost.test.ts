import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { gatedReader, imageTask, openWorld, stalledReader, start } from '../world.ts';

it('where the store is lost, tasks under way are given up at once, and what they come to is told to nobody', async () => {
  const lost = new AbortController();
  await using world = await openWorld({ engines: { text: stalledReader }, lost: lost.signal });
  const asked = world.call('createTask', await imageTask()).catch((error: Error) => error);
  await expect.poll(() => world.money()).toMatchObject({ pending: 400 });
  lost.abort();
  expect(await asked).toBeInstanceOf(Error);
  // Or else this would take all of drainSeconds.
  await world.api.close();
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

it('and a task whose price is held just then is not begun', async () => {
  const lost = new AbortController();
  const { read, finish } = gatedReader('abc');
  await using world = await openWorld({ engines: { text: { read } }, lost: lost.signal });
  const { reserveEarly } = world.store;
  world.store.reserveEarly = async (hold) => {
    const held = await reserveEarly(hold);
    lost.abort();
    return held;
  };
  finish();
  expect(await world.call('createTask', await imageTask()).catch((error: Error) => error)).toBeInstanceOf(
    Error,
  );
  await world.api.close();
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

it('and whoever connects after that is cut off, with no answer', async () => {
  const lost = new AbortController();
  await using world = await openWorld({ lost: lost.signal });
  lost.abort();
  const late = connect(world.port, '127.0.0.1', () =>
    late.write('GET /questions HTTP/1.1\r\nhost: x\r\n\r\n'),
  );
  late.resume().on('error', () => {});
  await once(late, 'close');
  expect(late.bytesRead).toBe(0);
});
