import type { ErrorCode, Language } from '../../errors.ts';
import type { Fault } from '../../fault.ts';
import type { Flow } from '../../flow/flow.ts';
import type { Arrived, TaskResult } from '../../flow/stages.ts';

export interface Reply {
  status: number;
  /** JSON. */
  body: string;
  /** The code in the body; empty for success. */
  errorCode: ErrorCode | '';
}

/** How one family of clients writes the methods: names, statuses and codes over the same flow. */
export interface Dialect {
  name: string;
  /** By path; each is asked by POST. */
  methods: Record<string, (flow: Flow, arrived: Arrived) => Promise<Reply>>;
  /** Where a task stands, as getTaskResult and callbacks say it. */
  result(result: TaskResult, language: Language): Reply;
  /** Lists that anybody may read: the object's fields, as a success. */
  listing(fields: Record<string, unknown>): Reply;
  refusal(fault: Fault, language: Language): Reply;
}
