import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { type Answer, expectReady, imageTask, openWorld, type World } from '../world.ts';

let world: World;
let asked: ReturnType<typeof laterType>['asked'];
beforeEach(async () => {
  const later = laterType();
  asked = later.asked;
  const settings = {
    prices: laterPrices,
    drainSeconds: 0.1,
    taskSeconds: 1_000,
    resultSeconds: 2_000,
    sandbox: true,
  };
  world = await openWorld({ settings, moreTypes: [later.type] });
});
afterEach(() => world[Symbol.asyncDispose]());

/** A task that is under way, as getTaskResult asks for it. */
async function makeLater(more: { clientKey?: string } = {}): Promise<{ taskId: string }> {
  const { taskId } = (await world.call('createTask', { ...more, task: { type: 'EchoTask', say: 'x' } })).body;
  await expect.poll(() => asked.length).toBe(1);
  return { ...more, taskId };
}

/** A poll that waits, and whether it has been answered. */
function waiting(fields: { taskId: string }, prefer = 'wait=30', init: RequestInit = {}) {
  const poll: { answer: Promise<Answer>; isAnswered: boolean } = {
    answer: world.call('getTaskResult', fields, { headers: { prefer }, ...init }),
    isAnswered: false,
  };
  poll.answer.then(
    () => (poll.isAnswered = true),
    () => {},
  );
  return poll;
}

/** After these, whatever could have been answered has been. */
async function othersPass(): Promise<void> {
  for (let at = 0; at < 5; at++) await world.call('getBalance');
}

describe('a poll with Prefer: wait', () => {
  it('is answered as soon as the task is ready, and says that it waited', async () => {
    const poll = waiting(await makeLater());
    await othersPass();
    expect(poll.isAnswered).toBe(false);
    asked[0]!.end.resolve({ said: 'x' });
    const answer = await poll.answer;
    expectReady(answer, { said: 'x' });
    expect(answer.headers.get('preference-applied')).toBe('wait=30');
  });

  it('is answered as soon as the task fails', async () => {
    const poll = waiting(await makeLater());
    asked[0]!.end.reject(new Fault('ERROR_CAPTCHA_UNSOLVABLE'));
    expect((await poll.answer).body).toMatchObject({
      errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
      status: 'failed',
    });
  });

  it('says "processing" when its time is over', async () => {
    const poll = waiting(await makeLater());
    await othersPass();
    world.clock.advance(29_000);
    await othersPass();
    expect(poll.isAnswered).toBe(false);
    world.clock.advance(1_000);
    expect((await poll.answer).body.status).toBe('processing');
  });

  it("waits no longer where the machine's time is set back meanwhile", async () => {
    const poll = waiting(await makeLater());
    await othersPass();
    world.clock.setBack(3_600_000);
    world.clock.advance(30_000);
    expect((await poll.answer).body.status).toBe('processing');
  });

  it('finds what ended elsewhere: by the sweep, or in another process', async () => {
    const poll = waiting(await makeLater());
    await othersPass();
    await world.store.sweep(world.clock.now() + 1_000_000);
    expect((await poll.answer).body).toMatchObject({ errorCode: 'ERROR_TASK_TIMEOUT', status: 'failed' });
  });

  it('of a task that has ended, or is none, does not wait', async () => {
    const { taskId } = (await world.call('createTask', await imageTask())).body;
    expectReady(await waiting({ taskId }).answer);
    const unknown = await waiting({ taskId: '00000000-0000-4000-8000-000000000000' }).answer;
    expect(unknown.body.errorCode).toBe('ERROR_TASKID_INVALID');
  });

  it('counts as a poll, and refuses one too many', async () => {
    const fields = await makeLater();
    for (let at = 0; at < 120; at++) await world.call('getTaskResult', fields);
    expect((await waiting(fields).answer).body.errorCode).toBe('ERROR_TASKID_INVALID');
  });

  it('counts once, also where it has looked a second time', async () => {
    const later = laterType();
    const settings = { prices: laterPrices, maxPolls: 2 };
    await using strict = await openWorld({ settings, moreTypes: [later.type] });
    const made = await strict.call('createTask', { task: { type: 'EchoTask', say: 'x' } });
    const { taskId } = made.body;
    await expect.poll(() => later.asked.length).toBe(1);
    const wait = () => strict.call('getTaskResult', { taskId }, { headers: { prefer: 'wait=5' } });
    const first = wait();
    for (let at = 0; at < 5; at++) await strict.call('getBalance');
    strict.clock.advance(5_000);
    expect((await first).body.status).toBe('processing');
    later.asked[0]!.end.resolve({ said: 'x' });
    expectReady(await wait(), { said: 'x' });
    expect((await wait()).body.errorCode).toBe('ERROR_TASKID_INVALID');
  });

  it('is answered at once where its key waits as often as it may have tasks under way', async () => {
    const clientKey = await world.addPackage({ id: 'small', concurrency: 1 });
    const fields = await makeLater({ clientKey });
    const first = waiting(fields);
    await othersPass();
    const second = await waiting(fields).answer;
    expect([second.body.status, second.headers.get('preference-applied')]).toEqual(['processing', null]);
    world.clock.advance(30_000);
    expect((await first.answer).headers.get('preference-applied')).toBe('wait=30');
    const third = waiting(fields);
    await othersPass();
    asked[0]!.end.resolve({ said: 'x' });
    expect((await third.answer).body.status).toBe('ready');
  });

  it('is let go with its client, whose key may then wait once more', async () => {
    const clientKey = await world.addPackage({ id: 'small', concurrency: 1 });
    const fields = await makeLater({ clientKey });
    const client = new AbortController();
    const left = waiting(fields, 'wait=60', { signal: client.signal });
    await othersPass();
    const beside = waiting(fields, 'wait=60');
    expect((await beside.answer).headers.get('preference-applied')).toBeNull();
    client.abort();
    await expect(left.answer).rejects.toThrow();
    let next = beside;
    await expect
      .poll(async () => {
        next = waiting(fields, 'wait=60');
        await othersPass();
        return next.isAnswered;
      })
      .toBe(false);
    asked[0]!.end.resolve({ said: 'x' });
    expect((await next.answer).headers.get('preference-applied')).toBe('wait=60');
  });

  it('is answered at once by a server that stops', async () => {
    const poll = waiting(await makeLater(), 'wait=60');
    await othersPass();
    const stopped = world.api.close();
    expect((await poll.answer).body.status).toBe('processing');
    await stopped;
  });

  it('waits at most 60 s, and only for what it can read', async () => {
    const fields = await makeLater();
    for (const [prefer, applied] of [
      ['respond-async, wait=500; foo=bar', 'wait=60'],
      ['Wait="7"', 'wait=7'],
      ['wait=0', null],
      ['wait=-1', null],
      ['wait=x', null],
      ['await=9', null],
    ] as const) {
      const poll = waiting(fields, prefer);
      await othersPass();
      expect(poll.isAnswered).toBe(applied === null);
      world.clock.advance(60_000);
      expect((await poll.answer).headers.get('preference-applied')).toBe(applied);
    }
  });

  it('of the sandbox sees the end of the task', async () => {
    const clientKey = 'test-async';
    const { taskId } = (await world.call('createTask', { clientKey, ...(await imageTask()) })).body;
    const answer = await world.call(
      'getTaskResult',
      { clientKey, taskId },
      { headers: { prefer: 'wait=5' } },
    );
    expect([answer.body.status, answer.headers.get('preference-applied')]).toEqual(['ready', 'wait=5']);
  });
});
