import { type ErrorCode, errorTable } from '../errors.ts';
import { Fault } from '../fault.ts';
import type { TaskRecord } from '../store/store.ts';
import type { TaskResult } from './stages.ts';

type Ended = Pick<TaskRecord, 'state' | 'solution' | 'errorCode' | 'errorDetail'> &
  Partial<Pick<TaskRecord, 'price' | 'createdAt'>>;

/** What a record says about its task. */
export function resultOf(record: Ended & { taskId: string }): TaskResult {
  const { taskId, state, solution, price, createdAt } = record;
  if (state === 'ready' && solution !== null) {
    const bill = price === undefined || createdAt === undefined ? {} : { price, createdAt };
    return { taskId, state, solution, ...bill };
  }
  if (state === 'failed') return { taskId, state, fault: faultOf(record) };
  return { taskId, state: 'processing' };
}

function faultOf({ errorCode, errorDetail }: Ended): Fault {
  const code =
    errorCode !== null && Object.hasOwn(errorTable, errorCode) ? (errorCode as ErrorCode) : undefined;
  return new Fault(code ?? 'ERROR_SERVICE_UNAVALIABLE', errorDetail === null ? {} : { detail: errorDetail });
}
