import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { payIn } from './kill.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { killHard } from './round.ts';
import { post, type Server, startServer } from './serverLoad.ts';

const price = 400;
const clients = 4;
const most = 100_000;
/** Two minutes until a task is over at the latest, and its callback's second attempt after a lost first. */
const patienceMs = 180_000;

/**
 * Each round kills the server while it computes proofs of work and sends their results. Whatever was acknowledged
 * must end exactly once, its one result must be delivered at least once, and the money must be that of the tasks
 * whose result was an answer.
 */
export async function asyncCampaign(rounds: number, random: () => number): Promise<boolean> {
  const dataDir = mkdtempSync(join(tmpdir(), 'legible-torture-'));
  const receiver = await startReceiver(random);
  const settings = {
    LEGIBLE_PROOF_THREADS: '1',
    LEGIBLE_RESULT_SECONDS: '86400',
    LEGIBLE_OUTBOUND_ALLOW: '127.0.0.1',
    LEGIBLE_OUTBOUND_PORTS: String(receiver.port),
  };
  let server: Server | undefined;
  try {
    server = await startServer({ dataDir, databaseUrl: undefined }, settings);
    const clientKey = server.firstKey!;
    const paid = await payIn({ dataDir, databaseUrl: undefined });
    const acknowledged: string[] = [];
    const violations: string[] = [];
    for (let round = 1; round <= rounds; round++) {
      const before = { acknowledged: acknowledged.length, delivered: receiver.results.size };
      await killWhileComputing(server, { clientKey, receiver, random, acknowledged });
      violations.push(...(await auditOf(dataDir)));
      server = await startServer({ dataDir, databaseUrl: undefined }, settings);
      console.log(
        `round ${round}: ${acknowledged.length - before.acknowledged} tasks acknowledged, ` +
          `${receiver.results.size - before.delivered} results delivered before the next start`,
      );
    }
    const ended = await untilAllHaveEnded(dataDir, receiver, acknowledged);
    const undelivered = acknowledged.filter((taskId) => !receiver.results.has(taskId)).length;
    const answers = await Promise.all(
      acknowledged.map((taskId) => post(`${server!.url}/getTaskResult`, { clientKey, taskId })),
    );
    const otherwise = answers.filter(
      (answer) => JSON.stringify(answer) !== receiver.results.get(String(answer?.taskId))?.body,
    ).length;
    await killHard(server.child);
    violations.push(...(await auditOf(dataDir)));

    const charged = [...receiver.results.values()].filter(
      ({ body }) => JSON.parse(body).status === 'ready',
    ).length;
    const { posted, pending, waiting } = await booksOf(dataDir, paid.accountId);
    const wrongMoney = paid.posted - posted - charged * price + pending;
    for (const violation of violations) console.log(`violation: ${violation}`);
    const { changed, repeated, results } = receiver;
    const tasks = acknowledged.length;
    const figures = {
      rounds,
      tasks,
      charged,
      failed: results.size - charged,
      repeated,
      undelivered,
      waiting,
    };
    console.log(
      JSON.stringify({ ...figures, changed, otherwise, wrongMoney, violations: violations.length }),
    );
    const isSound = undelivered + waiting + changed + otherwise + wrongMoney + violations.length === 0;
    return ended && isSound && tasks > 0 && charged > 0;
  } finally {
    if (server) await killHard(server.child);
    await receiver.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Load {
  clientKey: string;
  receiver: Receiver;
  random: () => number;
  acknowledged: string[];
}

async function killWhileComputing(server: Server, load: Load): Promise<void> {
  const { clientKey, receiver, random, acknowledged } = load;
  let isAlive = true;
  const working = Array.from({ length: clients }, async () => {
    while (isAlive) {
      const task = { type: 'AltchaTask', challenge: challengeOf(random) };
      const body = { clientKey, task, callbackUrl: receiver.url };
      const answer = await post(`${server.url}/createTask`, body);
      if (answer === undefined) return;
      if (answer.errorId !== 0) throw new Error(`the server answered ${JSON.stringify(answer)}`);
      acknowledged.push(String(answer.taskId));
      await pause(200 * random());
    }
  });
  await pause(200 + 1_000 * random());
  await killHard(server.child);
  isAlive = false;
  await Promise.all(working);
}

/** Work for a few hundredths of a second, so that most end before a second kill; one in twenty has no answer. */
function challengeOf(random: () => number) {
  const salt = randomBytes(12).toString('hex');
  const number = Math.floor(most * random());
  const challenge = createHash('sha256').update(`${salt}${number}`).digest('hex');
  const maxnumber = random() < 0.05 ? Math.max(1, number - 1) : most;
  return { algorithm: 'SHA-256', challenge, salt, signature: '', maxnumber };
}

/** False when something is still open, or undelivered, after all deadlines. */
async function untilAllHaveEnded(
  dataDir: string,
  receiver: Receiver,
  acknowledged: string[],
): Promise<boolean> {
  for (const until = Date.now() + patienceMs; Date.now() < until; ) {
    const { openTasks, waitingCallbacks } = await gaugesOf(dataDir);
    const isDelivered = acknowledged.every((taskId) => receiver.results.has(taskId));
    if (openTasks === 0 && waitingCallbacks === 0 && isDelivered) return true;
    await pause(500);
  }
  return false;
}

async function withBooks<T>(
  dataDir: string,
  work: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>,
): Promise<T> {
  const store = await openStore({ dataDir, databaseUrl: undefined });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const gaugesOf = (dataDir: string) => withBooks(dataDir, (store) => store.gauges(Date.now()));

const booksOf = (dataDir: string, accountId: string) =>
  withBooks(dataDir, async (store) => {
    const { posted, pending } = (await store.readAccount(accountId))!;
    return { posted, pending, waiting: (await store.gauges(Date.now())).waitingCallbacks };
  });

const auditOf = (dataDir: string) =>
  withBooks(dataDir, async (store) => {
    const violations = await store.audit(Date.now());
    return violations.map(({ invariant, detail }) => `${invariant}: ${detail}`);
  });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
