import { connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isInDoubt } from '../../src/store/engine.ts';
import { openStore } from '../../src/store/open.ts';
import { afterEachTest, hold, noon, openAccount, openAtWork, postgresBooks, settled } from './engines.ts';

/** Stands between the store and PostgreSQL: can hang up, refuse, or swallow every byte. */
async function tollgate(target: string) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let mode: 'open' | 'silent' = 'open';
  const server: Server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (mode === 'open') to.write(bytes);
      });
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  await listen(0);
  const own = (server.address() as { port: number }).port;
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: target.replace(`:${port}`, `:${own}`),
    hangUp,
    async shut() {
      const closed = new Promise((resolve) => server.close(resolve));
      hangUp();
      await closed;
    },
    reopen: () => listen(own),
    silence() {
      mode = 'silent';
    },
    speak() {
      mode = 'open';
    },
  };
}

describe('without its PostgreSQL', () => {
  const cleanups = afterEachTest();

  async function throughGate() {
    const books = await postgresBooks(cleanups);
    const direct = await books.open();
    await openAccount(direct, 1_000_000);
    const gate = await tollgate(books.where);
    const store = await openStore({ dataDir: '', databaseUrl: gate.url });
    cleanups.push(async () => {
      await store.close();
      await gate.shut();
    });
    return { gate, store, direct, where: books.where };
  }

  async function untilHeld(store: Awaited<ReturnType<typeof openStore>>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const outcome = await store
        .reserve(hold({ taskId: `again-${attempt}` }))
        .catch((error: Error) => error);
      if (outcome === 'held') return;
      if (attempt === 200) throw outcome;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** From now on time passes for the store only as the test says. */
  function stopTimers(): void {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
  }

  it('an account that somebody else holds keeps no other from its refunds', async () => {
    const books = await postgresBooks(cleanups);
    const store = await books.open();
    await openAtWork(store, 'alice', 'bob');
    const other = new pg.Client(books.where);
    await other.connect();
    await other.query('begin');
    await other.query(`select 1 from account where id = 'bob' for update`);
    const late = noon + 200_000;
    expect(await store.sweep(late)).toMatchObject({ timedOut: 1 });
    expect(await store.readAccount('alice')).toMatchObject({ pending: 0 });
    await other.query('rollback');
    await other.end();
    expect(await store.sweep(late)).toMatchObject({ timedOut: 1 });
    expect(await store.readAccount('bob')).toMatchObject({ pending: 0 });
  });

  it('an account that is held whenever one looks is waited for in the end', async () => {
    const books = await postgresBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 1_000);
    await store.reserve(hold());
    const other = new pg.Client(books.where);
    await other.connect();
    await other.query('begin');
    await other.query('select 1 from account for update');
    // Of those that are overdue by less, none is waited for.
    expect(await store.sweep(noon + 121_000)).toMatchObject({ timedOut: 0 });
    const swept = store.sweep(noon + 126_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await other.query('rollback');
    expect(await swept).toMatchObject({ timedOut: 1 });
    await other.end();
  });

  it('the store refuses at once, and goes on by itself when it is back', async () => {
    const { gate, store, direct } = await throughGate();
    expect(await store.reserve(hold())).toBe('held');
    await gate.shut();

    stopTimers();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) => store.reserve(hold({ taskId: `gone-${index}` }))),
    );
    vi.useRealTimers();
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    const inDoubt = outcomes.filter((outcome) => outcome.status === 'rejected' && isInDoubt(outcome.reason));
    // Those that were on a connection as it was lost; the others came to none.
    expect(inDoubt.length).toBeLessThan(100);

    await gate.reopen();
    await untilHeld(store);
    expect(await store.settle(settled())).toBe(true);
    expect(await direct.audit(noon)).toEqual([]);
  });

  it('a connection to what is no primary any more is given up for one to the next', async () => {
    const { gate, store, where } = await throughGate();
    const owner = new pg.Client({ connectionString: where });
    cleanups.push(() => owner.end());
    await owner.connect();
    const name = new URL(where).pathname.slice(1);
    await owner.query(`alter database ${name} set default_transaction_read_only = on`);
    gate.hangUp();
    await expect.poll(() => store.reserve(hold()).catch((error: Error) => error.message)).toMatch(/^25006/);
    await owner.query('set default_transaction_read_only = off');
    await owner.query(`alter database ${name} reset default_transaction_read_only`);
    await untilHeld(store);
  });

  it('an account whose row somebody keeps holds up nobody else', async () => {
    const { store, direct, where } = await throughGate();
    await openAccount(direct, 1_000_000, 'bob');
    await direct.reserve(hold({ taskId: 'of another process' }));
    const blocker = new pg.Client({ connectionString: where });
    cleanups.push(() => blocker.end());
    await blocker.connect();
    await blocker.query("begin; select * from account where id = 'alice' for update");
    const ask = (accountId: string, taskId: string) =>
      store.reserve(hold({ taskId, accountId, keyId: `key-${accountId}` })).catch((error: Error) => error);
    const both = (round: number) =>
      ['alice', 'bob'].map((accountId) => ask(accountId, `${accountId}-${round}`));
    for (const round of [1, 2]) {
      const [alice, bob] = await Promise.all(both(round));
      expect([alice, bob]).toEqual([expect.any(Error), 'held']);
    }
    const theirs = store.settle(settled('of another process')).catch((error: Error) => error);
    expect(await Promise.all([theirs, store.findPrincipal('hash-bob'), ask('bob', 'beside')])).toEqual([
      expect.any(Error),
      expect.objectContaining({ key: expect.objectContaining({ accountId: 'bob' }) }),
      'held',
    ]);
    // Kept waiting in a transaction of its own, and not behind it.
    const waits = ask('alice', 'alice-3');
    const late = ask('alice', 'alice-4');
    expect(await Promise.race([ask('bob', 'bob-3'), waits, late])).toBe('held');
    await Promise.all([waits, late]);
    await blocker.query('rollback');
    expect(await ask('alice', 'alice-5')).toBe('held');
  });

  it('many accounts whose rows somebody keeps leave connections to the others', async () => {
    const { store, direct, where } = await throughGate();
    const kept = Array.from({ length: 6 }, (_, index) => `kept-${index}`);
    for (const id of [...kept, 'bob']) await openAccount(direct, 1_000_000, id);
    const blocker = new pg.Client({ connectionString: where });
    cleanups.push(() => blocker.end());
    await blocker.connect();
    await blocker.query("begin; select * from account where id like 'kept-%' for update");
    const ask = (accountId: string, round: number) =>
      store
        .reserve(hold({ taskId: `${accountId}-${round}`, accountId, keyId: `key-${accountId}` }))
        .catch(() => 'refused');
    expect(await Promise.all(kept.map((id) => ask(id, 1)))).toEqual(kept.map(() => 'refused'));
    // From now on they are known: more of them than there are connections.
    const theirs = kept.map((id) => ask(id, 2));
    expect(await Promise.race([ask('bob', 1), ...theirs])).toBe('held');
    await blocker.query('rollback');
    await Promise.all(theirs);
    expect(await Promise.all(kept.map((id) => ask(id, 3)))).toEqual(kept.map(() => 'held'));
  });

  it('an audit that loses its connection fails alone', async () => {
    const { gate, store, where } = await throughGate();
    const blocker = new pg.Client({ connectionString: where });
    cleanups.push(() => blocker.end());
    await blocker.connect();
    await blocker.query('begin');
    await blocker.query('lock table entry in access exclusive mode');
    const audit = store.audit(noon).catch((error: Error) => error);
    const isWaiting = async () =>
      (await blocker.query("select 1 from pg_locks where relation = 'entry'::regclass and not granted"))
        .rowCount;
    await expect.poll(isWaiting).toBe(1);
    gate.hangUp();
    // An error that nobody listened for would end the process, and this test with it.
    expect(await audit).toBeInstanceOf(Error);
    await blocker.query('rollback');
    expect(await store.audit(noon)).toEqual([]);
  });

  it('the store does not wait for answers that never come', async () => {
    const { gate, store, direct } = await throughGate();
    expect(await store.reserve(hold())).toBe('held');
    gate.silence();

    stopTimers();
    let outcome: unknown = 'waiting';
    store.settle(settled()).then(
      () => (outcome = 'settled'),
      () => (outcome = 'refused'),
    );
    let waitedMs = 0;
    for (; outcome === 'waiting' && waitedMs < 60_000; waitedMs += 25) {
      vi.advanceTimersByTime(25);
      await turn();
    }
    vi.useRealTimers();
    expect(outcome).toBe('refused');
    expect(waitedMs).toBeLessThan(2_500);

    gate.speak();
    await untilHeld(store);
    expect(await store.settle(settled())).toBe(true);
    expect(await direct.audit(noon)).toEqual([]);
  });

  it('a connection lost in the middle of load loses or doubles nothing', async () => {
    const { gate, store, direct } = await throughGate();
    const acknowledged = { held: 0, charged: 0 };
    const unknown = { holds: 0, charges: 0 };
    await Promise.all(
      Array.from({ length: 12 }, async (_, worker) => {
        for (let n = 0; n < 25; n++) {
          if (worker === 0 && n % 8 === 4) gate.hangUp();
          const taskId = `${worker}-${n}`;
          const outcome = await store.reserve(hold({ taskId })).catch(() => undefined);
          if (outcome !== 'held') unknown.holds++;
          else acknowledged.held++;
          const isCharged = await store.settle(settled(taskId)).catch(() => undefined);
          if (isCharged) acknowledged.charged++;
          else if (isCharged === undefined) unknown.charges++;
        }
      }),
    );

    expect(await direct.audit(noon)).toEqual([]);
    const { posted } = (await direct.readAccount('alice'))!;
    const charged = (1_000_000 - posted) / 400;
    expect(charged).toBeGreaterThanOrEqual(acknowledged.charged);
    expect(charged).toBeLessThanOrEqual(acknowledged.charged + unknown.charges);
    await direct.sweep(noon + 120_000);
    expect(await direct.readAccount('alice')).toMatchObject({ posted, pending: 0 });
    expect(await direct.audit(noon + 120_000)).toEqual([]);
  });
});
