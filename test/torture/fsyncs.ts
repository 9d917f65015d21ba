import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFlags } from '../nodeFlags.ts';
import { childFile } from './storeLoad.ts';

const tasks = 1_000;

/**
 * Counts, in the kernel, how often a process under load forced its writes to the disk, and by its own account
 * how often it committed. A kill cannot show this: what is only in the page cache survives it.
 * @throws Error where strace is not installed
 */
export function countFsyncs(dataDir: string, account: string): { fsyncs: number; commits: number } {
  const folder = mkdtempSync(join(tmpdir(), 'legible-strace-'));
  try {
    const summary = join(folder, 'summary');
    const traced = ['-f', '-c', '-o', summary, '-e', 'trace=fdatasync,fsync'];
    const load = [
      process.execPath,
      ...nodeFlags,
      childFile,
      dataDir,
      '',
      account,
      join(folder, 'words'),
      String(tasks),
    ];
    const run = spawnSync('strace', [...traced, ...load], { encoding: 'utf8', maxBuffer: 1 << 26 });
    if (run.error) throw new Error('fsyncs are counted with strace: install it (apt-get install strace)');
    const commits = Number(/^commits (\d+)$/m.exec(run.stdout)?.[1]);
    if (run.status !== 0 || !Number.isInteger(commits))
      throw new Error(`the traced load failed: ${run.stderr}`);
    let fsyncs = 0;
    for (const line of readFileSync(summary, 'utf8').split('\n')) {
      // % time, seconds, usecs/call, calls, errors (may be blank), syscall
      const columns = line.trim().split(/\s+/);
      if (/^f(data)?sync$/.test(columns.at(-1) ?? '')) fsyncs += Number(columns[3]);
    }
    return { fsyncs, commits };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
