import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { expectReady, expectRefusal, imageTask, openWorld, price, start } from '../world.ts';

const text = 'Mission point settlement failure';

/** Makes the database itself refuse to end a task as `ready`, as a full disk would. */
function refuseToSettle(file: string, when: string): void {
  const database = new Database(file);
  database.exec(`
    create table attempt (n integer);
    create trigger no_settle before update on task when new.state = 'ready' and ${when}
    begin select raise(fail, 'disk I/O error'); end;`);
  database.close();
}

test('a database that cannot settle: the answer is withheld and the hold given back', async () => {
  await using world = await openWorld();
  refuseToSettle(world.databaseFile, 'true');
  const refused = await world.call('createTask', await imageTask());
  expectRefusal(refused, 'ERROR_SETTLEMENT_FAILED', text);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
  expect(world.log.filter((line) => line.includes('settle failed'))).toHaveLength(3);
  expect(world.log.join('')).not.toContain('k7mp2');

  const entry = (await world.store.listEntries('alice', 1))[0]!;
  const later = await world.call('getTaskResult', { taskId: entry.taskId });
  expect(later.body).toMatchObject({ errorCode: 'ERROR_SETTLEMENT_FAILED', status: 'failed' });
  expect(later.body).not.toHaveProperty('solution');
});

test('a database that recovers in between: settled at the next attempt, once', async () => {
  await using world = await openWorld();
  refuseToSettle(world.databaseFile, 'old.polls = 0 and (select count(*) from attempt) = 0');
  const settle = world.store.settle.bind(world.store);
  world.store.settle = (done) =>
    settle(done).catch((error: unknown) => {
      const database = new Database(world.databaseFile);
      database.exec('insert into attempt values (1)');
      database.close();
      throw error;
    });
  expectReady(await world.call('createTask', await imageTask()));
  expect(world.log.filter((line) => line.includes('settle failed'))).toHaveLength(1);
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

test('a charge that was written, but whose every reply was lost: the answer is delivered, since it is paid for', async () => {
  await using world = await openWorld();
  const settle = world.store.settle.bind(world.store);
  world.store.settle = async (done) => {
    await settle(done);
    throw new Error('the connection was lost');
  };
  expectReady(await world.call('createTask', await imageTask()), { text: 'k7mp2', confidence: 0.97 });
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

test('a charge that was written before the store was away, also for giving the hold back: the answer is delivered', async () => {
  await using world = await openWorld();
  const { settle, release } = world.store;
  let written = false;
  world.store.settle = async (done) => {
    if (!written) await settle(done);
    written = true;
    throw new Error('the connection was lost');
  };
  world.store.release = async () => Promise.reject(new Error('the connection was lost'));
  expectReady(await world.call('createTask', await imageTask()), { text: 'k7mp2', confidence: 0.97 });
  Object.assign(world.store, { settle, release });
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

test('where the store cannot even tell whether it was written, the answer is withheld', async () => {
  await using world = await openWorld();
  const lost = async (): Promise<never> => {
    throw new Error('the connection was lost');
  };
  const { settle, poll } = world.store;
  Object.assign(world.store, { settle: lost, poll: lost, release: async () => false });
  expectRefusal(await world.call('createTask', await imageTask()), 'ERROR_SETTLEMENT_FAILED', text);
  expect(world.log.join('')).toContain('a settlement stays in doubt');
  Object.assign(world.store, { settle, poll });
});
