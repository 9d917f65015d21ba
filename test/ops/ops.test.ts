import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { createOps, type OpsParts } from '../../src/http/ops.ts';
import { readinessChecks } from '../../src/http/readiness.ts';
import { createMetrics } from '../../src/metrics.ts';
import { watchStore } from '../../src/running/gauges.ts';
import type { StoreAdmin } from '../../src/store/admin.ts';
import { FakeClock } from '../world.ts';

function ops(parts: Partial<OpsParts> = {}) {
  return createOps({
    metrics: createMetrics(),
    checks: {},
    isDraining: () => false,
    version: '1.2.3',
    log: pino({ level: 'silent' }),
    ...parts,
  });
}

const counted = { operations: 5, commits: 2, walBytes: 0 };
const good = () => Promise.resolve();
const bad = () => Promise.reject<never>(new Error('disk /dev/secret is gone'));

describe('liveness', () => {
  it('is green whatever else is broken', async () => {
    const answer = await ops({ checks: { store: bad }, isDraining: () => true }).inject('/livez');
    expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ok', version: '1.2.3' }]);
  });
});

describe('readiness', () => {
  it('is green when every check passes', async () => {
    const answer = await ops({ checks: { store: good, model: good } }).inject('/readyz');
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { status: 'ok', checks: { store: 'ok', model: 'ok' } },
    ]);
  });

  it('is red when one fails, and says which, but not why', async () => {
    const answer = await ops({ checks: { store: bad, model: good } }).inject('/readyz');
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { status: 'failed', checks: { store: 'failed', model: 'ok' } },
    ]);
    expect(answer.body).not.toContain('secret');
  });

  it('is red when one throws at once, or does not answer', async () => {
    const never = () => new Promise<void>(() => {});
    const throwing = () => {
      throw new Error('at once');
    };
    const app = ops({ checks: { never, throwing }, checkMs: 5 });
    expect((await app.inject('/readyz')).json().checks).toEqual({ never: 'failed', throwing: 'failed' });
  });

  it('is red while draining, whatever the checks say', async () => {
    const answer = await ops({ checks: { store: good }, isDraining: () => true }).inject('/readyz');
    expect([answer.statusCode, answer.json().status]).toEqual([503, 'draining']);
  });
});

describe('what a server is ready by', () => {
  const ready = {
    config: { databaseUrl: undefined, dataDir: '/data' },
    store: { probe: good },
    recognizer: { load: { waiting: 0, running: 0, threads: 1 } },
    timekeeper: { behindMs: 0 },
    spaceOf: async () => ({ low: false }),
  };
  const told = async (parts: Partial<Parameters<typeof readinessChecks>[0]> = {}) =>
    (await ops({ checks: readinessChecks({ ...ready, ...parts }) }).inject('/readyz')).json().checks;

  it('is its database, a recognition thread, and room on the disk', async () => {
    const sound = { store: 'ok', model: 'ok', disk: 'ok' };
    expect(await told()).toEqual(sound);
    expect(await told({ store: { probe: bad } })).toEqual({ ...sound, store: 'failed' });
    const recognizer = { load: { waiting: 9, running: 0, threads: 0 } };
    expect(await told({ recognizer })).toEqual({ ...sound, model: 'failed' });
    const asked: string[] = [];
    const spaceOf = async (folder: string) => ({ low: asked.push(folder) > 0 });
    expect(await told({ spaceOf })).toEqual({ ...sound, disk: 'failed' });
    expect(asked).toEqual(['/data']);
  });

  it('is no disk of this machine where the database is elsewhere', async () => {
    const config = { ...ready.config, databaseUrl: 'postgres://db.example/legible' };
    expect(await told({ config, spaceOf: bad })).toEqual({ store: 'ok', model: 'ok' });
  });

  it('is the time of a database that others share, to a minute: they would end its tasks, or it theirs', async () => {
    const config = { ...ready.config, databaseUrl: 'postgres://db.example/legible' };
    for (const [behindMs, store] of [
      [60_000, 'ok'],
      [60_001, 'failed'],
      [-60_001, 'failed'],
    ] as const)
      expect(await told({ config, timekeeper: { behindMs } })).toEqual({ store, model: 'ok' });
    expect(await told({ timekeeper: { behindMs: 3_600_000 } })).toMatchObject({ store: 'ok' });
  });
});

describe('metrics', () => {
  it('show what was counted, and values as they are when asked', async () => {
    const metrics = createMetrics();
    let depth = 1;
    metrics.gauge('legible_test_depth', 'Of this test.', () => depth);
    for (const operations of [1, 3, 300]) metrics.observeCommit(operations);
    metrics.observeTask({ type: 'ImageToTextTask', outcome: 'solved', seconds: 0.02 });
    metrics.observeRequest({
      route: '/createTask',
      method: 'POST',
      status: 400,
      errorCode: 'ERROR_RATE_LIMIT',
      seconds: 0.001,
    });
    metrics.countRefusal('limit');
    const app = ops({ metrics });
    const first = await app.inject('/metrics');
    expect(first.headers['content-type']).toContain('text/plain');
    expect(first.body).toContain('legible_tasks_total{type="ImageToTextTask",outcome="solved"} 1');
    expect(first.body).toContain(
      'legible_http_request_duration_seconds_count{route="/createTask",method="POST",status="400",error_code="ERROR_RATE_LIMIT"} 1',
    );
    expect(first.body).toContain('legible_admission_rejected_total{reason="limit"} 1');
    expect(first.body).toContain('legible_test_depth 1');
    expect(first.body).toContain('legible_store_batch_size_bucket{le="4"} 2');
    expect(first.body).toContain('legible_store_batch_size_count 3');
    depth = 7;
    const second = await app.inject('/metrics');
    expect(second.body).toContain('legible_test_depth 7');
  });

  it('are served without those that do not come, and these are not asked for twice at once', async () => {
    const metrics = createMetrics({ readMs: 5 });
    const clock = new FakeClock();
    const store = { gauges: vi.fn(() => new Promise<never>(() => {})), counters: async () => counted };
    watchStore(metrics, store as unknown as StoreAdmin, { timedOut: 3, stop: async () => {} }, clock);
    const app = ops({ metrics });
    for (const scrape of [1, 2]) {
      const { body } = await app.inject('/metrics');
      expect(body, `scrape ${scrape}`).toContain('legible_tasks_open Nan');
      expect(body).toContain('legible_store_commits_total 2');
      clock.advance(60_000);
    }
    expect(store.gauges).toHaveBeenCalledOnce();
  });

  it('are served without those that cannot be read', async () => {
    const metrics = createMetrics();
    metrics.gauge('legible_test_broken', 'Of this test.', bad);
    metrics.counter('legible_test_total', 'Of this test.', bad);
    metrics.gauge('legible_test_sound', 'Of this test.', () => 1);
    const answer = await ops({ metrics }).inject('/metrics');
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('legible_test_broken Nan');
    expect(answer.body).toContain('legible_test_sound 1');
  });
});
