const barLength = 20;

/** Shows what is done of `total` as a bar in one line of standard error's terminal; elsewhere it says nothing. */
export function progressOf(total: number, what: string): { advance(): void; clear(): void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { advance() {}, clear() {} };
  let done = 0;
  return {
    advance() {
      done++;
      const bar = '#'.repeat(Math.floor((barLength * done) / total)).padEnd(barLength, '.');
      stderr.write(`\r[${bar}] ${done}/${total} ${what}`);
    },
    clear: () => stderr.write('\r\x1b[K'),
  };
}
