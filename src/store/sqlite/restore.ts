import { existsSync, realpathSync } from 'node:fs';
import { giveToOwnerOfFolder, syncToDisk } from '../../disk.ts';
import { UserError } from '../../userError.ts';
import { copyDatabase, discardDraft, removeDatabase } from './journals.ts';
import { goOnAfter } from './numbers.ts';
import { foldUnlessDamaged, keptBeside, replaceDatabase } from './replace.ts';
import { type NamedKey, revivedKeys } from './revived.ts';
import { type Backup, verifyBackup } from './verify.ts';

export interface Restored extends Backup {
  /** Where the database is that stood there before; undefined where none did. */
  kept: string | undefined;
  /** Keys that were revoked in that one, or in those that earlier restores have kept, and are valid again. */
  revived: NamedKey[];
  /** Those of them that cannot be read. */
  unread: string[];
}

/**
 * Puts a verified copy in the place of the database, which nobody may have open. Whenever this is cut off, the old
 * database or the new one stands there, whole, or what no start takes for one.
 * @throws UserError when the file is no backup, or is the database itself, or somebody has that open
 */
export async function restoreBackup(backup: string, database: string, now: number): Promise<Restored> {
  // Journals lie beside the files, and not beside links to them.
  const [source, target] = [backup, database].map((path) =>
    existsSync(path) ? realpathSync(path) : path,
  ) as [string, string];
  if (source === target) throw new UserError(`${backup} is the database itself, and no backup of it`);
  const draft = `${target}.restoring`;
  // A journal left by a restore that was cut off would be worked into this one's copy.
  removeDatabase(draft);
  try {
    // Checked as the copy that will be used, not as the file that could change meanwhile.
    copyDatabase(source, draft);
    const content = await verifyBackup(draft, now, backup);
    const isWhole = foldUnlessDamaged(target);
    goOnAfter(draft, isWhole ? target : undefined, keptBeside(target));
    giveToOwnerOfFolder(draft);
    syncToDisk(draft);
    const name = `${target}.before-${new Date(now).toISOString().replace(/[:.]/g, '-')}`;
    const kept = replaceDatabase(target, draft, name);
    // After a first restore, what stood there knows no key as revoked any more that is valid again.
    return { ...content, kept, ...revivedKeys(keptBeside(target), target) };
  } finally {
    discardDraft(draft);
  }
}
