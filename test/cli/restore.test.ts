import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, expect, it } from 'vitest';
import { claimDatabase, keepDatabase, lockDataDir } from '../../src/store/lock.ts';
import { openStore } from '../../src/store/open.ts';
import { undoneBefore } from '../store/engines.ts';
import { installation, legible } from './legible.ts';

const { folder, settings, json } = installation();
const backup = join(folder, 'backup.db');
/** The folder of a server that was killed: what was paid in after the backup stands only in its journal. */
const killed = join(folder, 'killed');
const paidLater = 5_000_000;

beforeAll(async () => {
  await json('account', 'create', 'alice', '--balance', '10');
  await json('backup', backup);
  const dataDir = settings.LEGIBLE_DATA_DIR;
  const reader = new Database(join(dataDir, 'legible.db'));
  reader.exec('begin');
  reader.prepare('select * from account').all();
  await json('topup', 'alice', '5');
  cpSync(dataDir, killed, { recursive: true });
  reader.close();
  expect(statSync(join(killed, 'legible.db-wal')).size).toBeGreaterThan(0);
});

/** A copy of that folder, and the commands run on it. */
function scene(name: string) {
  const dataDir = join(folder, name);
  cpSync(killed, dataDir, { recursive: true });
  const on = (...args: string[]) => legible([...args, '--json'], { LEGIBLE_DATA_DIR: dataDir });
  return {
    dataDir,
    database: join(dataDir, 'legible.db'),
    on,
    async posted(): Promise<number> {
      return JSON.parse((await on('account', 'show', 'alice')).out).posted;
    },
    async brokenBooks(): Promise<string[]> {
      const { findings } = JSON.parse((await on('doctor')).out);
      return findings
        .filter((f: { group: string; status: string }) => /store|ledger/.test(f.group) && f.status === 'fail')
        .map((f: { name: string }) => f.name);
    },
  };
}

it('a journal whose database was moved away is not worked into the one that is restored', async () => {
  const { database, on, posted, brokenBooks } = scene('moved');
  renameSync(database, `${database}.bad`);
  const { kept } = JSON.parse((await on('restore', backup)).out);
  expect(await posted()).toBe(10_000_000);
  expect(await brokenBooks()).toEqual([]);

  renameSync(kept, `${database}.bad-wal`);
  expect((await on('restore', `${database}.bad`)).status).toBe(0);
  expect(await posted()).toBe(10_000_000 + paidLater);
});

it('names the keys that were revoked since, and does not where it cannot know them', async () => {
  const { on, database } = scene('revived');
  const make = async (label: string) =>
    JSON.parse((await on('key', 'create', 'alice', '--label', label)).out);
  const [leaked, stale, used] = [await make('leaked'), await make('stale'), await make('used')];
  await on('key', 'revoke', stale.id);
  const copy = join(folder, 'three-keys.db');
  await on('backup', copy);
  await on('key', 'revoke', leaked.id);
  const { revived } = JSON.parse((await on('restore', copy)).out);
  expect(revived).toEqual([{ id: leaked.id, hint: leaked.hint, label: 'leaked' }]);
  expect((await on('key', 'revoke', used.id)).status).toBe(0);
  const { out } = await legible(['restore', copy], { LEGIBLE_DATA_DIR: dirname(database) });
  expect(out).toContain(`Keys revoked since the backup are valid again`);
  expect(out).toContain(`${used.hint} (used, ${used.id}).`);

  writeFileSync(database, 'no database any more');
  expect(JSON.parse((await on('restore', copy)).out).revived).toBeNull();
});

it('a database that was copied as files is restored with its journal', async () => {
  const { on, posted, dataDir } = scene('raw');
  expect((await on('restore', join(killed, 'legible.db'))).status).toBe(0);
  expect(await posted()).toBe(10_000_000 + paidLater);
  expect(readdirSync(dataDir).filter((name) => name.includes('restoring'))).toEqual([]);
});

it('what a restore that was cut off has left behind is not worked into the next one', async () => {
  const { on, posted, database, brokenBooks } = scene('again');
  cpSync(`${database}-wal`, `${database}.restoring-wal`);
  expect((await on('restore', backup)).status).toBe(0);
  expect(await posted()).toBe(10_000_000);
  expect(await brokenBooks()).toEqual([]);
});

it('the database itself is not restored from', async () => {
  const { on, posted, database } = scene('itself');
  const { status, err } = await on('restore', database);
  expect([status, JSON.parse(err).error]).toEqual([
    1,
    `${database} is the database itself, and no backup of it`,
  ]);
  expect(await posted()).toBe(10_000_000 + paidLater);
});

it('a database that somebody has open is not taken from under them', { timeout: 15_000 }, async () => {
  const { on, database } = scene('open');
  const reader = new Database(database);
  reader.exec('begin');
  reader.prepare('select * from account').all();
  const { status, err } = await on('restore', backup);
  reader.close();
  expect([status, JSON.parse(err).error]).toEqual([1, expect.stringContaining('locked by another process')]);
});

it('a database is not replaced while a command uses it, nor used while it is replaced', async () => {
  const { on, dataDir, posted } = scene('used');
  const inUse = keepDatabase(dataDir);
  const refused = await on('restore', backup);
  expect([refused.status, JSON.parse(refused.err).error]).toEqual([
    1,
    'Another command has the database open; try again when it has ended.',
  ]);
  expect(await posted()).toBe(10_000_000 + paidLater);
  inUse?.release();

  const replaced = claimDatabase(dataDir);
  const late = await on('topup', 'alice', '1');
  expect([late.status, JSON.parse(late.err).error]).toEqual([
    1,
    expect.stringContaining('is being replaced'),
  ]);
  replaced?.release();
  expect(await posted()).toBe(10_000_000 + paidLater);
});

it('what is restored can be written, and read by its owner alone, whatever the mode of the backup', async () => {
  const { on, dataDir, database } = scene('modes');
  rmSync(dataDir, { recursive: true });
  mkdirSync(dataDir);
  chmodSync(backup, 0o444);
  expect((await on('restore', backup)).status).toBe(0);
  expect(statSync(database).mode & 0o777).toBe(0o600);
});

/** As a version before checkpoints and reports with tasks had left it. */
function withoutLaterTables(database: string) {
  const older = new Database(database);
  older.exec(undoneBefore('0013-ban-changes').join(';'));
  older.exec(`drop index callback_key; drop index feedback_at; drop table checkpoint;
    alter table feedback drop column type; alter table feedback drop column module;
    delete from kysely_migration where name > '0007-deaths'`);
  older.close();
}
const migrationsIn = (file: string) => {
  const database = new Database(file, { readonly: true });
  const names = database.prepare('select name from kysely_migration order by name').pluck().all();
  database.close();
  return names as string[];
};

it.skipIf(process.getuid?.() !== 0)(
  'what root restores and notes belongs to the owner of the folder',
  async () => {
    const { on, dataDir, database } = scene('owned');
    rmSync(join(dataDir, 'database.lock'), { force: true });
    chownSync(dataDir, 65_534, 65_534);
    expect((await on('restore', backup)).status).toBe(0);
    expect((await on('backup', join(folder, 'owned-copy.db'))).status).toBe(0);
    for (const name of ['legible.db', 'last-backup.json', 'database.lock'])
      expect([name, statSync(join(dataDir, name)).uid]).toEqual([name, 65_534]);
    expect(statSync(database).mode & 0o777).toBe(0o600);
  },
);

it.skipIf(process.getuid?.() !== 0)(
  'what the first command makes belongs to the owner of the folder, though root gives it',
  async () => {
    const dataDir = join(folder, 'first');
    mkdirSync(dataDir, { mode: 0o700 });
    chownSync(dataDir, 65_534, 65_534);
    const first = { LEGIBLE_DATA_DIR: dataDir };
    expect((await legible(['account', 'create', 'bob'], first)).status).toBe(0);
    expect((await legible(['key', 'create', 'bob'], first)).status).toBe(0);
    const store = await openStore({ dataDir, databaseUrl: undefined });
    const owners = readdirSync(dataDir).map((name) => [name, statSync(join(dataDir, name)).uid]);
    await store.close();
    const names = ['database.lock', 'legible.db', 'legible.db-shm', 'legible.db-wal', 'pepper'];
    expect(owners.sort()).toEqual(names.map((name) => [name, 65_534]));
  },
);

it('a folder is no backup, nor is a file without a name', async () => {
  const { on } = scene('folder');
  expect(JSON.parse((await on('restore', '')).err).error).toBe('The file has no name.');
  expect(JSON.parse((await on('restore', folder)).err).error).toBe(`${folder} is no file.`);
});

it('a backup of an older version is restored, and the next to open it brings it up to date', async () => {
  const { on, dataDir, posted, brokenBooks } = scene('older');
  const older = join(folder, 'older.db');
  cpSync(backup, older);
  withoutLaterTables(older);
  expect((await on('restore', older)).status).toBe(0);
  expect(await posted()).toBe(10_000_000);
  expect(await brokenBooks()).toEqual([]);
  expect(migrationsIn(older).at(-1)).toBe('0007-deaths');
  expect(readdirSync(dataDir).filter((name) => /restoring|upgrading/.test(name))).toEqual([]);
});

it('a file without books is no backup: an empty one, or somebody else’s database', async () => {
  const { on, posted } = scene('foreign');
  const empty = join(folder, 'empty.db');
  writeFileSync(empty, '');
  const foreign = join(folder, 'foreign.db');
  new Database(foreign).exec('create table notes (text)').close();
  for (const file of [empty, foreign]) {
    const { status, err } = await on('restore', file);
    expect([status, JSON.parse(err).error]).toEqual([
      1,
      `${file} is not a backup of Legible: it has no books`,
    ]);
  }
  expect(await posted()).toBe(10_000_000 + paidLater);
});

it('tables of an older version are backed up as they are, and left alone while their server may run', async () => {
  const { on, dataDir, database, posted } = scene('upgrade');
  withoutLaterTables(database);
  const server = lockDataDir(dataDir)!;
  try {
    const copy = join(folder, 'way-back.db');
    expect((await on('backup', copy)).status).toBe(0);
    expect(migrationsIn(copy).at(-1)).toBe('0007-deaths');
    for (const command of ['account list', 'topup alice 1', 'key list']) {
      const { status, err } = await on(...command.split(' '));
      expect(status).toBe(1);
      expect(JSON.parse(err).error).toMatch(
        /^The tables are of an older Legible, without 0008-checkpoints, .*, and a server is running on them: start that/,
      );
    }
    expect(migrationsIn(database).at(-1)).toBe('0007-deaths');
  } finally {
    server.release();
  }
  expect(await posted()).toBe(10_000_000 + paidLater);
  expect(migrationsIn(database).at(-1)).not.toBe('0007-deaths');
});

it('a backup of a newer version is refused, and so is its database', async () => {
  const { on, database, posted } = scene('newer');
  const newer = join(folder, 'newer.db');
  cpSync(backup, newer);
  chmodSync(newer, 0o600);
  const copy = new Database(newer);
  copy.exec("insert into kysely_migration values ('9999-later', '2027-01-01T00:00:00Z')");
  copy.close();
  expect(JSON.parse((await on('restore', newer)).err).error).toBe(
    `${newer} is of a newer Legible (9999-later): use that one`,
  );
  expect(await posted()).toBe(10_000_000 + paidLater);

  for (const suffix of ['-wal', '-shm']) rmSync(database + suffix, { force: true });
  cpSync(newer, database);
  const listed = await on('account', 'list');
  expect([listed.status, JSON.parse(listed.err).error]).toEqual([
    1,
    expect.stringMatching(/^The database is of a newer Legible/),
  ]);
});
