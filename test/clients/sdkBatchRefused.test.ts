import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, picture, price, start, type World } from '../world.ts';
import { installSdk } from './sdkPackage.ts';

let installed: Awaited<ReturnType<typeof installSdk>>;
beforeAll(async () => {
  installed = await installSdk();
});
afterAll(() => installed.remove());

/** A client of a world, and the paths that it asked for. */
function clientOf(world: World, more: object = {}) {
  const asked: string[] = [];
  const client = new installed.sdk.Legible({
    baseUrl: world.url,
    key: world.key,
    random: () => 0,
    fetch: (url, init) => {
      asked.push(new URL(String(url)).pathname);
      return fetch(url, init);
    },
    ...more,
  });
  return { client, asked };
}

const image = async () => ({ type: 'ImageToTextTask', body: await picture() }) as const;
const denied = 'ERROR_KEY_DENIED_ACCESS';

test('a type that the key may not have is sent in one call, and others in later ones', async () => {
  await using world = await openWorld();
  const key = await world.addKey({ taskTypes: ['ImageToTextTask'] });
  const { client, asked } = clientOf(world, { key });
  const wrong = {
    type: 'McaptchaTask',
    challenge: { string: 'a', salt: 'b', difficulty_factor: 5 },
  } as const;
  const outcomes = await client.solveAll([...Array(499).fill(wrong), await image()]);
  expect(outcomes.map(({ error }) => error?.code)).toEqual([...Array(499).fill(denied), undefined]);
  expect(asked).toEqual(Array(2).fill('/createTasks'));
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

test.each([
  ['a wrong key', denied],
  ['a ban', 'ERROR_IP_BANNED'],
  ['a block', 'ERROR_KEY_TEMP_BLOCKED'],
])('after %s no call more is sent, and every place says so', async (what, code) => {
  await using world = await openWorld({ settings: { banErrors: 2, blockErrors: 1 } });
  if (what === 'a ban') for (const key of ['x', 'y']) await world.call('getBalance', { clientKey: key });
  if (what === 'a block') await world.call('createTask', { task: { type: 'ImageToTextTask' } });
  const { client, asked } = clientOf(world, what === 'a wrong key' ? { key: 'wrong' } : {});
  const outcomes = await client.solveAll(Array(350).fill(await image()));
  expect(outcomes.map(({ error }) => error?.code)).toEqual(Array(350).fill(code));
  expect(asked).toEqual(['/createTasks']);
});

test('a ban that is met by tasks that are sent alone ends them all', async () => {
  await using world = await openWorld();
  const asked: string[] = [];
  const refusals = { '/createTasks': 'ERROR_BAD_REQUEST', '/createTask': 'ERROR_IP_BANNED' };
  const { client } = clientOf(world, {
    fetch: async (url: string) => {
      const path = new URL(url).pathname as keyof typeof refusals;
      asked.push(path);
      return Response.json({ errorId: 1, errorCode: refusals[path], errorDescription: '' }, { status: 400 });
    },
  });
  const outcomes = await client.solveAll(Array(150).fill(await image()));
  expect(outcomes.map(({ error }) => error?.code)).toEqual(Array(150).fill('ERROR_IP_BANNED'));
  // Those that were under way by then, and their call.
  expect(asked.length).toBe(1 + 16);
});
