import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import { type Running, start } from '../../src/running/main.ts';
import { loadConfig } from '../../src/settings/loadConfig.ts';

/** A folder that is gone when the test is over. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'legible-ops-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

export interface Server extends Running {
  key: string;
  /** Everything that was logged so far. */
  logged(): string;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** The whole server in this process, on free ports and a fresh data directory, logging all it can. */
export async function startServer(
  settings: Record<string, string> = {},
  onFatal = (error: Error): void => {
    throw error;
  },
): Promise<Server> {
  const config = loadConfig(
    {
      LEGIBLE_DATA_DIR: scratch(),
      LEGIBLE_PORT: '0',
      LEGIBLE_OPS_PORT: '0',
      LEGIBLE_LOG_LEVEL: 'trace',
      LEGIBLE_RECOGNIZERS: '1',
      ...settings,
    },
    'absent.json',
  );
  let logged = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged += chunk;
      done();
    },
  });
  const running = await start(config, {
    clock: systemClock,
    log: createLog(config, sink),
    onFatal,
  });
  onTestFinished(() => running.stop());
  return {
    ...running,
    key: running.firstKey ?? '',
    logged: () => logged,
    post: (path, body, headers = {}) =>
      fetch(running.url + path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers,
      }),
  };
}
