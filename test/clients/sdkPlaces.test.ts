import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, picture, price, start } from '../world.ts';
import { failure, installSdk } from './sdkPackage.ts';

let installed: Awaited<ReturnType<typeof installSdk>>;
beforeAll(async () => {
  installed = await installSdk();
});
afterAll(() => installed.remove());

const image = { type: 'ImageToTextTask', body: 'AAAA' } as const;
const proof = { type: 'CapTask', challengeURL: 'https://a.example/x' } as const;
const ready = { errorId: 0, status: 'ready', taskId: 't', solution: { text: 'a', confidence: 1 } };
const full = { errorId: 1, errorCode: 'ERROR_RATE_LIMIT', errorDescription: 'x' };

/** A server whose key has so many places, where tasks end when the test says so, and a client whose pauses do too. */
function openPlaces(places: number, options: object = {}) {
  const ends: (() => void)[] = [];
  const pauses: { ms: number; end(): void }[] = [];
  const server = { places, underway: 0, most: 0, created: 0, refused: 0 };
  const time = { ms: 0 };
  const untilEnded = async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    ends.push(resolve);
    await promise;
    server.underway--;
  };
  const client = new installed.sdk.Legible({
    key: 'k',
    random: () => 0,
    clock: {
      now: () => time.ms,
      sleep: (ms, signal) =>
        new Promise((end, reject) => {
          pauses.push({ ms, end });
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    },
    fetch: async (url, init) => {
      if (String(url).endsWith('/getTaskResult')) {
        await untilEnded();
        return Response.json(ready);
      }
      const { task } = JSON.parse(String(init?.body));
      if (server.underway >= server.places) {
        server.refused++;
        return Response.json(full, { status: 400, headers: { 'retry-after': '3' } });
      }
      server.created++;
      server.most = Math.max(server.most, ++server.underway);
      if (task.type !== 'ImageToTextTask') return Response.json({ errorId: 0, status: 'idle', taskId: 't' });
      await untilEnded();
      return Response.json(ready);
    },
    ...options,
  });
  /** Ends what is under way, and tells how many then are. */
  const endRound = async () => {
    for (const end of ends.splice(0)) end();
    await settled();
    return server.underway;
  };
  const endAll = async () => {
    while ((await endRound()) > 0);
  };
  return { client, server, time, pauses, endRound, endAll };
}

/** So many turns that whatever waits for nothing else has happened. */
async function settled() {
  for (let left = 20; left > 0; left--) await turn();
}

test('hundreds of calls at once by a key of few places are all solved, and are no ban', async () => {
  await using world = await openWorld({ settings: { concurrency: 20 } });
  const clock = { now: () => 0, sleep: () => turn() };
  const client = new installed.sdk.Legible({ baseUrl: world.url, key: world.key, clock });
  const body = await picture();
  const codes = await Promise.all(
    Array.from({ length: 350 }, () =>
      client.imageToText(body).then(
        () => 'solved',
        ({ code }) => code,
      ),
    ),
  );
  expect(codes).toEqual(Array(350).fill('solved'));
  expect(await world.money()).toEqual({ posted: start - 350 * price, pending: 0 });
});

test('after a limit no task is created until Retry-After has passed, and then no more than had found a place', async () => {
  const { client, server, pauses, endAll } = openPlaces(3);
  const calls = Array.from({ length: 6 }, () => client.solve(image));
  await settled();
  expect(server).toMatchObject({ created: 3, refused: 3 });
  const later = client.solve(image);
  await endAll();
  expect(server).toMatchObject({ created: 3, refused: 3 });
  expect(pauses.map(({ ms }) => ms)).toEqual(Array(3).fill(3_000));
  for (const { end } of pauses.splice(0, 2)) end();
  await settled();
  expect(server.created).toBe(3);
  pauses.pop()!.end();
  await settled();
  expect(server).toMatchObject({ created: 6, refused: 3, underway: 3 });
  await endAll();
  await Promise.all([...calls, later]);
  expect(server).toMatchObject({ created: 7, refused: 3 });
});

test('what ends while others pause makes no room that was not there', async () => {
  const { client, server, pauses, endRound, endAll } = openPlaces(8);
  const calls = Array.from({ length: 16 }, () => client.solve(image));
  await settled();
  expect(await endRound()).toBe(0);
  for (const { end } of pauses.splice(0)) end();
  await settled();
  expect(server).toMatchObject({ created: 16, refused: 8 });
  calls.push(...Array.from({ length: 4 }, () => client.solve(image)));
  await settled();
  expect(server).toMatchObject({ created: 16, refused: 8 });
  await endAll();
  await Promise.all(calls);
});

test('one that was refused is the next to have a place', async () => {
  const { client, pauses, endRound, endAll } = openPlaces(1);
  const told: string[] = [];
  const solve = (name: string) => client.solve(image).then(() => told.push(name));
  const calls = ['first', 'refused'].map(solve);
  await settled();
  calls.push(...['later', 'last'].map(solve));
  await endRound();
  for (const { end } of pauses.splice(0)) end();
  await settled();
  await endAll();
  await Promise.all(calls);
  expect(told).toEqual(['first', 'refused', 'later', 'last']);
});

test('ten seconds after a refusal each four that find a place make room for one more', async () => {
  const { client, server, time, pauses, endRound, endAll } = openPlaces(1);
  const calls = Array.from({ length: 60 }, () => client.solve(image));
  await settled();
  server.places = 1_000;
  time.ms = 10_000;
  for (const { end } of pauses.splice(0)) end();
  const sizes: number[] = [];
  for (let round = 0; round < 9; round++) sizes.push(await endRound());
  expect(sizes).toEqual([1, 1, 1, 2, 2, 3, 3, 4, 5]);
  await endAll();
  await Promise.all(calls);
});

test('until then as many go on as had found a place: to try for more would hold up all of them, time and again', async () => {
  const { client, server, time, pauses, endRound, endAll } = openPlaces(3);
  const calls = Array.from({ length: 60 }, () => client.solve(image));
  await settled();
  for (const { end } of pauses.splice(0)) end();
  time.ms = 9_999;
  for (let round = 0; round < 9; round++) expect(await endRound()).toBe(3);
  expect(server.refused).toBe(57);
  await endAll();
  await Promise.all(calls);
});

test('a task that is waited for has its place until it has ended', async () => {
  const { client, server, pauses, endAll } = openPlaces(2);
  const calls = Array.from({ length: 6 }, () => client.solve(proof));
  await settled();
  for (const { end } of pauses.splice(0)) end();
  await settled();
  expect(server).toMatchObject({ created: 2, refused: 4, underway: 2 });
  await endAll();
  await Promise.all(calls);
  expect(server).toMatchObject({ created: 6, refused: 4, most: 2 });
});

test.each([
  [undefined, 200],
  [7, 7],
  [0, 1],
  [Number.NaN, 1],
])('with a concurrency of %s at most %d of all tasks are under way', async (concurrency, most) => {
  const { client, server, endAll } = openPlaces(1_000, { concurrency });
  const calls = Array.from({ length: 300 }, () => client.solve(image));
  await settled();
  expect(server.underway).toBe(most);
  await endAll();
  await Promise.all(calls);
  expect(server).toMatchObject({ created: 300, most, refused: 0 });
});

test('who is aborted while it waits for a place goes, and holds up nobody', async () => {
  const { client, server, pauses, endAll } = openPlaces(1);
  const control = new AbortController();
  const first = client.solve(image);
  const aborted = [1, 2].map(() => client.solve(image, { signal: control.signal }));
  await settled();
  expect(pauses).toHaveLength(2);
  aborted.push(client.solve(image, { signal: control.signal }));
  const last = client.solve(image);
  control.abort('enough');
  for (const call of aborted) expect(await failure(call)).toBe('enough');
  await endAll();
  await Promise.all([first, last]);
  expect(server).toMatchObject({ created: 2, refused: 2 });
});

test('one that gives up because it was refused too often leaves its place', async () => {
  const { client, server, endAll } = openPlaces(1, { retries: 0 });
  const first = client.solve(image);
  expect((await failure(client.solve(image))).code).toBe('ERROR_RATE_LIMIT');
  const last = client.solve(image);
  await settled();
  expect(server.refused).toBe(1);
  await endAll();
  await Promise.all([first, last]);
  expect(server).toMatchObject({ created: 2, refused: 1 });
});
