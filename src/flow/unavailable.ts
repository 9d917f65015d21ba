import { Fault } from '../fault.ts';

/** The server cannot do now what it may be able to do in a moment; why is for the log alone. */
export function unavailable(cause: unknown): Fault {
  return new Fault('ERROR_SERVICE_UNAVALIABLE', { cause });
}
