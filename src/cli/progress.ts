import { isDumbTerminal } from '../settings/loadConfig.ts';

const barLength = 20;

/**
 * Shows what is done of `total` as a bar in one line of standard error's terminal; elsewhere it says nothing. Whatever
 * else is written there is written after `clear`.
 */
export function progressOf(
  total: number,
  what: string,
  stderr: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'> = process.stderr,
): { advance(): void; clear(): void } {
  if (!stderr.isTTY || isDumbTerminal()) return { advance() {}, clear() {} };
  let done = 0;
  return {
    advance() {
      done++;
      const bar = '#'.repeat(Math.floor((barLength * done) / total)).padEnd(barLength, '.');
      // What is as wide as the terminal wraps, and only its last line can be wiped out. Some say that they have no width.
      const widest = (stderr.columns || 80) - 1;
      stderr.write(`\r${`[${bar}] ${done}/${total} ${what}`.slice(0, widest)}`);
    },
    clear: () => stderr.write('\r\x1b[K'),
  };
}
