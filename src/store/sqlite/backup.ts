import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { nameDraft } from '../../disk.ts';
import { UserError } from '../../userError.ts';
import { copySqlite } from './engine.ts';
import { discardDraft, journals } from './journals.ts';
import { type Backup, verifyBackup } from './verify.ts';

/**
 * Copies the database, while others use it, to a file that appears only when it has been found whole and its books right.
 * Returns what it holds.
 * @throws UserError when there is such a file, or a journal that would be worked into it; when the copy cannot be made,
 * or is not right
 */
export async function makeBackup(file: string, target: string, now: number): Promise<Backup> {
  if (existsSync(target)) throw taken(target);
  const journal = journals.map((suffix) => target + suffix).find((name) => existsSync(name));
  if (journal !== undefined)
    throw new UserError(`${journal} would be worked into ${target}: remove it, or name another file.`);
  // Another backup may be under way to the same file.
  const draft = `${target}.${randomBytes(4).toString('hex')}.part`;
  try {
    await copySqlite(file, draft, target);
    const content = await verifyBackup(draft, now, `the copy of ${file}`);
    nameDraft(draft, target);
    return content;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? taken(target) : error;
  } finally {
    discardDraft(draft);
  }
}

function taken(target: string): UserError {
  return new UserError(`${target} exists already.`);
}
