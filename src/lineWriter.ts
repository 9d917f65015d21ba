import { write as writeToFile } from 'node:fs';

/** A pipe whose reader is behind takes more soon; a full disk, or a reader that has gone, may take long. */
const busyMs = 100;
const brokenMs = 1_000;

interface LineWriterParts {
  /** What is kept of the lines that the descriptor has not taken yet. */
  mostBytes?: number;
  /** Makes the line that stands in the place of lost ones, once the descriptor takes lines again. */
  lostLine?: (count: number) => string;
  write?: (fd: number, bytes: Buffer, done: (error: Error | null, written: number) => void) => void;
  later?: (work: () => void, ms: number) => Pick<NodeJS.Timeout, 'unref'>;
}

/**
 * Writes lines in order, and keeps nobody waiting: neither whoever has something to say nor the end of the process, whatever
 * becomes of the descriptor. Lines that it does not take are kept up to `mostBytes`; the others are lost, and counted.
 */
export function lineWriter(
  fd: number,
  { mostBytes = 8 * 2 ** 20, lostLine, write = writeToFile, later = setTimeout }: LineWriterParts = {},
): { write(line: string): void } {
  let lines: string[] = [];
  /** Of these and of what is being written. */
  let bytes = 0;
  let lost = 0;
  let isWriting = false;

  function keep(line: string): void {
    lines.push(line);
    bytes += Buffer.byteLength(line);
  }

  function writeNext(): void {
    if (lost > 0 && lostLine !== undefined) keep(lostLine(lost));
    lost = 0;
    isWriting = lines.length > 0;
    if (!isWriting) return;
    const next = Buffer.from(lines.join(''));
    lines = [];
    put(next);
  }

  function put(rest: Buffer): void {
    write(fd, rest, (error, written) => {
      if (error === null) {
        bytes -= written;
        if (written < rest.length) put(rest.subarray(written));
        else writeNext();
        return;
      }
      const isBusy = (error as NodeJS.ErrnoException).code === 'EAGAIN';
      const timer = later(() => put(rest), isBusy ? busyMs : brokenMs);
      // The process does not stay for a log that may never take anything again.
      if (!isBusy) timer.unref();
    });
  }

  return {
    write(line) {
      if (bytes + Buffer.byteLength(line) > mostBytes) lost++;
      else keep(line);
      if (!isWriting) writeNext();
    },
  };
}
