/**
 * Runs what it is given at the end of this turn of the event loop, all of it in one go. Answers written one by one
 * wake a client on the same machine for each of them, which costs more than the answer; written together they find
 * it still reading. One that throws is told to `failed` and keeps nothing back from the others.
 */
export function together(failed: (error: unknown) => void): (write: () => void) => void {
  let waiting: (() => void)[] = [];
  function writeAll() {
    const writes = waiting;
    waiting = [];
    for (const write of writes)
      try {
        write();
      } catch (error) {
        failed(error);
      }
  }
  return (write) => {
    if (waiting.push(write) === 1) setImmediate(writeAll);
  };
}
