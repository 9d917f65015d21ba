import { type ErrorCode, errorTable } from '../errors.ts';
import { Fault } from '../fault.ts';
import type { TaskRecord } from '../store/records.ts';
import type { TaskResult } from './stages.ts';

type Told =
  | 'state'
  | 'solution'
  | 'errorCode'
  | 'errorDetail'
  | 'price'
  | 'address'
  | 'createdAt'
  | 'endedAt';
type Recorded = Pick<TaskRecord, Told>;

/** What a record says about its task. */
export function resultOf(record: Recorded & { taskId: string }): TaskResult {
  const { taskId, state, solution, price, address, createdAt } = record;
  if (state === 'ready' && solution !== null) {
    // Unknown of a task that ended before the times of ends were kept.
    const endedAt = record.endedAt ?? createdAt;
    return { taskId, state, solution, bill: { price, address, createdAt, endedAt } };
  }
  if (state === 'failed') return { taskId, state, fault: faultOf(record) };
  return { taskId, state: 'processing' };
}

function faultOf({ errorCode, errorDetail }: Recorded): Fault {
  const code =
    errorCode !== null && Object.hasOwn(errorTable, errorCode) ? (errorCode as ErrorCode) : undefined;
  return new Fault(code ?? 'ERROR_SERVICE_UNAVALIABLE', { detail: errorDetail ?? undefined });
}
