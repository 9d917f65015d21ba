import { errorTable } from '../errors.ts';
import { Fault } from '../fault.ts';

/** The server cannot do now what it may be able to do in a moment; why is for the log alone. */
export function unavailable(cause: unknown): Fault {
  return new Fault('ERROR_SERVICE_UNAVALIABLE', { cause });
}

/** Nobody reads this answer; it tells the record of the task, and the log, why it ended. */
const clientGone = 'the client has gone';
const stopping = 'the server is stopping';

export const clientHasGone = (): Fault => unavailable(clientGone);
/** Nothing is begun any more, and what does not end in time is given up: somebody else may do it. */
export const serverIsStopping = (): Fault => unavailable(stopping);

/** Whether a task, or a request, ended because nobody waits for it any more. */
export function isClientGone(error: unknown): boolean {
  return error instanceof Fault && error.cause === clientGone;
}

/** Whether a task was given up at the end of a drain, by no fault of its own. */
export function isAbandoned(error: unknown): boolean {
  return error instanceof Fault && error.cause === stopping;
}

/** Whether it is a fault of the server's that has a cause, which nobody but the log is told. */
export function isOurs(fault: Fault): boolean {
  const isServers = errorTable[fault.code].fault === 'server';
  return isServers && fault.cause !== undefined && !isAbandoned(fault) && !isClientGone(fault);
}
