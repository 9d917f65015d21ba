import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { diskSpace } from '../../disk.ts';
import type { Config } from '../../settings/config.ts';
import { type Finding, findingsOf, type Status } from './check.ts';

const finding = findingsOf('runtime');
const mebibyte = 2 ** 20;

const onNetwork =
  'SQLite loses data where locks and syncs go over a network: use a local disk, or PostgreSQL';
const inMemory = 'all of it is gone when the machine restarts';
const shared = 'it may be a share of another machine, and SQLite needs a disk of its own';

/** What statfs of Linux calls file systems on which a database is not safe. */
const unsafe: Record<number, { name: string; status: Status; why: string }> = {
  26985: { name: 'NFS', status: 'fail', why: onNetwork },
  20859: { name: 'SMB', status: 'fail', why: onNetwork },
  4266872130: { name: 'SMB', status: 'fail', why: onNetwork },
  4283649346: { name: 'CIFS', status: 'fail', why: onNetwork },
  12805120: { name: 'Ceph', status: 'fail', why: onNetwork },
  1397113167: { name: 'AFS', status: 'fail', why: onNetwork },
  16914839: { name: '9p', status: 'warn', why: shared },
  1702057286: { name: 'FUSE', status: 'warn', why: shared },
  16914836: { name: 'tmpfs', status: 'warn', why: inMemory },
  2240043254: { name: 'ramfs', status: 'warn', why: inMemory },
};

/** Room and kind of the disk that the data lies on. */
export async function checkDisk({ dataDir, databaseUrl }: Config): Promise<Finding[]> {
  if (!existsSync(dataDir)) return [];
  const found = [judgeRoom(dataDir, await diskSpace(dataDir))];
  if (process.platform === 'linux' && databaseUrl === undefined)
    found.push(judgeFileSystem((await statfs(dataDir)).type));
  return found;
}

export function judgeRoom(dataDir: string, { free, low }: Awaited<ReturnType<typeof diskSpace>>): Finding {
  const advice = low ? ': make room, or move it to a larger disk; a server is not ready before' : '';
  return finding('disk', !low, `${Math.round(free / mebibyte)} MiB free for ${dataDir}${advice}`);
}

/** Whether SQLite is safe on a file system, by its number in Linux. */
export function judgeFileSystem(type: number): Finding {
  const known = unsafe[type >>> 0];
  if (known === undefined) return finding('file system', true, 'local');
  return finding('file system', known.status, `${known.name}: ${known.why}`);
}
