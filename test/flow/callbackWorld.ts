import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import type { Outcome } from '../../src/call.ts';
import { type CallbackParts, CallbackSender } from '../../src/flow/callbacks.ts';
import type { Callback } from '../../src/store/records.ts';

export const callback: Callback = {
  taskId: 'a task',
  number: 1,
  dialect: 'capsolver',
  address: '192.0.2.1',
  price: 400,
  createdAt: 0,
  endedAt: 0,
  keyId: 'a key',
  url: 'http://site.example/',
  host: 'site.example',
  solution: '{}',
  errorCode: null,
  errorDetail: null,
  attempts: 1,
};

export const answered: Outcome = { kind: 'answered', status: 200, contentType: '', body: '' };

/** What is ready to run has run. */
export async function settle(): Promise<void> {
  for (let turnsLeft = 200; turnsLeft > 0; turnsLeft--) await turn();
}

/** A sender with one callback to send, and how its store was told that it ended. */
export function senderOf(change: Partial<CallbackParts> = {}) {
  const ends: unknown[] = [];
  const logged: string[] = [];
  const counted: string[] = [];
  const waiting = [callback];
  const parts: CallbackParts = {
    clock: { now: () => 1_000_000, elapsed: () => 0 },
    machineTime: () => 1_000_000,
    store: {
      takeCallback: async () => waiting.shift(),
      endCallback: async (end) => ends.push(end) > 0,
    },
    engines: { web: { call: async () => answered } },
    sites: { parse: (url) => new URL(url) },
    messageOf: () => ({ id: 'a task', type: 'application/json', body: '{}' }),
    pepper: 'pepper',
    log: pino({}, { write: (line: string) => void logged.push(line) }),
    metrics: { countCallback: (result) => void counted.push(result) },
    random: () => 0.5,
    ...change,
  };
  return { sender: new CallbackSender(parts), ends, logged, counted };
}
