import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { pepperProblem } from '../pepper.ts';
import type { Config } from '../settings/config.ts';
import { loadConfig } from '../settings/loadConfig.ts';
import type { NamedKey } from '../store/sqlite/revived.ts';
import { UserError } from '../userError.ts';
import { print, printable } from './output.ts';

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
      if (name === '') throw new UserError('The file has no name.');
      const file = resolve(name);
      const found = statSync(file, { throwIfNoEntry: false });
      if (!found) throw new UserError(`${file} does not exist.`);
      if (!found.isFile()) throw new UserError(`${file} is no file.`);
      const { claimDatabase, lockDataDir } = await import('../store/lock.ts');
      const { databaseFile } = await import('../store/open.ts');
      const { restoreBackup } = await import('../store/sqlite/restore.ts');
      const lock = lockDataDir(config.dataDir);
      if (!lock) throw new UserError(`A server is running on ${resolve(config.dataDir)}; stop it first.`);
      const claim = claimDatabase(config.dataDir);
      try {
        if (!claim)
          throw new UserError('Another command has the database open; try again when it has ended.');
        const restored = await restoreBackup(file, databaseFile(config.dataDir), Date.now());
        const { accounts, keys, kept, revived, unread } = restored;
        const missing = problemOf(config, keys > 0, restored.pepper);
        // Null: not all of them are known.
        const told = unread.length > 0 ? null : revived;
        // Of before fingerprints were kept; where there are no keys, any pepper will do.
        const isPepperKnown = keys === 0 || restored.pepper !== null;
        const data = { file, accounts, kept, revived: told, unread, missing: missing ?? null, isPepperKnown };
        print(options, data, () =>
          [
            `Restored ${accounts} account(s) from ${file}.`,
            kept && `What stood there before is in ${kept}.`,
            revived.length > 0 && `Keys revoked since the backup are ${again}: ${namesOf(revived)}.`,
            unread.length > 0 && `${unread.join(', ')} cannot be read: keys revoked in it are ${again}.`,
            missing && `Before the server can start: ${missing}. It was to be kept beside the backup.`,
            !isPepperKnown && 'Which pepper the keys need is not known: with another, all are refused.',
          ]
            .filter((line) => typeof line === 'string')
            .map(printable)
            .join('\n'),
        );
      } finally {
        claim?.release();
        lock.release();
      }
    });
}

/** A key that had leaked is open again, and nobody would look for it. */
const again = 'valid again; revoke with `legible key revoke` what shall not be';

function namesOf(keys: NamedKey[]): string {
  return keys.map(({ id, hint, label }) => `${hint} (${label || 'no label'}, ${id})`).join(', ');
}

/** What must be brought along for the restored keys to work; a damaged pepper is no reason not to restore. */
function problemOf(config: Config, hasKeys: boolean, fingerprint: string | null): string | undefined {
  try {
    return pepperProblem(config, hasKeys, fingerprint ?? undefined);
  } catch (error) {
    return (error as Error).message;
  }
}
