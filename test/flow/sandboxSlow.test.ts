import { expect, it } from 'vitest';
import { Sandbox } from '../../src/flow/sandbox.ts';
import type { Arrived, Job } from '../../src/flow/stages.ts';
import type { Waiters } from '../../src/flow/waiters.ts';
import { loadConfig } from '../../src/settings/loadConfig.ts';
import { FakeClock } from '../world.ts';

it('of slow answers a thousand wait at once; one that has ended, or whose client has gone, leaves its place', async () => {
  const ends: (() => void)[] = [];
  const wait = () => new Promise<void>((resolve) => ends.push(resolve));
  const sandbox = new Sandbox({
    config: loadConfig({}, ''),
    clock: new FakeClock(),
    newId: () => crypto.randomUUID(),
    random: Math.random,
    validate: () => ({ type: { timing: 'now', sample: () => ({}) }, price: 0 }) as unknown as Job,
    waiters: { isClosed: false, wait } as unknown as Waiters,
  });
  const make = (controller = new AbortController()) => {
    const arrived = { controller, aside: {}, forgetBody() {} } as unknown as Arrived;
    return sandbox.createTask(sandbox.visitor(arrived), { kind: 'slow', ms: 60_000 });
  };
  const gone = new AbortController();
  const waiting = [make(), make(gone), ...Array.from({ length: 998 }, () => make())];
  const full = {
    code: 'ERROR_SERVICE_UNAVALIABLE',
    detail: 'more than 1000 slow answers at once',
    retryAfterMs: 1_000,
  };
  await expect(make()).rejects.toMatchObject(full);
  gone.abort();
  for (const end of ends.splice(0, 2)) end();
  await expect(waiting[0]).resolves.toMatchObject({ solution: '{}' });
  await expect(waiting[1]).rejects.toMatchObject({ cause: 'the client has gone' });
  const next = [make(), make()];
  await expect(make()).rejects.toMatchObject(full);
  for (const end of ends) end();
  expect(await Promise.all([...waiting.slice(2), ...next])).toHaveLength(1_000);
});
