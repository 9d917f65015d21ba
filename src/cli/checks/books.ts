import { existsSync } from 'node:fs';
import { dataDirProblem } from '../../dataDir.ts';
import { pepperProblem } from '../../pepper.ts';
import type { Config } from '../../settings/config.ts';
import type { StoreAdmin } from '../../store/admin.ts';
import { isDataDirHeld, lockDataDir } from '../../store/lock.ts';
import { NewerTables } from '../../store/migrate.ts';
import { databaseFile, type StoreOptions } from '../../store/open.ts';
import type { SweepOutcome } from '../../store/records.ts';
import { remnantsProblem } from '../../store/sqlite/remnants.ts';
import type { Store } from '../../store/store.ts';
import { lookAtTables } from '../../store/tables.ts';
import { timeOf, withStore } from '../session.ts';
import { type Finding, findingsOf, messageOf } from './check.ts';

const probes = 20;
/** A disk that needs longer than this for one commit makes every task wait for it twice. */
const slowCommitMs = 50;

/** The database and what is in it. To look must neither make one where there is none nor change its tables. */
export async function checkBooks(config: Config, whole: boolean): Promise<Finding[]> {
  const finding = findingsOf('store');
  const file = databaseFile(config.dataDir);
  const lost = config.databaseUrl === undefined ? remnantsProblem(file) : undefined;
  if (lost !== undefined) return [finding('database', false, lost)];
  if (config.databaseUrl === undefined && !existsSync(file)) {
    const problem = dataDirProblem(config.dataDir);
    return problem === undefined
      ? [finding('database', 'warn', `${file} is made at the first start`)]
      : [finding('database', false, `${file} can be neither reached nor made: ${problem}`)];
  }
  const { done, pending, newer } = await lookAtTables(config);
  if (done.length === 0) return [finding('schema', 'warn', 'tables are made at the first start')];
  if (newer !== undefined) return [finding('schema', false, new NewerTables(newer).message)];
  if (pending.length > 0) {
    const detail = `made by an older Legible, without ${pending.join(', ')}: the next start brings the tables up to date`;
    return [finding('schema', false, detail, () => bringUpToDate(config, pending))];
  }
  return withStore(async ({ store }) => [
    finding('schema', true, done.at(-1)!),
    await checkKeys(config, store),
    ...(await checkStore(store)),
    ...(await checkLedger(config, store, whole)),
  ]);
}

/** Whether the keys in the database are usable with the pepper that the server would have. */
async function checkKeys(config: Config, store: StoreAdmin): Promise<Finding> {
  const finding = findingsOf('store');
  const keys = (await store.listKeys()).length;
  try {
    const kept = await store.keptPepper();
    const problem = pepperProblem(config, keys > 0, kept);
    if (problem !== undefined) return finding('keys', false, problem);
    if (keys > 0 && kept === undefined)
      return finding(
        'keys',
        'warn',
        `${keys}; which pepper they need is not known until one is used that is older than fingerprints of it`,
      );
    return finding('keys', true, `${keys}, made with this pepper`);
  } catch (error) {
    return finding('keys', false, messageOf(error));
  }
}

/** Reachable, whole, durable, fast enough. */
async function checkStore(store: Store & StoreAdmin): Promise<Finding[]> {
  const finding = findingsOf('store');
  const found = (await store.inspect()).map(({ name, ok, detail }) => finding(name, ok, detail));
  const times: number[] = [];
  for (let i = 0; i < probes; i++) {
    const started = performance.now();
    await store.probe();
    times.push(performance.now() - started);
  }
  return [...found, judgeCommits(times)];
}

/** Whether a disk is fast enough, by the milliseconds of some commits. */
export function judgeCommits(times: readonly number[]): Finding {
  const slowest = Math.max(...times);
  const detail = `slowest of ${times.length}: ${slowest.toFixed(1)} ms`;
  return findingsOf('store')('commit', slowest < slowCommitMs ? 'ok' : 'warn', detail);
}

/** What the ledger says is never changed: what it should have said, only a person can tell. */
const wrongBooks =
  'stop the server, keep the database aside, and restore the last backup that was made before (`legible restore FILE`, which checks its books; with PostgreSQL a dump)';

const served =
  'by the time of this machine; the server that runs ends them by its own, which follows a step of that slowly: its metric legible_reservations_overdue must be 0';

/** The invariants of the ledger, where `whole` from its first entry on. */
async function checkLedger(config: Config, store: Store & StoreAdmin, whole: boolean): Promise<Finding[]> {
  const finding = findingsOf('ledger');
  try {
    const violations = await store.audit(await timeOf(store), { whole });
    if (violations.length === 0)
      return [finding('books', true, 'the entries, the balances and the tasks agree')];
    const isServed = config.databaseUrl === undefined && isDataDirHeld(config.dataDir);
    return violations.map(({ invariant, detail }) => {
      if (invariant !== 'I6') return finding(invariant, false, `${detail}: ${wrongBooks}`);
      if (isServed) return finding(invariant, 'warn', `${detail}, ${served}`);
      return finding(invariant, false, detail, () => endOverdue(config));
    });
  } catch (error) {
    return [finding('books', false, messageOf(error))];
  }
}

/** Opening the store does it, as the next start would. */
function bringUpToDate(config: Config, pending: string[]): Promise<string> {
  return withoutServer(config, async () => `did ${pending.join(', ')}`);
}

/** What a server does at its start and then every second. What it leaves breaks rules of the books, which are told too. */
function endOverdue(config: Config): Promise<string> {
  const left: string[] = [];
  const work = async (store: Store & StoreAdmin): Promise<string> => {
    const now = await timeOf(store);
    const repaired = await store.repair(now);
    let timedOut = 0;
    let swept: SweepOutcome;
    do {
      swept = await store.sweep(now);
      if (swept.cutOff !== undefined) throw swept.cutOff;
      timedOut += swept.timedOut;
    } while (swept.more);
    const done = `tasks of a server that had died: ${repaired} queued again or refunded; overdue ones: ${timedOut} refunded`;
    return left.length === 0 ? done : `${done}; not to be refunded: ${left.join(', ')}`;
  };
  return withoutServer(config, work, ({ taskId, accountId }) => left.push(`${taskId} of ${accountId}`));
}

/** Works on a store whose server is stopped; of those that share PostgreSQL, each leaves the others' tasks alone. */
async function withoutServer(
  { databaseUrl, dataDir }: Config,
  work: (store: Store & StoreAdmin) => Promise<string>,
  onUnended: StoreOptions['onUnended'] = () => {},
): Promise<string> {
  const lock = databaseUrl === undefined ? lockDataDir(dataDir) : { release() {} };
  if (!lock) throw new Error('a server is running on it; stop that first');
  try {
    return await withStore(({ store }) => work(store), { isUpgraded: true, onUnended });
  } finally {
    lock.release();
  }
}
