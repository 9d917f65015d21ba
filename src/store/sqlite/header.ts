import { closeSync, openSync, readSync } from 'node:fs';

const magic = 'SQLite format 3\0';

/** Stands in the place of a database between the old one and the new; as long as SQLite's own first bytes. */
export const placeholder = 'Not a database: ';

/** What stands under a name: `unreadable` to us, so that only SQLite can say. */
type Standing = 'missing' | 'empty' | 'database' | 'placeholder' | 'other' | 'unreadable';

/**
 * Looks at the first bytes of a file without opening it as a database, which would remove what lies beside it. Never of
 * one that this process has open: closing the file drops the locks that SQLite has on it.
 */
export function standingUnder(file: string): Standing {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const head = Buffer.alloc(magic.length);
      const length = readSync(descriptor, head);
      if (length === 0) return 'empty';
      const begin = head.toString('latin1', 0, length);
      return begin === magic ? 'database' : begin === placeholder ? 'placeholder' : 'other';
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'unreadable';
  }
}
