import type { Answer, AskedCall, BatchOutcome, Failed } from './batch.ts';
import type { Command } from './commands.ts';

export interface ThreadOptions {
  file: string;
  /** Looks at one state of the books, beside the thread that writes. */
  readonly: boolean;
  /** One number, which grows with each message: what the thread can wait on while its event loop stands. */
  bell: Int32Array;
}

/** To the thread: calls of one turn of the event loop, or one command. */
export type Asked = { calls: AskedCall[] } | Command;

/**
 * From the thread. Answers come in the order of what was asked, those of one commit together; the first message
 * has none and says that the thread is ready.
 */
export interface Replied {
  answers: Answer[];
  commits?: BatchOutcome['commits'];
  fatal?: Failed;
}

/** From the thread: results of calls that have run in the open transaction, with their place among the unanswered. */
export interface Foretold {
  early: [index: number, value: unknown][];
}
