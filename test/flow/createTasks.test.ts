import { expect, it } from 'vitest';
import { Aside } from '../../src/flow/aside.ts';
import { type BatchParts, batchMethod } from '../../src/flow/createTasks.ts';
import type { Arrived, Caller } from '../../src/flow/stages.ts';

it('keeps nothing of the body of a call while its tasks are under way, but of each the task', async () => {
  const padding = 'x'.repeat(1_000);
  const tasks = [{ type: 'one' }, { type: 'two' }];
  const arrived: Arrived = {
    requestId: 'r',
    address: '192.0.2.1',
    language: 'en',
    dialect: 'capsolver',
    numbered: false,
    controller: new AbortController(),
    body: { clientKey: 'k', padding, tasks },
    asks: { test: undefined, idempotencyKey: undefined, waitMs: 0 },
    aside: new Aside(),
    forgetBody: () => {
      arrived.body = {};
    },
  };
  const begun: unknown[] = [];
  const callerOf = (one: Arrived) => ({ arrived: one }) as Caller;
  const parts: BatchParts = {
    identify: async (whole) => ({ caller: callerOf(whole), script: undefined }),
    authenticate: async (one) => callerOf(one),
    roomFor: () => 2,
    countRequest: () => {},
    perform: ({ caller }, method) => method(caller),
    create: (caller) => {
      begun.push(caller.arrived.body);
      return new Promise(() => {});
    },
    stage: () => new Promise(() => {}),
  };
  await batchMethod(parts)(arrived);
  await new Promise(setImmediate);
  expect(begun).toEqual(tasks.map((task) => ({ clientKey: 'k', task })));
  expect(arrived.body).toEqual({});
});
