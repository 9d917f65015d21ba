import { expect, test } from 'vitest';
import { EndedInTurn } from '../../src/flow/endedInTurn.ts';

function world(tasks: number) {
  const waiting = new Map(Array.from({ length: tasks }, (_, at) => [`task-${at}`, at] as [string, number]));
  const asked: (readonly string[])[] = [];
  const ended = new Set<string>();
  const store = {
    endedAmong: async (taskIds: readonly string[]) => {
      asked.push(taskIds);
      return taskIds.filter((taskId) => ended.has(taskId));
    },
  };
  const inTurn = new EndedInTurn(waiting, store);
  const look = () => inTurn.look((taskId) => void waiting.delete(taskId));
  return { waiting, asked, ended, store, look };
}

test('all of a few are asked for in one call, and of none there is no call', async () => {
  const { waiting, asked, ended, look } = world(500);
  ended.add('task-7').add('task-499');
  await look();
  expect(asked.map((taskIds) => taskIds.length)).toEqual([500]);
  expect([waiting.has('task-7'), waiting.has('task-499'), waiting.size]).toEqual([false, false, 498]);
  waiting.clear();
  await look();
  expect(asked).toHaveLength(1);
});

test('of very many each look asks for the next, never for more than 500 in one call', async () => {
  const { waiting, asked, ended, look } = world(9_000);
  ended.add('task-8999');
  await look();
  expect(asked.map((taskIds) => taskIds.length)).toEqual(new Array(8).fill(500));
  waiting.delete('task-4000');
  waiting.set('later', 0);
  await look();
  await look();
  expect(waiting.has('task-8999')).toBe(false);
  const all = asked.flat();
  expect(new Set(all).size).toBe(all.length);
  expect(all).toHaveLength(9_000);
  expect(all).toContain('later');
  await look();
  expect(asked.at(-1)).toHaveLength(500);
});

test('while the store does not answer nothing more is asked, and after a failure the next look goes on', async () => {
  const { asked, store, look } = world(600);
  const answer = Promise.withResolvers<string[]>();
  const { endedAmong } = store;
  store.endedAmong = (taskIds) => {
    asked.push(taskIds);
    return answer.promise;
  };
  const first = look();
  await look();
  expect(asked).toHaveLength(1);
  answer.reject(new Error('away'));
  await expect(first).rejects.toThrow('away');
  store.endedAmong = endedAmong;
  await look();
  await look();
  expect(asked.map((taskIds) => taskIds.length)).toEqual([500, 100, 500, 100]);
});
