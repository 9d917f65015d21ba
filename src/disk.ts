import { closeSync, fsyncSync, openSync } from 'node:fs';
import { statfs } from 'node:fs/promises';

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
