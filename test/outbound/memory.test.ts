import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, vi } from 'vitest';
import { caller } from '../../src/outbound/call.ts';
import { Guard } from '../../src/outbound/guard.ts';

it('keeps nothing of calls that get no connection', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const any = AbortSignal.any.bind(AbortSignal);
  const made: WeakRef<AbortSignal>[] = [];
  // No mock: it would keep what it returned.
  AbortSignal.any = (signals) => {
    const signal = any(signals);
    made.push(new WeakRef(signal));
    return signal;
  };

  const nowhere = new Guard({ allow: [], ports: [80], resolve: () => Promise.reject(new Error('unknown')) });
  const call = caller(nowhere, { connectMs: 5, headersMs: 5, totalMs: 10, bytes: 1_000 });
  const url = nowhere.parse('http://nowhere.example/')!;
  for (let i = 0; i < 10; i++)
    expect(await call({ method: 'GET', url })).toMatchObject({ kind: 'unreachable' });
  expect(made.length).toBeGreaterThanOrEqual(20);
  AbortSignal.any = any;

  await vi.waitFor(async () => {
    await nextTurn();
    collect();
    expect(made.filter((signal) => signal.deref() !== undefined)).toHaveLength(0);
  });
});
