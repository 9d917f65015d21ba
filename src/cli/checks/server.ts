import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import { createLog, type Log } from '../../log.ts';
import type { Config } from '../../settings/config.ts';
import { isDataDirHeld } from '../../store/lock.ts';
import { type Finding, findingsOf } from './check.ts';

/** The ports: free for a server to start, or answered by the one that runs. */
export async function checkServer(config: Config): Promise<Finding[]> {
  const finding = findingsOf('server');
  const ready = await readiness(config);
  const folder = config.databaseUrl === undefined ? checkFolder(config, ready !== undefined) : [];
  if (ready !== undefined)
    return [finding('running', ready.status === 'ok', readinessOf(ready)), ...folder, checkRedaction()];
  const ports: [string, string, number][] = [
    ['port', config.host, config.port],
    ['opsPort', config.opsHost, config.opsPort],
    ...Object.entries(config.dialectPorts).map(([name, port]): [string, string, number] => [
      `dialectPorts.${name}`,
      config.host,
      port,
    ]),
  ];
  const found = ports.map(async ([name, host, port]) => {
    const problem = await tryPort(host, port);
    return finding(name, problem === undefined, problem ?? `${host}:${port} is free`);
  });
  return [...(await Promise.all(found)), ...folder, checkRedaction()];
}

/** Whether the server that answers is the one that runs on the data directory. */
function checkFolder({ dataDir, opsHost, opsPort }: Config, isAnswered: boolean): Finding[] {
  const isRunning = isDataDirHeld(dataDir);
  if (isRunning === isAnswered) return [];
  const detail = isRunning
    ? `a server runs on ${resolve(dataDir)}, but does not answer on opsPort ${opsHost}:${opsPort}`
    : `a server answers on opsPort ${opsHost}:${opsPort}, but none runs on ${resolve(dataDir)} (dataDir)`;
  return [findingsOf('server')('data directory', 'warn', detail)];
}

interface Ready {
  status: string;
  checks?: Record<string, unknown>;
}

/** What to do about each check of /readyz; the log of the server says why it failed. */
const remedies: Record<string, string> = {
  store: 'see to the database, or to the disk that it lies on',
  model: 'see that its threads have memory, and start it again',
  disk: 'make room',
};

function readinessOf({ status, checks = {} }: Ready): string {
  if (status === 'draining') return 'readiness: draining: it is being stopped; start it once it has ended';
  const failed = Object.keys(checks).filter((name) => checks[name] !== 'ok');
  if (failed.length === 0) return `readiness: ${status}`;
  const advice = failed.map((name) => remedies[name]).filter(Boolean);
  return `readiness: ${status}: ${failed.join(', ')}; its log says why: ${advice.join('; ')}`;
}

async function readiness({ opsHost, opsPort }: Config): Promise<Ready | undefined> {
  const host = opsHost.includes(':') ? `[${opsHost}]` : opsHost;
  try {
    const answer = await fetch(`http://${host}:${opsPort}/readyz`, { signal: AbortSignal.timeout(3_000) });
    const ready = (await answer.json()) as Ready;
    return typeof ready.status === 'string' ? ready : undefined;
  } catch {
    return undefined;
  }
}

const portRemedies: Record<string, string> = {
  EADDRINUSE: 'stop what listens there, or set another port',
  EACCES: 'a port below 1024 is for those whom the machine lets listen there; set another',
};

/** Undefined when a server could listen there. */
function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code = '' }: NodeJS.ErrnoException) =>
      resolve(`${host}:${port}: ${code}: ${portRemedies[code] ?? 'set another address or port'}`),
    );
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

type LogTo = (sink: Writable) => Pick<Log, 'info' | 'error'>;

/** Logs a marked secret under the names that requests use, and looks for it in what comes out. */
export function checkRedaction(logTo: LogTo = (sink) => createLog({ logLevel: 'info' }, sink)): Finding {
  const canary = 'canary-d81f';
  let written = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      written += chunk;
      done();
    },
  });
  const log = logTo(sink);
  log.info({ clientKey: canary, request: { body: canary }, headers: { authorization: canary } }, 'self-test');
  log.error({ err: Object.assign(new Error('self-test'), { task: { body: canary } }) }, 'self-test');
  const clean = written.includes('self-test') && !written.includes(canary);
  return findingsOf('server')(
    'log redaction',
    clean,
    clean ? 'hides keys and images' : 'lets a key through: report it, see SECURITY.md',
  );
}
