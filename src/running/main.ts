import { lookup } from 'node:dns/promises';
import { resolve } from 'node:path';
import { type Clock, SteadyClock } from '../clock.ts';
import { SearchPool } from '../compute/pool.ts';
import { createOps } from '../http/ops.ts';
import { readinessChecks } from '../http/readiness.ts';
import { buildServer } from '../http/server.ts';
import type { Log } from '../log.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import { caller } from '../outbound/call.ts';
import { Guard, placeOf } from '../outbound/guard.ts';
import { readPepper } from '../pepper.ts';
import { readClassCard } from '../recognize/classes/card.ts';
import { Questions } from '../recognize/classes/questions.ts';
import { imageParser } from '../recognize/imageParser.ts';
import { RecognizerPool } from '../recognize/pool.ts';
import type { Config } from '../settings/config.ts';
import type { DialectName } from '../settings/dialects.ts';
import type { StoreAdmin } from '../store/admin.ts';
import { lockDataDir } from '../store/lock.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { taskTypes } from '../tasks/registry.ts';
import { UserError } from '../userError.ts';
import { version } from '../version.ts';
import { startBookkeeper } from './bookkeeper.ts';
import { watchStore, watchThreads } from './gauges.ts';
import { withinOpenFiles } from './openFiles.ts';
import { type Sweeper, startSweeper } from './sweeper.ts';
import { startTimekeeper } from './timekeeper.ts';
import { untilPepperIsKnown } from './unknownPepper.ts';
import { welcome } from './welcome.ts';

export interface Running {
  /** Where the API and the ops port answer: `http://127.0.0.1:7878`. */
  url: string;
  opsUrl: string;
  /** Further ports of the API, each of which answers in a dialect of its own. */
  dialectPorts: Partial<Record<DialectName, number>>;
  /** The key of the first account, when this start made it. */
  firstKey: string | undefined;
  /** Refuses new tasks, waits for those under way, gives back the rest, and closes everything. */
  stop(): Promise<void>;
}

interface Surroundings {
  /** The machine's, which may jump. */
  clock: Clock;
  log: Log;
  /** Called when the store can promise nothing any more. */
  onFatal: (error: Error) => void;
  /** Calls the start off, which then rejects with its reason before anybody is served. */
  calledOff?: AbortSignal;
}

type Close = () => Promise<unknown>;

/** Starts everything in order; what has been started is closed again, in the opposite order, if a later part fails. */
export async function start(given: Config, surroundings: Surroundings): Promise<Running> {
  const { clock: machine, log } = surroundings;
  const calledOff = surroundings.calledOff ?? new AbortController().signal;
  const config = withinOpenFiles(await atOneAddress(given), log);
  const clock = new SteadyClock(machine);
  const started: Close[] = [];
  const stop = () => closeAll(started);

  try {
    lockUnlessShared(config, started);
    const metrics = createMetrics();
    const lost = new AbortController();
    const store = await openBooks(config, { ...surroundings, calledOff }, metrics, lost);
    started.push(() => store.close());
    const timekeeper = await startTimekeeper(clock, machine, store, log);
    started.push(() => timekeeper.stop());
    const pepper = await readPepper(config, store);
    calledOff.throwIfAborted();
    const sweeper = await startUpkeep(store, clock, log, started);

    calledOff.throwIfAborted();
    const { recognizer, proofs } = await startThreads(config, clock, log, started);
    const guard = guardOf(config, log);
    const questions = new Questions(readClassCard());

    // Closed after the API, which is made later: while that drains, readiness must be seen to be red.
    let draining = false;
    const checks = readinessChecks({ config, store, recognizer, timekeeper });
    const ops = createOps({ metrics, checks, isDraining: () => draining, version, log });
    started.push(() => ops.close());

    const dialectPorts: Running['dialectPorts'] = {};
    const api = buildServer({
      config,
      clock,
      machineTime: () => machine.now(),
      store: await untilPepperIsKnown(store, pepper, log),
      engines: {
        text: recognizer,
        puzzles: recognizer,
        classes: recognizer,
        proofs,
        web: { call: caller(guard) },
      },
      sites: guard,
      taskTypes: taskTypes({
        parseImage: imageParser(config),
        strict: config.strict,
        sites: guard,
        questions,
      }),
      questions: questions.listed,
      pepper,
      log,
      metrics,
      lost: lost.signal,
      onBesidePort(port, dialect) {
        dialectPorts[dialect] = port;
        guard.denyOwn(port);
      },
    });
    started.push(() => {
      draining = true;
      return api.close();
    });
    calledOff.throwIfAborted();
    const url = await api.listen({ host: config.host, port: config.port });
    guard.denyOwn(placeOf(new URL(url)).port);

    watchStore(metrics, store, sweeper, clock);
    watchThreads(metrics, recognizer, proofs);
    const opsUrl = await ops.listen({ host: config.opsHost, port: config.opsPort });
    guard.denyOwn(placeOf(new URL(opsUrl)).port);

    const firstKey = await welcome(store, pepper, clock);
    // Another process may have made the first key since, with a pepper of its own.
    await readPepper(config, store);
    if (!(await store.hasKeys())) log.warn({}, 'nobody has a key: `legible key create ACCOUNT` makes one');
    log.info({ version, url, opsUrl }, 'serving');
    return { url, opsUrl, dialectPorts, firstKey, stop };
  } catch (error) {
    await stop().catch((failure: unknown) => log.error({ err: failure }, 'after a failed start'));
    throw error;
  }
}

/** Closes the last that was started first, and the others even where one fails. @throws AggregateError of all failures */
async function closeAll(started: Close[]): Promise<void> {
  const failures: unknown[] = [];
  for (let close = started.pop(); close; close = started.pop())
    await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, 'not everything could be closed');
}

/** Opens the store; `lost` is aborted when it can promise nothing any more. */
function openBooks(
  config: Config,
  { log, onFatal, calledOff }: Pick<Surroundings, 'log' | 'onFatal'> & { calledOff: AbortSignal },
  metrics: Metrics,
  lost: AbortController,
): Promise<Store & StoreAdmin> {
  const opening = openStore(config, {
    onFatal(error) {
      // What was being written may be on the disk: nobody must be told that it has failed and cost nothing.
      lost.abort();
      onFatal(error);
    },
    onCommit: ({ operations }) => metrics.observeCommit(operations),
    onUnended: ({ error, ...task }) =>
      log.error(
        { ...task, err: error },
        'a task cannot be ended, and its hold not be given back: `legible doctor` tells what is wrong with the books',
      ),
  });
  return unlessCalledOff(opening, calledOff);
}

/** The door for what leaves on our own initiative; an operator is told who may be called besides the public. */
function guardOf({ outboundAllow: allow, outboundPorts: ports }: Config, log: Log): Guard {
  if (allow.length > 0)
    log.warn({ allowed: allow }, 'outgoing calls may reach addresses that are not public');
  return new Guard({ allow, ports });
}

/** Repairs what a dead server left behind, and starts what keeps the books in order from then on. */
async function startUpkeep(
  store: Store & StoreAdmin,
  clock: Clock,
  log: Log,
  started: Close[],
): Promise<Sweeper> {
  const repaired = await store.repair(clock.now());
  if (repaired > 0)
    log.warn(
      { repaired },
      'what a server that had died was at has failed and was refunded, or waits to be done once more',
    );
  const sweeper = startSweeper(store, clock, log);
  started.push(() => sweeper.stop());
  const bookkeeper = startBookkeeper(store, clock, log);
  started.push(() => bookkeeper.stop());
  return sweeper;
}

/** Starts the threads that recognise images and search for proofs of work. */
async function startThreads(config: Config, clock: Clock, log: Log, started: Close[]) {
  const recognizer = await RecognizerPool.start({
    threads: config.recognizers,
    queueLimit: config.recognizerQueue,
    clock,
    onThreadEnd: (reason) =>
      log.error({ err: reason }, 'a recognition thread has ended; another takes its place'),
  });
  started.push(() => recognizer.stop());
  const proofs = new SearchPool({
    threads: config.proofThreads,
    onThreadEnd: (reason) => log.error({ err: reason }, 'a search thread has ended; another takes its place'),
  });
  started.push(() => proofs.stop());
  return { recognizer, proofs };
}

/** Opening may wait as long as another process migrates the tables. It can be given up: a store that opens later is closed. */
async function unlessCalledOff(opening: Promise<Store & StoreAdmin>, calledOff: AbortSignal) {
  const { promise: off, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(calledOff.reason);
  calledOff.addEventListener('abort', onAbort);
  if (calledOff.aborted) onAbort();
  try {
    return await Promise.race([opening, off]);
  } catch (error) {
    opening.then((store) => store.close()).catch(() => {});
    throw error;
  } finally {
    calledOff.removeEventListener('abort', onAbort);
  }
}

/** `localhost` may have two addresses, and Fastify would listen on the second with a server that lacks our limits. */
async function atOneAddress(config: Config): Promise<Config> {
  const order = 'ipv4first';
  const [host, opsHost] = await Promise.all([
    lookup(config.host, { order }),
    lookup(config.opsHost, { order }),
  ]);
  return { ...config, host: host.address, opsHost: opsHost.address };
}

/** Two servers on one SQLite file would each keep half of the limits, and repair each other's tasks. */
function lockUnlessShared({ databaseUrl, dataDir }: Config, started: Close[]): void {
  if (databaseUrl !== undefined) return;
  const lock = lockDataDir(dataDir);
  if (!lock) throw new UserError(`Another server is running on ${resolve(dataDir)}.`);
  started.push(async () => lock.release());
}
