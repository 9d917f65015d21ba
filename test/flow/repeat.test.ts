import { expect, it, vi } from 'vitest';
import type { TextReader } from '../../src/tasks/task.ts';
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
