import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { giveToOwnerOfFolder } from '../disk.ts';

const recordSchema = z.object({ file: z.string(), at: z.number() });

/** The last backup that was made and checked: where it was put, and when. */
export type LastBackup = z.output<typeof recordSchema>;

const recordFile = (dataDir: string) => join(dataDir, 'last-backup.json');

/** Notes that a backup was made, for doctor. @throws Error where the data directory cannot be written */
export function noteBackup(dataDir: string, backup: LastBackup): void {
  const draft = `${recordFile(dataDir)}.part`;
  // Renamed, since the note of a run as another user may be there.
  writeFileSync(draft, JSON.stringify(backup), { mode: 0o600 });
  giveToOwnerOfFolder(draft);
  renameSync(draft, recordFile(dataDir));
}

/** Undefined where none was noted. @throws Error where the note cannot be read, or is none */
export function lastBackup(dataDir: string): LastBackup | undefined {
  const file = recordFile(dataDir);
  return existsSync(file) ? recordSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}
