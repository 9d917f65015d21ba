import { expect, test } from 'vitest';
import type { Reading } from '../../src/reading.ts';
import { openWorld, picture, price, start } from '../world.ts';

test('createTasks counts as a request where it brings no tasks', async () => {
  await using world = await openWorld({ settings: { rateLimit: 2 } });
  const codes: string[] = [];
  for (let call = 0; call < 3; call++)
    codes.push((await world.call('createTasks', { tasks: call })).body.errorCode);
  expect(codes).toEqual(['ERROR_INVALID_TASK_DATA', 'ERROR_INVALID_TASK_DATA', 'ERROR_RATE_LIMIT']);
});

test('a client that hangs up before the first line is no fault of the server', async () => {
  const asked: PromiseWithResolvers<Reading>[] = [];
  const read = () => {
    asked.push(Promise.withResolvers());
    return asked.at(-1)!.promise;
  };
  await using world = await openWorld({ engines: { text: { read } } });
  const gone = new AbortController();
  const tasks = [{ type: 'ImageToTextTask', body: await picture(120, 40) }];
  const headers = { accept: 'application/x-ndjson' };
  const call = world.call('createTasks', { tasks }, { headers, signal: gone.signal });
  await expect.poll(() => asked.length).toBe(1);
  gone.abort();
  await expect(call).rejects.toThrow('aborted');
  // The server has heard of it once a later request has been answered.
  await world.call('getBalance');
  asked[0]!.resolve({ text: 'k7mp2', confidence: 0.97, characters: [], alternatives: [] });
  await expect.poll(() => world.money()).toMatchObject({ pending: 0 });
  // And has let go of the lines by then.
  await world.call('getBalance');
  expect(world.log.filter((line) => line.includes('our own fault'))).toEqual([]);
  expect(await world.metrics.registry.metrics()).not.toMatch(/^legible_faults_total\{/m);
});

test('errors of the tasks of one call are in the metrics one by one, those of the sandbox are not', async () => {
  await using world = await openWorld({ settings: { sandbox: true } });
  const tasks = ['NoSuchTask', 'AntiTurnstileTaskProxyLess', 'ImageToTextTask'].map((type) => ({ type }));
  await world.call('createTasks', { tasks });
  await world.call('createTasks', { tasks, clientKey: 'test-ERROR_SERVICE_UNAVALIABLE' });
  const lines = (await world.metrics.registry.metrics()).split('\n');
  expect(lines.filter((line) => line.startsWith('legible_faults_total'))).toEqual([
    'legible_faults_total{error_code="ERROR_TASK_NOT_SUPPORTED"} 2',
    'legible_faults_total{error_code="ERROR_INVALID_TASK_DATA"} 1',
  ]);
});

test('a limit that a whole batch meets is one mistake of its address, and not a hundred', async () => {
  await using world = await openWorld({ settings: { rateLimit: 3, banErrors: 5, blockErrors: 1_000 } });
  const tasks = Array(20).fill({ type: 'ImageToTextTask', body: await picture() });
  const codes: string[] = [];
  for (let call = 0; call < 6; call++) {
    const { body } = await world.call('createTasks', { tasks });
    codes.push(body.results?.at(-1).errorCode ?? body.errorCode);
  }
  expect(codes).toEqual([...Array(5).fill('ERROR_RATE_LIMIT'), 'ERROR_IP_BANNED']);
});

test('a task type that the key may not have is one mistake of its address a call', async () => {
  await using world = await openWorld({ settings: { banErrors: 3 } });
  const clientKey = await world.addKey({ taskTypes: ['VisionEngine'] });
  const tasks = Array(20).fill({ type: 'ImageToTextTask', body: await picture() });
  const codes: string[] = [];
  for (let call = 0; call < 4; call++) {
    const { body } = await world.call('createTasks', { clientKey, tasks });
    codes.push(body.results?.at(-1).errorCode ?? body.errorCode);
  }
  expect(codes).toEqual([...Array(3).fill('ERROR_KEY_DENIED_ACCESS'), 'ERROR_IP_BANNED']);
});

test.each([
  ['the balance', {}],
  ['the daily cap of the key', { dailyCap: price }],
  ['a package', { package: 1 }],
])(
  '%s that is used up is one mistake of its address a call, beside its other limits',
  async (_what, limit) => {
    const settings = { rateLimit: 50, banErrors: 8, blockErrors: 1_000 };
    await using world = await openWorld({ settings, money: 'dailyCap' in limit ? start : price });
    const clientKey =
      'package' in limit
        ? await world.addPackage({ id: 'p', calls: limit.package })
        : await world.addKey({ dailyCap: null, ...limit });
    const tasks = Array(20).fill({ type: 'ImageToTextTask', body: await picture() });
    const codes: string[] = [];
    for (let call = 0; call < 8; call++) {
      const { body } = await world.call('createTasks', { clientKey, tasks });
      codes.push(body.results?.at(-1).errorCode ?? body.errorCode);
    }
    // The third call meets both limits, and is two mistakes.
    expect(codes).toEqual([
      ...Array(2).fill('ERROR_ZERO_BALANCE'),
      ...Array(5).fill('ERROR_RATE_LIMIT'),
      'ERROR_IP_BANNED',
    ]);
  },
);
