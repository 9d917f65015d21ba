import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../nodeFlags.ts';

const childFile = fileURLToPath(new URL('./faultChild.ts', import.meta.url));
const acknowledging = /^write\(.*"(paid|held|released|charged|used|banned|repeated) /;

export interface TracedRun {
  /** Lines of a word and an id, as the script said them. */
  words: string;
  /** Null when it was killed. */
  status: number | null;
  /** How it ended, in words. */
  ending: string;
  stderr: string;
  /** Whether it came to the call that was to fail. */
  struck: boolean;
  /** How often it called each. */
  calls: { fsync: number; pwrite64: number };
  /** What it acknowledged while writes of the journal were not on the disk. */
  tooEarly: number;
  /** Whether a commit failed in such a way that nothing may be promised any more. */
  isLost: boolean;
}

/**
 * Runs the script once under strace, and has one call fail.
 * @param inject in strace's words
 * @throws Error where strace is not installed
 */
export function runTraced(dataDir: string, trace: string, inject: string | undefined): TracedRun {
  const words = join(dataDir, 'words');
  rmSync(words, { force: true });
  const traced = ['-f', '-y', '-s', '40', '-o', trace];
  traced.push('-e', 'trace=fsync,pwrite64,write', '-e', 'signal=none');
  if (inject !== undefined) traced.push('-e', `inject=${inject}`);
  const load = [process.execPath, ...nodeFlags, childFile, dataDir, words];
  const run = spawnSync('strace', [...traced, ...load], { encoding: 'utf8' });
  if (run.error) throw new Error('faults are made with strace: install it (apt-get install strace)');
  const lines = linesOf(readFileSync(trace, 'utf8'));
  const said = readFileSync(words, 'utf8');
  const isKilled = run.signal === 'SIGKILL';
  return {
    words: said,
    status: run.status,
    ending: endingOf(run.status, said),
    stderr: run.stderr,
    struck: isKilled || lines.some((line) => line.endsWith('(INJECTED)')),
    calls: { fsync: countOf('fsync', lines), pwrite64: countOf('pwrite64', lines) },
    ...judge(lines),
  };
}

function endingOf(status: number | null, words: string): string {
  if (status === null) return 'killed';
  if (!words.includes('opened')) return `status ${status} at the start`;
  return `status ${status}${words.includes('refused') ? ' after a refusal' : ''}`;
}

/** Each call in one line, where it ended: strace breaks those in two during which another thread called. */
function linesOf(trace: string): string[] {
  const begun = new Map<string, string>();
  const whole: string[] = [];
  for (const line of trace.split('\n')) {
    const [, thread, text] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (thread === undefined || text === undefined) continue;
    const cut = /^(.*) <unfinished \.\.\.>$/.exec(text);
    const rest = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    if (cut) begun.set(thread, cut[1]!);
    else whole.push(rest ? `${begun.get(thread) ?? ''}${rest[1]}` : text);
  }
  return whole;
}

const countOf = (syscall: string, lines: string[]) =>
  lines.filter((line) => line.startsWith(`${syscall}(`)).length;

/**
 * What the order of the calls tells. An acknowledgement is too early between a write to the journal and the next
 * fsync of it that succeeds: a kill cannot show this, and not even a failed fsync, since the kernel still gives out
 * what it could not write. And a commit is lost when its fsync failed, or a write for another reason than a full disk.
 */
function judge(lines: string[]): Pick<TracedRun, 'tooEarly' | 'isLost'> {
  const judged = { tooEarly: 0, isLost: false };
  let isDirty = false;
  for (const line of lines) {
    const [, syscall, result] = /^(\w+)\(\d+<[^>]*-wal>.* = (.*)$/.exec(line) ?? [];
    if (acknowledging.test(line)) judged.tooEarly += isDirty ? 1 : 0;
    else if (syscall === 'fsync' && result === '0') isDirty = false;
    // A checkpoint makes sure once more of what the commits have synced; that may fail, and is repeated.
    else if (syscall === 'fsync') judged.isLost ||= isDirty;
    else if (syscall === 'pwrite64') {
      isDirty = true;
      judged.isLost ||= result!.startsWith('-1 EIO');
    }
  }
  return judged;
}
