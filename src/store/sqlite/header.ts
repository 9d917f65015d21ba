import { closeSync, openSync, readSync } from 'node:fs';

const magic = 'SQLite format 3\0';

/** What stands under a name: `unreadable` to us, so that only SQLite can say. */
export type Standing = 'missing' | 'empty' | 'database' | 'other' | 'unreadable';

/** Looks at the first bytes of a file without opening it as a database, which would remove what lies beside it. */
export function standingUnder(file: string): Standing {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const head = Buffer.alloc(magic.length);
      const length = readSync(descriptor, head);
      if (length === 0) return 'empty';
      return head.toString('latin1', 0, length) === magic ? 'database' : 'other';
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'unreadable';
  }
}
