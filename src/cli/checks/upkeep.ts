import { existsSync } from 'node:fs';
import type { Config } from '../../config.ts';
import { databaseFile } from '../../store/open.ts';
import { lastBackup } from '../lastBackup.ts';
import { moment } from '../output.ts';
import { type Finding, findingsOf } from './check.ts';

const dayMs = 24 * 3_600_000;
const oldestBackupMs = 7 * dayMs;

/** How long ago `legible backup` last ran; of PostgreSQL's own backups nothing is known here. */
export function checkUpkeep({ dataDir, databaseUrl }: Config, now: number): Finding[] {
  if (databaseUrl !== undefined || !existsSync(databaseFile(dataDir))) return [];
  const finding = findingsOf('upkeep');
  const backup = lastBackup(dataDir);
  if (backup === undefined) return [finding('backup', 'warn', 'none yet: `legible backup FILE`')];
  const age = now - backup.at;
  const days = Math.floor(age / dayMs);
  const detail = `${moment(backup.at)}, ${days} day(s) ago, in ${backup.file}`;
  return [finding('backup', age <= oldestBackupMs ? 'ok' : 'warn', detail)];
}
