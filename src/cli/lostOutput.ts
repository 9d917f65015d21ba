/** A command whose output cannot be written says so, once, and fails; what it was asked for is done by then. */
export function tellLostOutput(): void {
  let isTold = false;
  for (const output of [process.stdout, process.stderr])
    output.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever reads the output may stop at any line of it; that is no failure of ours.
      if (error.code === 'EPIPE') return;
      process.exitCode = 1;
      if (output === process.stderr || isTold) return;
      isTold = true;
      console.error(
        `error: what came of it could not be written: ${error.message}. Whatever it changes is done`,
      );
    });
}
