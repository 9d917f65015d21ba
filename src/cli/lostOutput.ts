/** A command whose output cannot be written says so and fails; its work is done by then. */
export function tellLostOutput(): void {
  for (const output of [process.stdout, process.stderr])
    output.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever reads the output may stop at any line of it; that is no failure of ours.
      if (error.code === 'EPIPE') return;
      process.exitCode = 1;
      if (output === process.stdout)
        console.error(
          `error: what came of it could not be written: ${error.message}. What was asked for has been done`,
        );
    });
}
