import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareBooks } from './faultBooks.ts';
import { checkAfterFault, newFindings } from './faultCheck.ts';
import { runTraced, type TracedRun } from './faultTrace.ts';

/** What is done to the n-th call, in our words and in strace's. better-sqlite3's SQLite knows no fdatasync. */
const faults = [
  { syscall: 'fsync', name: 'EIO', inject: (n: number) => `error=EIO:when=${n}` },
  { syscall: 'fsync', name: 'ENOSPC', inject: (n: number) => `error=ENOSPC:when=${n}` },
  { syscall: 'fsync', name: 'SIGKILL', inject: (n: number) => `signal=SIGKILL:when=${n}` },
  { syscall: 'pwrite64', name: 'EIO', inject: (n: number) => `error=EIO:when=${n}` },
  { syscall: 'pwrite64', name: 'ENOSPC', inject: (n: number) => `error=ENOSPC:when=${n}` },
  // Full for a while, until somebody makes room.
  { syscall: 'pwrite64', name: 'ENOSPC ×40', inject: (n: number) => `error=ENOSPC:when=${n}..${n + 39}` },
  { syscall: 'pwrite64', name: 'SIGKILL', inject: (n: number) => `signal=SIGKILL:when=${n}` },
] as const;

/**
 * Lets one call of the store's to the disk fail, or kills the process in it: each of them once, in every way. Then
 * a new start must find the books right, everything acknowledged, and nothing charged twice.
 * @param most at how many of the calls, evenly chosen, each fault is tried
 */
export async function faultCampaign(most: number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'legible-faults-'));
  const before = join(folder, 'before');
  const found = newFindings();
  let runs = 0;

  async function run(inject: string | undefined, label: string): Promise<TracedRun> {
    const dataDir = join(folder, 'run');
    rmSync(dataDir, { recursive: true, force: true });
    cpSync(before, dataDir, { recursive: true });
    const traced = runTraced(dataDir, join(folder, 'trace'), inject);
    runs++;
    await checkAfterFault(dataDir, traced, label, found);
    return traced;
  }

  try {
    mkdirSync(before);
    await prepareBooks(before);
    const { calls, status } = await run(undefined, 'no fault');
    if (status !== 0 || calls.fsync === 0 || calls.pwrite64 === 0)
      throw new Error(`the load ends with ${status} where nothing fails, after ${JSON.stringify(calls)}`);
    for (const { syscall, name, inject } of faults) {
      const endings = new Map<string, number>();
      let last = 0;
      for (const n of callsChosen(calls[syscall], most)) {
        const traced = await run(`${syscall}:${inject(n)}`, `${name} on ${syscall} ${n}`);
        if (!traced.struck) break;
        last = n;
        endings.set(traced.ending, (endings.get(traced.ending) ?? 0) + 1);
      }
      const ways = [...endings].map(([ending, times]) => `${times} × ${ending}`).join(', ');
      console.log(`${name} on ${syscall}, the last on number ${last}: ${ways}`);
      if (last === 0) found.violations.push(`${name} on ${syscall} never struck`);
    }
    for (const violation of found.violations) console.log(`violation: ${violation}`);
    const { violations, ...figures } = found;
    console.log(JSON.stringify({ runs, ...calls, ...figures, violations: violations.length }));
    const bad = found.lost + found.doubled + found.lostTasks + found.tooEarly + violations.length;
    return bad === 0 && found.operations > 0 && found.struck > 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All of so many calls, and on until there is no such call; or `most` of them, evenly spread. */
function* callsChosen(count: number, most: number): Generator<number> {
  if (count > most) {
    for (let at = 1; at <= most; at++) yield Math.round((at * count) / (most + 1));
  } else {
    for (let n = 1; ; n++) yield n;
  }
}
