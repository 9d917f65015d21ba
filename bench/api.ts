// Child process: the server as it is shipped, with its recogniser (`{"threads": n}`) or one that costs nothing.
// Prints where it answers.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import { buildServer } from '../src/http/server.ts';
import { createLog } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { caller } from '../src/outbound/call.ts';
import { Guard } from '../src/outbound/guard.ts';
import type { Reading } from '../src/reading.ts';
import { readClassCard } from '../src/recognize/classes/card.ts';
import { Questions } from '../src/recognize/classes/questions.ts';
import { imageParser } from '../src/recognize/imageParser.ts';
import { RecognizerPool } from '../src/recognize/pool.ts';
import { welcome } from '../src/running/welcome.ts';
import { loadConfig } from '../src/settings/loadConfig.ts';
import { openStore } from '../src/store/open.ts';
import { taskTypes } from '../src/tasks/registry.ts';
import type { TextReader } from '../src/tasks/task.ts';

const reading: Reading = { text: '44795sds', confidence: 0.99, characters: [], alternatives: [] };
const { threads } = JSON.parse(process.argv[2] ?? '{}') as { threads?: number };
const pool =
  threads === undefined
    ? undefined
    : await RecognizerPool.start({ threads, queueLimit: 512, clock: systemClock });
const text: TextReader = pool ?? { read: async () => reading };

const nothing = async () => undefined;
const questions = new Questions(readClassCard());

const dataDir = await mkdtemp(join(tmpdir(), 'legible-bench-'));
const boundless = '1000000000';
const config = loadConfig({
  LEGIBLE_DATA_DIR: dataDir,
  LEGIBLE_RATE_LIMIT: boundless,
  LEGIBLE_MAX_POLLS: boundless,
  LEGIBLE_RESULT_SECONDS: '86400',
  LEGIBLE_LOG_LEVEL: 'fatal',
});
const pepper = 'bench'.repeat(8);
const store = await openStore(config);
const guard = new Guard({ allow: [], ports: [] });
const app = buildServer({
  config,
  clock: systemClock,
  store,
  engines: {
    text,
    puzzles: { findGap: nothing, findTurn: nothing, findClicks: nothing },
    classes: { classify: async () => [] },
    proofs: { search: nothing },
    web: { call: caller(guard) },
  },
  sites: guard,
  taskTypes: taskTypes({ parseImage: imageParser(config), strict: config.strict, sites: guard, questions }),
  questions: questions.listed,
  pepper,
  log: createLog(config),
  metrics: createMetrics(),
});
const url = await app.listen({ port: 0, host: '127.0.0.1' });
const key = await welcome(store, pepper, systemClock);
for (const { id: accountId } of await store.listAccounts())
  await store.topUp({ accountId, amount: 1_000_000_000_000, note: 'bench', now: Date.now() });
console.log(JSON.stringify({ url, key }));

process.once('SIGTERM', async () => {
  await app.close();
  await pool?.stop();
  const { operations, commits } = await store.counters();
  console.error(`  ${operations} operations in ${commits} commits, each fsynced`);
  await store.close();
  await rm(dataDir, { recursive: true });
});
