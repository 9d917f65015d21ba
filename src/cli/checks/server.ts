import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import type { Config } from '../../config.ts';
import { createLog } from '../../log.ts';
import { isDataDirHeld } from '../../store/lock.ts';
import { type Finding, findingsOf } from './check.ts';

/** The ports: free for a server to start, or answered by the one that runs. */
export async function checkServer(config: Config): Promise<Finding[]> {
  const finding = findingsOf('server');
  const ready = await readiness(config);
  const folder = config.databaseUrl === undefined ? checkFolder(config, ready !== undefined) : [];
  if (ready !== undefined)
    return [finding('running', ready === 'ok', `readiness: ${ready}`), ...folder, checkRedaction()];
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

async function readiness({ opsHost, opsPort }: Config): Promise<string | undefined> {
  const host = opsHost.includes(':') ? `[${opsHost}]` : opsHost;
  try {
    const answer = await fetch(`http://${host}:${opsPort}/readyz`, { signal: AbortSignal.timeout(3_000) });
    const { status } = (await answer.json()) as { status?: unknown };
    return typeof status === 'string' ? status : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when a server could listen there. */
function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(`${host}:${port}: ${error.code}`));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

/** Logs a marked secret under the names that requests use, and looks for it in what comes out. */
function checkRedaction(): Finding {
  const canary = 'canary-d81f';
  let written = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      written += chunk;
      done();
    },
  });
  const log = createLog({ logLevel: 'info' }, sink);
  log.info({ clientKey: canary, request: { body: canary }, headers: { authorization: canary } }, 'self-test');
  log.error({ err: Object.assign(new Error('self-test'), { task: { body: canary } }) }, 'self-test');
  const clean = written.includes('self-test') && !written.includes(canary);
  return findingsOf('server')('log redaction', clean, clean ? 'hides keys and images' : 'lets a key through');
}
