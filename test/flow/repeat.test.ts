import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { Waiters } from '../../src/flow/waiters.ts';
import type { TaskType, TextReader } from '../../src/tasks/task.ts';
import { laterPrices } from '../laterType.ts';
import { expectReady, imageTask, openWorld, readerOf } from '../world.ts';

it('whoever repeats a request while it may have no other task waits for it, and leaves that place to the next', async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  const read: TextReader['read'] = async (...asked) => {
    gates.push(Promise.withResolvers());
    await gates.at(-1)!.promise;
    return readerOf('k7mp2').read(...asked);
  };
  await using world = await openWorld({ engines: { text: { read } }, settings: { concurrency: 1 } });
  const task = await imageTask();
  const recall = vi.spyOn(world.store, 'recall');
  for (const [before, name] of ['n', 'm'].entries()) {
    const make = () => world.call('createTask', task, { headers: { 'idempotency-key': name } });
    const first = make();
    await expect.poll(() => gates.length).toBe(before + 1);
    recall.mockClear();
    const again = make();
    await expect.poll(() => recall.mock.settledResults).toMatchObject([{ type: 'fulfilled' }]);
    gates[before]!.resolve();
    expectReady(await first);
    expect((await again).body).toEqual((await first).body);
  }
});

it('of requests that wait for one task only the one that would try next keeps its images', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const inputs: WeakRef<object>[] = [];
  const ends: PromiseWithResolvers<Record<string, unknown>>[] = [];
  const type: TaskType<object> = {
    type: 'EchoTask',
    summary: 'Ends when it is told to.',
    solutions: { common: z.record(z.string(), z.unknown()) },
    input: z.object({ type: z.string() }).transform(() => {
      const input = { image: 'large' };
      inputs.push(new WeakRef(input));
      return input;
    }),
    module: () => 'common',
    sample: () => ({}),
    timing: 'now',
    check() {},
    solve() {
      ends.push(Promise.withResolvers());
      return ends.at(-1)!.promise;
    },
  };
  await using world = await openWorld({
    settings: { prices: laterPrices, drainSeconds: 0 },
    moreTypes: [type],
  });
  const make = () =>
    world.call('createTask', { task: { type: 'EchoTask' } }, { headers: { 'idempotency-key': 'n' } });
  const wait = vi.spyOn(Waiters.prototype, 'wait');
  onTestFinished(() => wait.mockRestore());
  const answers = [make()];
  await expect.poll(() => ends.length).toBe(1);
  for (const waiting of [1, 2, 3]) {
    answers.push(make());
    await expect.poll(() => wait.mock.calls.length).toBe(waiting);
  }
  await expect
    .poll(() => {
      collect();
      return inputs.map((input) => input.deref() !== undefined);
    })
    .toEqual([true, true, false, false]);
  ends[0]!.resolve({ said: 'x' });
  for (const answer of answers) expectReady(await answer, { said: 'x' });
});
