/** Counts what is done of `total` in one line of standard error's terminal; elsewhere it says nothing. */
export function progressOf(total: number, what: string): { advance(): void; clear(): void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { advance() {}, clear() {} };
  let done = 0;
  return {
    advance: () => stderr.write(`\r${++done}/${total} ${what}`),
    clear: () => stderr.write('\r\x1b[K'),
  };
}
