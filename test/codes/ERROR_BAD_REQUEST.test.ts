import { expect, test } from 'vitest';
import { expectReady, expectRefusal, imageTask, openWorld, start } from '../world.ts';

const text = (detail: string) => `Error Request: ${detail}`;

test('unknown paths, other verbs and keys in addresses are refused', async () => {
  await using world = await openWorld();
  const body = JSON.stringify({ clientKey: world.key, ...(await imageTask()) });
  expectRefusal(await world.send('/createtasks', body), 'ERROR_BAD_REQUEST', text('there is no such method'));
  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    expectRefusal(
      await world.send('/createTask', body, { method }),
      'ERROR_BAD_REQUEST',
      text('methods are called by POST; GET /docs tells of them'),
    );
  for (const name of ['clientKey', 'CLIENTKEY', 'client%4bey'])
    expectRefusal(
      await world.send(`/createTask?a=1&${name}=${world.key}`, body),
      'ERROR_BAD_REQUEST',
      text('clientKey belongs into the body: addresses end up in logs'),
    );
  expect(world.log.join('')).not.toContain(world.key);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('a body over the limit is refused and a client that still sends it can read why', async () => {
  await using world = await openWorld({ settings: { bodyLimitBytes: 1000 } });
  const refused = await world.send('/createTask', 'x'.repeat(5_000_000));
  expectRefusal(refused, 'ERROR_BAD_REQUEST', text('the body is larger than 1000 bytes'));
  expect((await world.call('getBalance')).status).toBe(200);
});

test('compressed bodies are refused: a few KB of them could be gigabytes', async () => {
  await using world = await openWorld();
  const headers = { 'content-encoding': 'gzip' };
  const refused = await world.call('createTask', await imageTask(), { headers });
  expectRefusal(refused, 'ERROR_BAD_REQUEST', text('Content-Encoding: compressed bodies are not read'));
  const plain = { headers: { 'content-encoding': 'identity' } };
  expectReady(await world.call('createTask', await imageTask(), plain));
});
