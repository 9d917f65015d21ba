import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { UserError } from '../userError.ts';
import { print } from './output.ts';

export function restoreCommand(): Command {
  return new Command('restore')
    .description('put a backup in the place of the SQLite database; the server must be stopped')
    .argument('<file>', 'made by `legible backup`')
    .option('--json', 'print JSON')
    .action(async (name: string, options: { json?: boolean }) => {
      const config = loadConfig();
      if (config.databaseUrl !== undefined) {
        throw new UserError('The data is in PostgreSQL: use pg_restore (docs/operations.md has the line).');
      }
      const file = resolve(name);
      if (!existsSync(file)) throw new UserError(`${file} does not exist.`);
      const { lockDataDir } = await import('../store/lock.ts');
      const { databaseFile } = await import('../store/open.ts');
      const { restoreBackup } = await import('../store/sqlite/restore.ts');
      const lock = lockDataDir(config.dataDir);
      if (!lock) throw new UserError(`A server is running on ${resolve(config.dataDir)}; stop it first.`);
      try {
        const { accounts, kept } = restoreBackup(file, databaseFile(config.dataDir), Date.now());
        print(
          options,
          { file, accounts, kept },
          () =>
            `Restored ${accounts} account(s) from ${file}.${kept ? `\nThe database of before is in ${kept}.` : ''}`,
        );
      } finally {
        lock.release();
      }
    });
}
