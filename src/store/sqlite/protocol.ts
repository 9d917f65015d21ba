import type { Call } from '../operations.ts';
import type { Answer } from './batch.ts';
import type { Command } from './commands.ts';

export interface ThreadOptions {
  file: string;
  /** Looks at one state of the books, beside the thread that writes. */
  readonly: boolean;
}

/** To the thread: a tick's calls, or one command. */
export type Asked = { calls: Call[] } | Command;

/** From the thread, one for each message to it, in the same order; the first says that it is ready. */
export interface Replied {
  answers: Answer[];
  commits?: { sizes: number[]; seconds: number };
  fatal?: { code: string; message: string };
}
