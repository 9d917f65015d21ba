import { existsSync, statSync } from 'node:fs';
import type { Config } from '../../settings/config.ts';
import { databaseFile } from '../../store/open.ts';
import { type LastBackup, lastBackup } from '../lastBackup.ts';
import { moment } from '../output.ts';
import { type Finding, findingsOf, messageOf } from './check.ts';

const dayMs = 24 * 3_600_000;
const oldestBackupMs = 7 * dayMs;

/** How long ago `legible backup` last ran; of PostgreSQL's own backups nothing is known here. */
export function checkUpkeep({ dataDir, databaseUrl }: Config, now: number): Finding[] {
  if (databaseUrl !== undefined || !existsSync(databaseFile(dataDir))) return [];
  const finding = findingsOf('upkeep');
  let backup: LastBackup | undefined;
  try {
    backup = lastBackup(dataDir);
  } catch (error) {
    return [finding('backup', 'warn', `when the last one was made cannot be read: ${messageOf(error)}`)];
  }
  if (backup === undefined) return [finding('backup', 'warn', 'none yet: `legible backup FILE`')];
  const { at, file } = backup;
  if (at > now)
    return [finding('backup', 'warn', `${moment(at)} is still to come: a clock was wrong, then or now`)];
  const detail = `${moment(at)}, ${Math.floor((now - at) / dayMs)} day(s) ago, in ${placeOf(file)}`;
  return [finding('backup', now - at <= oldestBackupMs ? 'ok' : 'warn', detail)];
}

/** One that is gone may have been brought elsewhere, as it should be; one in a folder of another user's is not gone. */
function placeOf(file: string): string {
  try {
    return statSync(file, { throwIfNoEntry: false }) ? file : `${file}, where it is no more`;
  } catch (error) {
    return `${file}, which this user cannot look at (${(error as NodeJS.ErrnoException).code})`;
  }
}
