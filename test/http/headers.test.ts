import { describe, expect, it } from 'vitest';
import { laterPrices, laterType } from '../laterType.ts';
import { imageTask, openWorld, stalledReader } from '../world.ts';

describe('RateLimit', () => {
  it('says whose limit holds, how much of it is left, and when there is more', async () => {
    await using world = await openWorld({ settings: { rateLimit: 3 } });
    const told = [];
    for (let at = 0; at < 4; at++) {
      const { headers } = await world.call('getBalance');
      expect(headers.get('ratelimit-policy')).toBe('"key";q=3;w=60');
      told.push([headers.get('ratelimit'), headers.get('retry-after')]);
    }
    expect(told).toEqual([
      ['"key";r=2;t=65', null],
      ['"key";r=1;t=65', null],
      ['"key";r=0;t=65', null],
      ['"key";r=0;t=65', '65'],
    ]);
    world.clock.advance(65_000);
    expect((await world.call('getBalance')).headers.get('ratelimit')).toBe('"key";r=2;t=65');
  });

  it('of a package is the one of all its keys', async () => {
    await using world = await openWorld();
    const clientKey = await world.addPackage({ id: 'plan', rateLimit: 9 });
    const { headers } = await world.call('getBalance', { clientKey });
    expect([headers.get('ratelimit-policy'), headers.get('ratelimit')]).toEqual([
      '"package";q=9;w=60',
      '"package";r=8;t=65',
    ]);
  });

  it('is told to nobody before it is known who calls', async () => {
    await using world = await openWorld();
    for (const { headers } of [
      await world.call('getBalance', { clientKey: 'wrong' }),
      await world.send('/createTask', '{bad'),
      await world.send('/nowhere', '{}'),
    ])
      expect([headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([null, null]);
  });
});

describe('X-Legible-Cost', () => {
  const costOf = ({ headers }: { headers: Headers }) => headers.get('x-legible-cost');

  it('is what the task cost, by createTask and by getTaskResult, and nothing where it failed', async () => {
    await using world = await openWorld();
    const created = await world.call('createTask', await imageTask());
    expect(costOf(created)).toBe('0.0004');
    expect(costOf(await world.call('getTaskResult', { taskId: created.body.taskId }))).toBe('0.0004');
    expect(costOf(await world.call('createTask', await imageTask({ score: 1 })))).toBe('0');
    expect(costOf(await world.call('getBalance'))).toBe(null);
  });

  it('of a task under way is not known yet', async () => {
    const { type, asked } = laterType();
    await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [type] });
    const created = await world.call('createTask', { task: { type: 'EchoTask', say: 'x' } });
    const { taskId } = created.body;
    expect([costOf(created), costOf(await world.call('getTaskResult', { taskId }))]).toEqual([null, null]);
    await expect.poll(() => asked.length).toBe(1);
    asked[0]!.end.resolve({});
    await expect.poll(async () => costOf(await world.call('getTaskResult', { taskId }))).toBe('0.0003');
  });

  it('is nothing with a package, whose calls are paid already, and the sum for a batch', async () => {
    await using world = await openWorld();
    const { task } = await imageTask();
    const clientKey = await world.addPackage({ id: 'plan' });
    expect(costOf(await world.call('createTask', { clientKey, task }))).toBe('0');
    expect(costOf(await world.call('createTasks', { tasks: [task, { type: 'x' }, task] }))).toBe('0.0008');
  });
});

describe('Server-Timing', () => {
  const stepsOf = ({ headers }: { headers: Headers }) =>
    headers
      .get('server-timing')
      ?.split(', ')
      .map((metric) => /^([a-z]+);dur=(\d+(\.\d{1,2})?)$/.exec(metric)?.[1]);

  it('names the steps that a call has passed, in their order', async () => {
    await using world = await openWorld();
    const created = await world.call('createTask', await imageTask());
    const steps = ['read', 'authenticate', 'validate', 'reserve', 'solve', 'settle', 'total'];
    expect(stepsOf(created)).toEqual(steps);
    expect(stepsOf(await world.call('createTask', { task: { type: 'x' } }))).toEqual([
      'read',
      'authenticate',
      'total',
    ]);
    expect(stepsOf(await world.call('getBalance', { clientKey: 'wrong' }))).toEqual(['read', 'total']);
  });

  it('says how long a task was worked on that has failed', async () => {
    await using world = await openWorld({ engines: { text: stalledReader } });
    const answer = world.call('createTask', await imageTask());
    await expect.poll(async () => (await world.money()).pending).toBeGreaterThan(0);
    world.clock.advance(120_000);
    expect(stepsOf(await answer)).toEqual(['read', 'authenticate', 'validate', 'reserve', 'solve', 'total']);
  });
});

describe('CORS', () => {
  const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
  const asked = { ...preflight, 'access-control-request-headers': 'idempotency-key,x-legible-test' };

  it('is refused to every page unless the operator names its origin', async () => {
    await using world = await openWorld();
    const { status, headers, body } = await world.send('/createTask', null, {
      method: 'OPTIONS',
      headers: asked,
    });
    expect([status, body.errorCode, headers.get('access-control-allow-origin')]).toEqual([
      400,
      'ERROR_BAD_REQUEST',
      null,
    ]);
  });

  it('lets pages of a named origin call, and read every header, of refusals too', async () => {
    await using world = await openWorld({ settings: { corsOrigins: ['https://app.example'] } });
    const allowed = await fetch(`${world.url}/createTask`, { method: 'OPTIONS', headers: asked });
    expect([allowed.status, await allowed.text()]).toEqual([200, '']);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'idempotency-key,x-legible-test',
    });
    for (const [path, body] of [
      ['/createTask', JSON.stringify({ clientKey: world.key, ...(await imageTask()) })],
      ['/createTask', '{bad'],
      ['/nowhere', '{}'],
    ] as const) {
      const { headers } = await world.send(path, body, { headers: preflight });
      expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(headers.get('access-control-expose-headers')).toContain('X-Legible-Cost');
    }
    const other = await world.call('getBalance', {}, { headers: { origin: 'https://evil.example' } });
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([200, null]);
  });

  it('answers an OPTIONS that is no preflight as any call that there is not', async () => {
    await using world = await openWorld({ settings: { corsOrigins: ['*'] } });
    for (const headers of [{}, { origin: 'https://app.example' }]) {
      const { status, body } = await world.send('/createTask', null, { method: 'OPTIONS', headers });
      expect([status, body.errorCode]).toEqual([400, 'ERROR_BAD_REQUEST']);
    }
  });

  it('refuses a banned address in a form that its page can read', async () => {
    await using world = await openWorld({ settings: { corsOrigins: ['*'], banErrors: 1 } });
    await world.send('/nowhere', '{}');
    const banned = await world.call('getBalance', {}, { headers: preflight });
    expect([banned.body.errorCode, banned.headers.get('access-control-allow-origin')]).toEqual([
      'ERROR_IP_BANNED',
      '*',
    ]);
  });
});
