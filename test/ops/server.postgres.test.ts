import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, inject, it, onTestFinished } from 'vitest';
import { scratch, startServer } from './server.ts';

async function emptyDatabase(): Promise<string> {
  const name = `ops_${randomUUID().replaceAll('-', '')}`;
  const server = new pg.Client({ connectionString: inject('postgresUrl') });
  await server.connect();
  await server.query(`create database ${name}`);
  onTestFinished(async () => {
    await server.query(`drop database ${name} with (force)`);
    await server.end();
  });
  const url = new URL(inject('postgresUrl'));
  url.pathname = name;
  return url.href;
}

it('a server whose data and pepper are elsewhere is ready without a folder of its own', async () => {
  const dataDir = join(scratch(), 'never-made');
  const { opsUrl } = await startServer({
    LEGIBLE_DATABASE_URL: await emptyDatabase(),
    LEGIBLE_PEPPER: 'a pepper that only this test knows, and long enough',
    LEGIBLE_DATA_DIR: dataDir,
  });
  const ready = await fetch(`${opsUrl}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { status: 'ok', checks: { store: 'ok', model: 'ok' } },
  ]);
  expect(existsSync(dataDir)).toBe(false);
});
