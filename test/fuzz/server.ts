import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFlags } from '../nodeFlags.ts';

const entry = join(import.meta.dirname, '../cli/entry.ts');
const memory = join(import.meta.dirname, 'memory.ts');

export interface Target {
  port: number;
  key: string;
  /** Bytes in use after a collection, and bytes that the process holds. */
  memory(): Promise<{ live: number; rss: number }>;
  /** What it wrote to its log, a line each. */
  log: string[];
  /** Undefined while it runs. */
  exit(): { code: number | null; signal: string | null } | undefined;
  stop(): Promise<void>;
}

/** Starts the real server on a fresh directory, with limits that a flood from one address does not meet. */
export async function startServer(settings: Record<string, string> = {}): Promise<Target> {
  const dataDir = mkdtempSync(join(tmpdir(), 'legible-fuzz-'));
  const plenty = '1000000000';
  const child = spawn(process.execPath, [...nodeFlags, '--expose-gc', '--import', memory, entry, 'serve'], {
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      LEGIBLE_DATA_DIR: dataDir,
      LEGIBLE_PORT: '0',
      LEGIBLE_OPS_PORT: '0',
      LEGIBLE_LOG_LEVEL: 'warn',
      LEGIBLE_RATE_LIMIT: plenty,
      LEGIBLE_BAN_ERRORS: plenty,
      LEGIBLE_BLOCK_ERRORS: plenty,
      ...settings,
    },
  });
  const log: string[] = [];
  child
    .stderr!.setEncoding('utf8')
    .on('data', (text: string) => log.push(...text.split('\n').filter(Boolean)));
  const { port, key } = await greeting(child, log);
  let ended: { code: number | null; signal: string | null } | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal };
      resolve();
    });
  });
  return {
    port,
    key,
    log,
    exit: () => ended,
    memory: () =>
      new Promise((resolve) => {
        child.once('message', (answer) => resolve(answer as { live: number; rss: number }));
        child.send('memory');
      }),
    async stop() {
      child.kill('SIGTERM');
      await exited;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function greeting(child: ChildProcess, log: string[]): Promise<{ port: number; key: string }> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stdout!.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const key = /lgl_\w{36}/.exec(text)?.[0];
      const port = /http:\/\/127\.0\.0\.1:(\d+)\/createTask/.exec(text)?.[1];
      if (key && port) resolve({ key, port: Number(port) });
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${log.join('\n')}`)));
  });
}

/** How long a request that may never be whole waits for an answer before it says that no more will come. */
const patienceMs = 300;

/**
 * Sends bytes and gathers what comes back until the server closes; undefined after the time. A side that is
 * closed early counts as a client that has left, so that only what may be cut off closes its side.
 */
export function exchange(
  port: number,
  bytes: Buffer,
  { isWhole, ms }: { isWhole: boolean; ms: number },
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const timer = setTimeout(() => finish(undefined), ms);
    let idle = isWhole ? undefined : setTimeout(() => socket.end(), patienceMs);
    function finish(answer: Buffer | undefined): void {
      clearTimeout(timer);
      clearTimeout(idle);
      socket.destroy();
      resolve(answer);
    }
    socket.on('data', (part) => {
      parts.push(part);
      // Its "Connection: close" may have been damaged too.
      clearTimeout(idle);
      idle = setTimeout(() => socket.end(), patienceMs);
    });
    socket.on('end', () => finish(Buffer.concat(parts)));
    socket.on('error', () => finish(Buffer.concat(parts)));
    socket.write(bytes);
  });
}

/** Sends bytes and leaves at once. */
export function hangUp(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.once('close', () => resolve());
    socket.once('connect', () => socket.write(bytes, () => socket.destroy()));
  });
}
