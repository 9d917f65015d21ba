import { expect, it, vi } from 'vitest';
import { createLog } from '../../src/log.ts';
import { ending } from '../../src/running/ending.ts';

/** A process of which nothing ends but by what the test says. */
function process() {
  const lines: string[] = [];
  const timers: { work: () => void; ms: number }[] = [];
  const stopping = Promise.withResolvers<void>();
  const at = { now: 0 };
  const parts = {
    log: createLog({ logLevel: 'info' }, { write: (line: string) => lines.push(line) }),
    stop: vi.fn(() => stopping.promise),
    mostMs: 35_000,
    leave: vi.fn(),
    kill: vi.fn(),
    elapsed: () => at.now,
    later: (work: () => void, ms: number) => timers.push({ work, ms }),
  };
  return { ...parts, ...ending(parts), lines, timers, stopping, at };
}

it('whatever brings it about, and however often, it is stopped once, and left with the worst status', async () => {
  const { onSignal, end, stop, stopping, leave } = process();
  onSignal('SIGTERM');
  end('store', 70);
  end('uncaughtException', 1);
  expect([stop, leave].map((called) => called.mock.calls.length)).toEqual([1, 0]);
  stopping.resolve();
  await vi.waitFor(() => expect(leave.mock.calls).toEqual([[70]]));
});

it('what goes wrong when all is closed already counts as well', async () => {
  const { onSignal, end, stopping, leave } = process();
  onSignal('SIGTERM');
  stopping.resolve();
  await vi.waitFor(() => expect(leave.mock.calls).toEqual([[0]]));
  end('uncaughtException', 1);
  expect(leave).toHaveBeenLastCalledWith(1);
});

it('one whose parts cannot be closed is left, but not with success', async () => {
  const { onSignal, stopping, leave, lines } = process();
  onSignal('SIGTERM');
  stopping.reject(new Error('EIO'));
  await vi.waitFor(() => expect(leave.mock.calls).toEqual([[1]]));
  expect(lines.at(-1)).toMatch(/"level":"fatal".*EIO.*stopping failed/);
});

it('a second signal kills it, once the log has been told; an echo of the first does not', () => {
  const { onSignal, kill, timers, lines, at } = process();
  onSignal('SIGINT');
  at.now = 500;
  onSignal('SIGINT');
  expect(timers.map(({ ms }) => ms)).toEqual([35_000]);
  at.now = 501;
  onSignal('SIGTERM');
  expect(lines.at(-1)).toMatch(/"level":"fatal".*SIGTERM came again/);
  expect([kill.mock.calls.length, timers.at(-1)!.ms]).toEqual([0, 100]);
  timers.at(-1)!.work();
  expect(kill).toHaveBeenCalledOnce();
});

it('one that does not end in time is killed, and the log says so', () => {
  const { onSignal, kill, timers, lines } = process();
  onSignal('SIGTERM');
  timers[0]!.work();
  expect(lines.at(-1)).toMatch(/"level":"fatal".*did not end in time/);
  timers[1]!.work();
  expect(kill).toHaveBeenCalledOnce();
});
