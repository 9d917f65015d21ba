import { chownSync, closeSync, fsyncSync, openSync, statSync } from 'node:fs';
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
  chownSync(path, uid, gid);
}
