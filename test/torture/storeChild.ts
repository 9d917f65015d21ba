import { randomUUID } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { openStore } from '../../src/store/open.ts';
import { hold } from '../store/hold.ts';

/**
 * Reserves and ends tasks as fast as the store allows, and says in a file what it is about to do and what has
 * been acknowledged: `storeChild.ts DATA_DIR DATABASE_URL ACCOUNT WORDS [TASKS]`, with an empty URL for SQLite.
 * Without a number it runs until killed.
 */
const [dataDir = '', databaseUrl = '', accountId = '', wordsFile = '', tasks = 'Infinity'] =
  process.argv.slice(2);
const workers = 32;
const price = 400;

const store = await openStore({ dataDir, databaseUrl: databaseUrl || undefined });
await store.repair(Date.now());
const words = openSync(wordsFile, 'a');
let left = Number(tasks);
let isStarted = false;

/** Written at once, and to a file since a pipe may be full: what has been said survives the kill. */
function say(word: string, taskId: string): void {
  writeSync(words, `${word} ${taskId}\n`);
  // From here on a kill finds something to lose.
  if (word === 'charged' && !isStarted) console.log('started');
  isStarted ||= word === 'charged';
}

async function work(worker: number): Promise<void> {
  while (left-- > 0) {
    const taskId = randomUUID();
    const now = Date.now();
    const task = { taskId, accountId, keyId: 'torture', type: 'Torture', module: 'kill', price };
    // An early hold is no acknowledgement: nothing of it need be there until it is charged or released.
    const isEarly = worker % 3 === 0;
    const outcome = await (isEarly ? store.reserveEarly : store.reserve)(hold({ ...task, now }));
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

await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
const { commits } = await store.counters();
await store.close();
console.log(`commits ${commits}`);
