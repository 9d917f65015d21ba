import { expect, it } from 'vitest';
import { Sandbox } from '../../src/flow/sandbox.ts';
import type { Arrived, Job } from '../../src/flow/stages.ts';
import type { Waiters } from '../../src/flow/waiters.ts';
import { loadConfig } from '../../src/settings/loadConfig.ts';
import { FakeClock } from '../world.ts';

/** The numbers of the first two tasks of a server for which chance says so. */
async function numbersOf(chance: number) {
  const sandbox = new Sandbox({
    config: loadConfig({}, ''),
    clock: new FakeClock(),
    newId: () => crypto.randomUUID(),
    random: () => chance,
    validate: () => ({ type: { timing: 'now', sample: () => ({}) }, price: 0 }) as unknown as Job,
    waiters: { isClosed: false } as unknown as Waiters,
  });
  const arrived = { controller: new AbortController(), aside: {}, forgetBody() {} } as unknown as Arrived;
  const make = async () => (await sandbox.createTask(sandbox.visitor(arrived), { kind: 'ok' })).number!;
  return [await make(), await make()];
}

it('each server counts the tasks of its sandbox from a place of its own, in numbers of eleven digits', async () => {
  const numbers = (await Promise.all([0, 0.5, 1 - Number.EPSILON].map(numbersOf))).flat();
  expect(new Set(numbers).size).toBe(6);
  for (const number of numbers) expect(String(number)).toMatch(/^7\d{10}$/);
});
