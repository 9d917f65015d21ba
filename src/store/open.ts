import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../settings/config.ts';
import type { StoreAdmin, StoreCounters } from './admin.ts';
import { makeCheckpoints } from './checkpoints.ts';
import { countedPoll } from './countedPoll.ts';
import type { Engine, EngineEvents } from './engine.ts';
import { withFreshResults } from './freshResults.ts';
import { latestEntries } from './latestEntries.ts';
import { openPostgres } from './postgres/engine.ts';
import { unreachable } from './postgres/unreachable.ts';
import { openSqlite } from './sqlite/engine.ts';
import type { Store } from './store.ts';
import { sweepOwn, sweepShared } from './sweeps.ts';
import { type UnendedTask, UnendedTasks } from './unended.ts';

export interface StoreOptions {
  /** Called when the store can promise nothing any more; by default the process ends with status 70. */
  onFatal?: (error: Error) => void;
  /** Called after each commit: how many operations it carried. */
  onCommit?: EngineEvents['committed'];
  /** Called for each task that repair or sweep could not end, and again when they have tried once more, minutes later. */
  onUnended?: (task: UnendedTask) => void;
}

export function databaseFile(dataDir: string): string {
  return join(dataDir, 'legible.db');
}

/** Opens the store that the configuration names, and brings its tables up to date. */
export async function openStore(
  { dataDir, databaseUrl }: Pick<Config, 'dataDir' | 'databaseUrl'>,
  { onFatal = endProcess, onCommit = () => {}, onUnended }: StoreOptions = {},
): Promise<Store & StoreAdmin> {
  const counted = { operations: 0, commits: 0 };
  const events: EngineEvents = {
    committed(commit) {
      counted.operations += commit.operations;
      counted.commits++;
      onCommit(commit);
    },
    fatal: onFatal,
  };
  const engine =
    databaseUrl === undefined
      ? await openSqlite(databaseFile(dataDir), events)
      : await openPostgres(databaseUrl, events).catch((error: unknown) => {
          throw unreachable(error);
        });
  const counters = async (): Promise<StoreCounters> => ({
    ...counted,
    walBytes: await engine.walBytes(),
  });
  const isShared = databaseUrl !== undefined;
  const store = storeOn(engine, isShared, new UnendedTasks(onUnended));
  return { ...(isShared ? store : withFreshResults(store, engine)), ...adminOn(engine), counters };
}

function storeOn(engine: Engine, isShared: boolean, unended: UnendedTasks): Store {
  const node = randomUUID();
  return {
    ...(isShared ? sweepShared(engine, node, unended) : sweepOwn(engine, node, unended)),
    findPrincipal: (keyHash) => engine.call('findPrincipal', keyHash),
    recall: (request) => engine.call('recall', request),
    reserve: (hold) => engine.call('reserve', hold, node),
    reserveEarly: (hold) => engine.early('reserve', hold, node),
    numberOfTask: (task) => engine.call('numberOfTask', task),
    numberOfTaskEarly: (task) => engine.early('numberOfTask', task),
    taskOfNumber: (query) => engine.call('taskOfNumber', query),
    take: (query) => engine.call('take', node, query),
    handBack: (lease) => engine.call('handBack', lease),
    reclaim: (known) => engine.call('reclaim', node, known),
    settle: (done) => engine.call('settle', done),
    release: (done) => engine.call('release', done),
    poll: (query) => countedPoll(engine, query),
    endedAmong: (taskIds) => engine.call('endedAmong', taskIds),
    saveFeedback: (report) => engine.call('saveFeedback', report),
    listPackages: (accountId, now) => engine.call('listPackages', accountId, now),
    readAccount: (accountId) => engine.call('readAccount', accountId),
    banChanges: (after) => engine.call('banChanges', after),
    saveBan: (ban) => engine.call('saveBan', ban),
    takeCallback: (query) => engine.call('takeCallback', query),
    endCallback: (attempt) => engine.call('endCallback', attempt),
    isAnyStanding: (now, which) =>
      isShared && !which.ofOthers
        ? engine.call('isAnyOpenOf', node)
        : engine.call('isAnyStanding', now, which),
    sharedTime: async () => (isShared ? engine.call('time') : undefined),
    probe: () => engine.call('probe', randomUUID()),
    close: () => engine.close(),
  };
}

function adminOn(engine: Engine): Omit<StoreAdmin, 'counters'> {
  return {
    welcome: (account, key, fingerprint) => engine.call('welcome', account, key, fingerprint),
    createAccount: (account) => engine.call('createAccount', account),
    liftBan: (kind, subject) => engine.call('liftBan', kind, subject),
    listBans: (now) => engine.look('listBans', now),
    listAccounts: () => engine.look('listAccounts'),
    findAccount: (idOrName) => engine.look('findAccount', idOrName),
    topUp: (payment) => engine.call('topUp', payment),
    listEntries: (accountId, limit) => latestEntries(engine, accountId, limit),
    listFeedback: (which) => engine.look('listFeedback', which),
    createKey: (key) => engine.call('createKey', key),
    listKeys: (accountId) => engine.look('listKeys', accountId),
    hasKeys: () => engine.call('hasKeys'),
    revokeKey: (keyId, now) => engine.call('revokeKey', keyId, now),
    createPackage: (pack, key) => engine.call('createPackage', pack, key),
    endPackage: (packageId, now) => engine.call('endPackage', packageId, now),
    keptPepper: () => engine.call('keptPepper'),
    keepPepper: (fingerprint) => engine.call('keepPepper', fingerprint),
    provePepper: (fingerprint, keyId) => engine.call('provePepper', fingerprint, keyId),
    gauges: (now) => engine.call('gauges', now),
    audit: (now, options) => engine.look('audit', now, options),
    makeCheckpoints: (now) => makeCheckpoints(engine, now),
    inspect: () => engine.inspect(),
  };
}

function endProcess(error: Error): void {
  console.error(`The store cannot go on, so that the server ends: ${error.message}`);
  process.exit(70);
}
