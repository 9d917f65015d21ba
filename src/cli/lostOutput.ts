import { tellError } from './telling.ts';

let mustArrive = false;

/** What is printed from now on tells of a change, and may be a key, which is shown this once. */
export function awaitArrival(): void {
  mustArrive = true;
}

/** A command whose output cannot be written says so, once, and fails; what it was asked for is done by then. */
export function tellLostOutput(): void {
  let isTold = false;
  process.stderr.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') process.exitCode = 1;
  });
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // Whoever reads a list may stop at any line of it; that is no failure of ours.
    if (code === 'EPIPE' && !mustArrive) return;
    process.exitCode = 1;
    if (isTold) return;
    isTold = true;
    const rest = mustArrive ? '. Whatever it changes is done' : '';
    tellError(`what came of it could not be written: ${message}${rest}`);
  });
}
