import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, expect, it } from 'vitest';
import { databaseFile } from '../../src/store/open.ts';
import { installation } from './legible.ts';

const { folder, settings, run, json } = installation();
const pepper = join(settings.LEGIBLE_DATA_DIR, 'pepper');
const backup = join(folder, 'old.db');

/** Books with a key, as versions left them that kept no fingerprint; beside another pepper than the key's. */
beforeAll(async () => {
  await json('account', 'create', 'alice');
  await json('key', 'create', 'alice');
  new Database(databaseFile(settings.LEGIBLE_DATA_DIR))
    .exec("delete from fact where name = 'pepper'")
    .close();
  await json('backup', backup);
  renameSync(pepper, `${pepper}.right`);
  writeFileSync(pepper, 'another pepper of more than 32 characters');
});

const checked = async () =>
  JSON.parse((await run('doctor', '--json')).out).findings.find((f: { name: string }) => f.name === 'keys');

it('doctor does not say that keys were made with a pepper where nothing tells', async () => {
  expect(await checked()).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('which pepper they need is not known'),
  });
});

it('a command that makes a key keeps no pepper for those that were there, and the right one may be put back', async () => {
  await json('key', 'create', 'alice');
  expect((await checked()).status).toBe('warn');
  renameSync(`${pepper}.right`, pepper);
  await json('key', 'create', 'alice');
});

it('a restore says that nothing tells which pepper the keys need', async () => {
  expect(await json('restore', backup)).toMatchObject({ missing: null, isPepperKnown: false });
  const { out } = await run('restore', backup);
  expect(out).toContain('Which pepper the keys need is not known');
});
