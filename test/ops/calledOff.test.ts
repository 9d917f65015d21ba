import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import { start } from '../../src/running/main.ts';
import { loadConfig } from '../../src/settings/loadConfig.ts';
import { databaseFile } from '../../src/store/open.ts';
import { freePort } from '../freePort.ts';
import { scratch, startServer } from './server.ts';

/** Starts a server, and calls that off as soon as the log has this; without it at once. */
function startUntil(said: string | undefined, settings: Record<string, string>) {
  const off = new AbortController();
  const callOff = () => off.abort(new Error('called off'));
  if (said === undefined) callOff();
  return start(loadConfig({ LEGIBLE_RECOGNIZERS: '1', LEGIBLE_OPS_PORT: '0', ...settings }, 'absent.json'), {
    clock: systemClock,
    log: createLog(
      { logLevel: 'info' },
      { write: (line) => said !== undefined && line.includes(said) && callOff() },
    ),
    onFatal(error) {
      throw error;
    },
    calledOff: off.signal,
  });
}

it('a start that waits for another process at the tables is called off without waiting', async () => {
  const dataDir = scratch();
  const other = new Database(databaseFile(dataDir));
  other.exec('pragma journal_mode = wal; create table kysely_migration (name); begin immediate');
  onTestFinished(() => void other.close());
  await expect(startUntil(undefined, { LEGIBLE_DATA_DIR: dataDir })).rejects.toThrow('called off');
});

it('a start that is called off when it has all but listened lets nobody in, and leaves nothing behind', async () => {
  const dataDir = scratch();
  const port = await freePort();
  const settings = {
    LEGIBLE_DATA_DIR: dataDir,
    LEGIBLE_PORT: String(port),
    LEGIBLE_OUTBOUND_ALLOW: '10.0.0.0/8',
  };
  await expect(startUntil('outgoing calls may reach', settings)).rejects.toThrow('called off');
  await expect(fetch(`http://127.0.0.1:${port}/questions`)).rejects.toThrow('fetch failed');
  await startServer(settings);
});
