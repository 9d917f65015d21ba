import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { databaseFile, openStore } from '../../src/store/open.ts';
import { copySqlite } from '../../src/store/sqlite/engine.ts';
import { afterEachTest, hold, noon, openAccount, settled, sqliteBooks } from './engines.ts';

describe('a backup', () => {
  const cleanups = afterEachTest();

  it('made under load is one state of the books, whole and right', async () => {
    const books = await sqliteBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 100_000_000);
    let stop = false;
    let acknowledged = 0;
    const load = Array.from({ length: 8 }, async (_, worker) => {
      for (let n = 0; !stop; n++) {
        const taskId = `${worker}-${n}`;
        await store.reserve(hold({ taskId }));
        await store.settle(settled(taskId));
        acknowledged++;
      }
    });
    while (acknowledged < 50) await new Promise((resolve) => setImmediate(resolve));
    const before = acknowledged;
    const file = join(dirname(books.where), 'copy.db');
    await copySqlite(books.where, file);
    stop = true;
    await Promise.all(load);
    expect(existsSync(`${file}.part`)).toBe(false);

    const dataDir = join(dirname(books.where), 'restored');
    const empty = await openStore({ dataDir, databaseUrl: undefined });
    await empty.close();
    await copyFile(file, databaseFile(dataDir));
    const restored = await openStore({ dataDir, databaseUrl: undefined });
    cleanups.push(() => restored.close());
    expect(await restored.audit(noon)).toEqual([]);
    const { posted } = (await restored.readAccount('alice'))!;
    const charged = (100_000_000 - posted) / 400;
    expect(charged).toBeGreaterThanOrEqual(before);
    expect(charged).toBeLessThanOrEqual(acknowledged);
  });

  it('that cannot be written leaves nothing behind, and the store working', async () => {
    const books = await sqliteBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 1_000);
    await expect(copySqlite(books.where, '/nonexistent/copy.db')).rejects.toThrow();
    const taken = join(dirname(books.where), 'taken');
    await mkdir(taken);
    await expect(copySqlite(books.where, taken)).rejects.toThrow();
    expect(existsSync(`${taken}.part`)).toBe(false);
    expect(await store.reserve(hold())).toBe('held');
  });
});
