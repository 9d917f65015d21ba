import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Waiters } from '../../src/flow/waiters.ts';
import { FakeClock } from '../world.ts';

const clock = new FakeClock();
let looks: (readonly string[])[];
let ended: string[];
let waiters: Waiters;
beforeEach(() => {
  vi.useFakeTimers();
  looks = [];
  ended = [];
  const endedAmong = async (taskIds: readonly string[]) => {
    looks.push(taskIds);
    return ended.filter((id) => taskIds.includes(id));
  };
  waiters = new Waiters({ clock, store: { endedAmong } });
});
afterEach(() => {
  waiters.close();
  vi.useRealTimers();
});

/** Time of the timers and of the clock. */
async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await vi.advanceTimersByTimeAsync(ms);
}

function waiting(taskId: string, ms: number, signal = new AbortController().signal) {
  const one = { isOver: false };
  void waiters.wait(taskId, ms, signal).then(() => (one.isOver = true));
  return one;
}

describe('who waits for a task', () => {
  it('waits for their own time, to a tick', async () => {
    const short = waiting('a', 7_000);
    const long = waiting('a', 60_000);
    await pass(6_900);
    expect(short.isOver).toBe(false);
    await pass(100);
    expect([short.isOver, long.isOver]).toEqual([true, false]);
    await pass(52_900);
    expect(long.isOver).toBe(false);
    await pass(100);
    expect(long.isOver).toBe(true);
  });

  it('is called by its end, and nobody else is', async () => {
    const [mine, other] = [waiting('a', 60_000), waiting('b', 60_000)];
    waiters.wake('a');
    await pass(0);
    expect([mine.isOver, other.isOver]).toEqual([true, false]);
  });

  it('leaves nothing at the signal of a client whose task has ended', async () => {
    const client = new AbortController();
    waiting('a', 60_000, client.signal);
    expect(getEventListeners(client.signal, 'abort')).toHaveLength(1);
    waiters.wake('a');
    expect(getEventListeners(client.signal, 'abort')).toEqual([]);
  });

  it('finds an end elsewhere within a second, looking once a second for all', async () => {
    const [mine, other] = [waiting('a', 60_000), waiting('b', 60_000)];
    ended = ['a'];
    await pass(900);
    expect(looks).toEqual([]);
    await pass(100);
    expect(looks).toEqual([['a', 'b']]);
    expect([mine.isOver, other.isOver]).toEqual([true, false]);
  });

  it('is let go by its signal, and leaves no timer', async () => {
    const client = new AbortController();
    const mine = waiting('a', 60_000, client.signal);
    expect(vi.getTimerCount()).toBe(1);
    client.abort();
    await pass(0);
    expect(mine.isOver).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    const late = waiting('a', 60_000, client.signal);
    await pass(0);
    expect(late.isOver).toBe(true);
  });

  it('is let go by a stopping server, and so is who comes after', async () => {
    const mine = waiting('a', 60_000);
    waiters.close();
    const late = waiting('b', 60_000);
    await pass(0);
    expect([mine.isOver, late.isOver]).toEqual([true, true]);
  });
});
