import { chmodSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dataDirProblem } from '../../dataDir.ts';
import { pepperFile, readPepperFile } from '../../pepper.ts';
import type { Config } from '../../settings/config.ts';
import type { Sources } from '../../settings/loadConfig.ts';
import { databaseFile } from '../../store/open.ts';
import { type Finding, findingsOf, messageOf } from './check.ts';

const finding = findingsOf('files');

/** Whether what is secret is for its owner alone, and nothing half-written lies about. */
export function checkFiles(config: Config, sources: Sources, now: number): Finding[] {
  const { dataDir, pepper } = config;
  const found = checkSettingsFile(sources);
  const problem = needsFolder(config) ? dataDirProblem(dataDir) : undefined;
  if (problem !== undefined) return [...found, finding('data directory', false, problem)];
  if (!existsSync(dataDir))
    return [...found, finding('data directory', 'warn', `${dataDir} is made at the start`)];
  found.push(modeOf('data directory', [dataDir]));
  if (pepper === undefined) found.push(checkPepper(pepperFile(dataDir)));
  const database = databaseFile(dataDir);
  if (existsSync(database))
    found.push(modeOf('database files', [database, `${database}-wal`, `${database}-shm`]));
  return [...found, checkLeftovers(dataDir, now)];
}

/** With PostgreSQL it holds the pepper at most, and need not be there. */
function needsFolder({ databaseUrl, pepper, dataDir }: Config): boolean {
  return databaseUrl === undefined || (pepper === undefined && !existsSync(pepperFile(dataDir)));
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
  return file === undefined ? [] : [modeOf('settings', [file], 0o007)];
}

interface Mode {
  path: string;
  mode: number;
  /** Bits that `--fix` takes away. */
  taken: number;
}

function modeOf(name: string, paths: string[], forbidden = 0o077): Finding {
  // Those of SQLite's journal come and go with the processes that have it open.
  const files = paths.flatMap((path): Mode | [] => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    // A group that is not the owner's own may be what the server gets in by: whether it is, a person knows.
    const isShared = stats.gid !== stats.uid;
    return { path, mode: stats.mode & 0o777, taken: isShared ? forbidden & 0o007 : forbidden };
  });
  const shown = files.map(({ path, mode }) => `${path} (mode ${mode.toString(8)})`).join(', ');
  const open = files.filter(({ mode }) => (mode & forbidden) !== 0);
  if (open.length === 0) return finding(name, true, shown);
  const isLeft = open.some(({ mode, taken }) => (mode & forbidden & ~taken) !== 0);
  const advice = `${chmod(open, () => forbidden)}${isLeft ? ", unless the server is of the files' group" : ''}`;
  const repairable = open.filter(({ mode, taken }) => (mode & taken) !== 0);
  const repair = () => {
    for (const { path, mode, taken } of repairable) chmodSync(path, mode & ~taken);
    return chmod(repairable, ({ taken }) => taken);
  };
  const detail = `${shown}: open to others; ${advice}`;
  return finding(name, false, detail, repairable.length > 0 ? repair : undefined);
}

/** `chmod go= FILE…`; for those of a shared group `chmod o= FILE…`. */
function chmod(files: readonly Mode[], bitsOf: (file: Mode) => number): string {
  const byWho = Map.groupBy(files, (file) => ((bitsOf(file) & 0o070) === 0 ? 'o' : 'go'));
  return [...byWho]
    .map(([who, some]) => `chmod ${who}= ${some.map(({ path }) => path).join(' ')}`)
    .join('; ');
}

/** What a command that was killed leaves behind: a backup's draft, a restore's, one of the pepper. */
const drafts = [
  /\.(db|sqlite)\.part(-journal)?$/,
  /\.[0-9a-f]{8}\.part(\.upgrading)?(-wal|-shm|-journal)?$/,
  /^last-backup\.json\.part$/,
  /^legible\.db\.before-[0-9TZ-]+(-wal|-journal)?\.part$/,
  /^legible\.db\.restoring(\.upgrading)?(-wal|-shm|-journal|-placeholder)?$/,
  /\.(db|sqlite)\.upgrading(-wal|-shm|-journal)?$/,
  /^pepper\.[0-9a-f]{8}$/,
];
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
