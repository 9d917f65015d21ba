import { chmodSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, Sources } from '../../config.ts';
import { pepperFile, readPepperFile } from '../../pepper.ts';
import { databaseFile } from '../../store/open.ts';
import { type Finding, findingsOf, messageOf } from './check.ts';

const finding = findingsOf('files');

/** Whether what is secret is for its owner alone, and nothing half-written lies about. */
export function checkFiles(config: Config, sources: Sources, now: number): Finding[] {
  const { dataDir, pepper } = config;
  const found = checkSettingsFile(sources);
  if (!existsSync(dataDir))
    return [...found, finding('data directory', 'warn', `${dataDir} is made at the start`)];
  found.push(modeOf('data directory', [dataDir]));
  if (pepper === undefined) found.push(checkPepper(pepperFile(dataDir)));
  const database = databaseFile(dataDir);
  if (existsSync(database))
    found.push(modeOf('database files', [database, `${database}-wal`, `${database}-shm`]));
  return [...found, checkLeftovers(dataDir, now)];
}

function checkPepper(file: string): Finding {
  // Whether there are keys that need it, the store's checks tell.
  if (!existsSync(file)) return finding('pepper', true, `${file} does not exist yet`);
  try {
    readPepperFile(file);
  } catch (error) {
    return finding('pepper', false, messageOf(error));
  }
  return modeOf('pepper', [file]);
}

/** The settings' file is a secret only where one stands in it, and then its group may be the server's. */
function checkSettingsFile({ pepper, databaseUrl }: Sources): Finding[] {
  const files = [pepper, databaseUrl].map((source) => / in (.+)$/.exec(source)?.[1]);
  const file = files.find((name) => name !== undefined);
  return file === undefined ? [] : [modeOf('settings', [file], { who: 'o', bits: 0o007 })];
}

function modeOf(name: string, paths: string[], forbidden = { who: 'go', bits: 0o077 }): Finding {
  // Those of SQLite's journal come and go with the processes that have it open.
  const files = paths.flatMap((path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? [] : { path, mode: stats.mode & 0o777 };
  });
  const shown = files.map(({ path, mode }) => `${path} (mode ${mode.toString(8)})`).join(', ');
  const open = files.filter(({ mode }) => (mode & forbidden.bits) !== 0);
  if (open.length === 0) return finding(name, true, shown);
  const remedy = `chmod ${forbidden.who}= ${open.map(({ path }) => path).join(' ')}`;
  return finding(name, false, `${shown}: open to others; ${remedy}`, () => {
    for (const { path, mode } of open) chmodSync(path, mode & ~forbidden.bits);
    return remedy;
  });
}

/** What a command that was killed leaves behind: a backup's draft, a restore's, one of the pepper. */
const drafts = [/\.db\.part$/, /^legible\.db\.restoring$/, /^pepper\.[0-9a-f]{8}$/];
/** A draft that is still being written is younger. */
const abandonedMs = 3_600_000;

function checkLeftovers(dataDir: string, now: number): Finding {
  const left = readdirSync(dataDir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && drafts.some((draft) => draft.test(entry.name)))
    .map(({ name }) => join(dataDir, name))
    .filter((path) => now - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now) > abandonedMs);
  if (left.length === 0) return finding('leftovers', true, 'none');
  return finding('leftovers', 'warn', `of commands that were killed: ${left.join(', ')}`, () => {
    for (const path of left) rmSync(path, { force: true });
    return `removed ${left.join(', ')}`;
  });
}
