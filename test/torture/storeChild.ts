import { randomUUID } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { openStore } from '../../src/store/open.ts';

/**
 * Reserves and ends tasks as fast as the store allows, and says in a file what it is about to do and what has
 * been acknowledged: `storeChild.ts DATA_DIR ACCOUNT WORDS [TASKS]`. Without a number it runs until killed.
 */
const [dataDir = '', accountId = '', wordsFile = '', tasks = 'Infinity'] = process.argv.slice(2);
const workers = 32;
const price = 400;

const store = await openStore({ dataDir, databaseUrl: undefined });
await store.repair(Date.now());
const words = openSync(wordsFile, 'a');
let left = Number(tasks);

/** Written at once, and to a file since a pipe may be full: what has been said survives the kill. */
function say(word: string, taskId: string): void {
  writeSync(words, `${word} ${taskId}\n`);
}

async function work(worker: number): Promise<void> {
  while (left-- > 0) {
    const taskId = randomUUID();
    const now = Date.now();
    const task = { taskId, accountId, keyId: 'torture', packageId: null, type: 'Torture', module: 'kill' };
    const times = { now, deadline: now + 120_000, expiresAt: now + 300_000 };
    // An early hold is no acknowledgement: nothing of it need be there until it is charged or released.
    const isEarly = worker % 3 === 0;
    const outcome = await (isEarly ? store.reserveEarly : store.reserve)({
      ...task,
      ...times,
      price,
      dailyCap: null,
      state: 'running',
      payload: null,
      callbackUrl: null,
      dialect: 'capsolver',
      address: '192.0.2.1',
      idempotency: null,
    });
    if (outcome !== 'held') throw new Error(JSON.stringify(outcome));
    if (!isEarly) say('held', taskId);
    if (worker % 8 === 7) {
      if (!isEarly) say('releasing', taskId);
      await store.release({
        taskId,
        lease: 1,
        errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
        errorDetail: null,
        now,
      });
      say('released', taskId);
    } else {
      say(isEarly ? 'trying' : 'charging', taskId);
      await store.settle({ taskId, lease: 1, solution: '{"text":"torture"}', now });
      say('charged', taskId);
    }
  }
}

console.log('started');
await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
const { commits } = await store.counters();
await store.close();
console.log(`commits ${commits}`);
