import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const recordSchema = z.object({ file: z.string(), at: z.number() });

/** The last backup that was made and checked: where it was put, and when. */
export type LastBackup = z.output<typeof recordSchema>;

const recordFile = (dataDir: string) => join(dataDir, 'last-backup.json');

/** Notes that a backup was made, for doctor. */
export function noteBackup(dataDir: string, backup: LastBackup): void {
  writeFileSync(recordFile(dataDir), JSON.stringify(backup), { mode: 0o600 });
}

/** Undefined where none was noted, or the note cannot be read. */
export function lastBackup(dataDir: string): LastBackup | undefined {
  const file = recordFile(dataDir);
  if (!existsSync(file)) return undefined;
  try {
    return recordSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
