import {
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

const gibibyte = 2 ** 30;

/** Free bytes where a folder lies, and whether that is little: under 5 % of the disk and under 1 GiB. */
export async function diskSpace(folder: string): Promise<{ free: number; low: boolean }> {
  const { bavail, bsize, blocks } = await statfs(folder);
  const free = bavail * bsize;
  return { free, low: free < gibibyte && bavail < blocks / 20 };
}

/** Waits until a file, or the names in a folder, would survive a power cut. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Gives a file that root has made to the owner of its folder: the server that runs as that could not open it. */
export function giveToOwnerOfFolder(path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  const now = statSync(path);
  if (now.uid === uid && now.gid === gid) return;
  try {
    chownSync(path, uid, gid);
  } catch (error) {
    // Not every root may: a container's may lack the right, or the disk is on a network. There root runs the server.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** Whether a hard link was refused because the file system has none, as exFAT, or the file is somebody else's. */
export function isLinkRefused(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(String((error as NodeJS.ErrnoException).code));
}

/** Gives a file a second name, or where it can have none a copy, which appears only when it is whole and on the disk. */
export function addName(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch (error) {
    if (!isLinkRefused(error)) throw error;
    const draft = `${name}.part`;
    try {
      copyFileSync(file, draft);
      giveToOwnerOfFolder(draft);
      syncToDisk(draft);
      renameSync(draft, name);
    } finally {
      rmSync(draft, { force: true });
    }
  }
}

/**
 * Gives a draft its name, for good.
 * @throws Error of code EEXIST where that is taken; without hard links one taken at the same moment is replaced
 */
export function nameDraft(draft: string, name: string): void {
  try {
    linkSync(draft, name);
    rmSync(draft);
  } catch (error) {
    if (!isLinkRefused(error)) throw error;
    if (existsSync(name)) throw Object.assign(new Error(`${name} exists`), { code: 'EEXIST' });
    renameSync(draft, name);
  }
  syncToDisk(dirname(name));
}
