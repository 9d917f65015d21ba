import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { addName, giveToOwnerOfFolder, syncToDisk } from '../../disk.ts';
import { UserError } from '../../userError.ts';
import { placeholder, standingUnder } from './header.ts';
import { foldJournal, journals, walIndex } from './journals.ts';
import { explained, isDamage } from './unusable.ts';

/**
 * Puts a whole file, on the disk, in the place of a database that nobody may have open, and which has been folded, and
 * keeps what stood there under another name, which is returned; undefined where nothing did. Cut off between any two
 * calls, it leaves the old one with its journal, the new one without that, or what no start takes for a database; when it
 * fails, the old one.
 */
export function replaceDatabase(target: string, draft: string, kept: string): string | undefined {
  if (standingUnder(target) === 'placeholder') return finishReplacing(target, draft);
  const folder = dirname(target);
  const left = journals.filter((suffix) => existsSync(target + suffix));
  const undo: (() => void)[] = [];
  try {
    for (const suffix of ['', ...left].filter((each) => existsSync(target + each))) {
      addName(target + suffix, kept + suffix);
      undo.push(() => rmSync(kept + suffix, { force: true }));
    }
    // Nothing may go away while a power cut could still take its second name.
    syncToDisk(folder);
    if (left.length > 0) {
      putPlaceholder(target);
      undo.push(() => (existsSync(kept) ? renameSync(kept, target) : rmSync(target)));
      syncToDisk(folder);
      for (const suffix of left) {
        rmSync(target + suffix);
        undo.push(() => renameSync(kept + suffix, target + suffix));
      }
      rmSync(target + walIndex, { force: true });
      syncToDisk(folder);
    }
    renameSync(draft, target);
  } catch (error) {
    for (const step of undo.reverse()) attempt(step);
    throw (error as NodeJS.ErrnoException).code === 'EXDEV'
      ? new UserError(`${target} is mounted by itself and cannot be replaced: mount its folder in its place`)
      : error;
  }
  syncToDisk(folder);
  return ['', ...left].map((suffix) => kept + suffix).find((name) => existsSync(name));
}

/** A step back that fails must not keep the others from being taken, nor hide why. */
function attempt(step: () => void): void {
  try {
    step();
  } catch {}
}

/** What a restore that was cut off has kept is what stood there, with its journals, which belong to no other. */
function finishReplacing(target: string, draft: string): string | undefined {
  const folder = dirname(target);
  for (const suffix of [...journals, walIndex]) rmSync(target + suffix, { force: true });
  syncToDisk(folder);
  renameSync(draft, target);
  syncToDisk(folder);
  return keptBeside(target).at(-1);
}

/** What restores have kept beside a database, the oldest first: databases, and journals whose database is not there. */
export function keptBeside(target: string): string[] {
  const folder = dirname(target);
  const before = `${basename(target)}.before-`;
  const names = readdirSync(folder).filter((name) => name.startsWith(before) && !name.endsWith('.part'));
  const databases = new Set(names.map((name) => name.replace(/-(wal|shm|journal)$/, '')));
  return [...databases].sort().flatMap((database) => {
    const name = ['', ...journals].map((suffix) => database + suffix).find((each) => names.includes(each));
    return name === undefined ? [] : [join(folder, name)];
  });
}

/**
 * Works the journal into a database, so that it need not be moved; false where there is none, or it is damaged, which
 * keeps its journal.
 * @throws UserError where it can be neither opened nor called damaged
 */
export function foldUnlessDamaged(file: string): boolean {
  // Beside what is missing or empty, SQLite would remove the journal of what stood there.
  if (!['database', 'unreadable'].includes(standingUnder(file))) return false;
  try {
    foldJournal(file);
    return true;
  } catch (error) {
    // Which may be why somebody restores.
    if (!isDamage(error)) throw explained(error, file);
    return false;
  }
}

/**
 * No two names can change at once: without a journal, a damaged database might pass for one that lacks only its last
 * commits, and with one that is another's, the new one would be destroyed. This stands there between them.
 */
function putPlaceholder(target: string): void {
  const draft = `${target}.restoring-placeholder`;
  try {
    writeFileSync(draft, `${placeholder}\`legible restore\` was cut off here, and is to be run again.\n`, {
      mode: 0o600,
    });
    giveToOwnerOfFolder(draft);
    syncToDisk(draft);
    renameSync(draft, target);
  } finally {
    rmSync(draft, { force: true });
  }
}
