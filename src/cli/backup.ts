import { existsSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { UserError } from '../userError.ts';
import { messageOf } from './checks/check.ts';
import { noteBackup } from './lastBackup.ts';
import { print } from './output.ts';
import { withStore } from './session.ts';

export function backupCommand(): Command {
  return new Command('backup')
    .description('copy the SQLite database while the server runs, and check the copy')
    .argument('<file>', 'where to; must not exist yet')
    .option('--json', 'print JSON')
    .action(async (name: string, options: { json?: boolean }) => {
      const { dataDir, databaseUrl } = loadConfig();
      if (databaseUrl !== undefined) {
        throw new UserError('The data is in PostgreSQL: use pg_dump (docs/operations.md has the line).');
      }
      const file = resolve(name);
      if (existsSync(file)) throw new UserError(`${file} exists already.`);
      if (!statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory())
        throw new UserError(`${dirname(file)} is not a folder, so that ${file} cannot be written.`);
      await withStore(({ store }) =>
        store.backup(file).catch((error: Error) => {
          throw new UserError(`${file} cannot be written: ${error.message}`);
        }),
      );
      const { verifyBackup } = await import('../store/sqlite/restore.ts');
      const now = Date.now();
      const { accounts } = verifyBackup(file, now);
      try {
        noteBackup(dataDir, { file, at: now });
      } catch (error) {
        // The copy is good all the same.
        console.error(`doctor will not know of this backup: ${messageOf(error)}`);
      }
      const { size } = await stat(file);
      print(
        options,
        { file, bytes: size, accounts },
        () =>
          `${file}: ${size} bytes, ${accounts} account(s), checked.\nKeep the pepper beside it: without that, no key in it works.`,
      );
    });
}
