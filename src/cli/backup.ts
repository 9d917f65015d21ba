import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '../settings/loadConfig.ts';
import { databaseFile } from '../store/open.ts';
import { UserError } from '../userError.ts';
import { messageOf } from './checks/check.ts';
import { noteBackup } from './lastBackup.ts';
import { print, printable } from './output.ts';
import { requireDatabase } from './session.ts';
import { tellNote } from './telling.ts';

export function backupCommand(): Command {
  return new Command('backup')
    .description('copy the SQLite database while the server runs, and check the copy')
    .argument('<file>', 'where to; must not exist yet')
    .option('--json', 'print JSON')
    .action(async (name: string, options: { json?: boolean }) => {
      const config = loadConfig();
      if (config.databaseUrl !== undefined) {
        throw new UserError('The data is in PostgreSQL: use pg_dump (docs/operations.md has the line).');
      }
      if (name === '') throw new UserError('The file has no name.');
      const file = resolve(name);
      if (!statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory())
        throw new UserError(`${dirname(file)} is not a folder, so that ${file} cannot be written.`);
      requireDatabase(config);
      const { makeBackup } = await import('../store/sqlite/backup.ts');
      const now = Date.now();
      // Tables of an older version are copied as they are: this may be the way back from an upgrade.
      const { accounts } = await makeBackup(databaseFile(config.dataDir), file, now);
      try {
        noteBackup(config.dataDir, { file, at: now });
      } catch (error) {
        // The copy is good all the same.
        tellNote(printable(`doctor will not know of this backup: ${messageOf(error)}`));
      }
      const { size } = await stat(file);
      print(
        options,
        { file, bytes: size, accounts },
        () =>
          `${printable(file)}: ${size} bytes, ${accounts} account(s), checked.\nKeep the pepper beside it: without that, no key in it works.`,
      );
    });
}
