import type { Logger } from 'pino';
import { errorTable } from '../errors.ts';
import { causeForLog, type Fault } from '../fault.ts';
import type { Flow } from '../flow/flow.ts';
import { isClientGone, isOurs, unavailable } from '../flow/unavailable.ts';
import type { Metrics } from '../metrics.ts';
import type { Addresses } from './clientAddress.ts';
import type { Body } from './dialects/dialect.ts';
import { wireFault } from './wireFault.ts';

interface RecorderParts {
  flow: Pick<Flow, 'isOfSandbox' | 'protection'>;
  addresses: Pick<Addresses, 'isProxy'>;
  log: Logger;
  metrics: Pick<Metrics, 'countFault'>;
}

export type FaultRecorder = ReturnType<typeof faultRecorder>;

/** Makes the steps that every error passes on its way to a client: there it is counted, and logged. */
export function faultRecorder({ flow, addresses, log, metrics }: RecorderParts) {
  /** From what was thrown to the fault that is answered, which counts against the address. */
  function recordFault(error: unknown, requestId: string | undefined, address: string, fields?: Body): Fault {
    const fault = wireFault(error) ?? unavailable(error);
    fault.isStaged ||= flow.isOfSandbox(fields?.clientKey);
    if (!fault.isStaged && !addresses.isProxy(address)) flow.protection.countForAddress(address, fault.code);
    recordFailure(fault, requestId, address);
    return fault;
  }

  /** Alone, for how a task ended: to ask for that was no mistake, and counts against no address. */
  function recordFailure(fault: Fault, requestId: string | undefined, address: string): void {
    if (!fault.isStaged && !isClientGone(fault)) metrics.countFault(fault.code);
    const { retry } = errorTable[fault.code];
    const line = { requestId, address, code: fault.code, detail: fault.detail, cause: causeForLog(fault) };
    // From another thread only the text of its error has come.
    if (isOurs(fault))
      log.error(fault.cause instanceof Error ? { ...line, err: fault.cause } : line, 'our own fault');
    // Whoever is banned or too fast may come a thousand times a second, and the log would hold little else.
    else if (retry === 'later' || fault.isStaged) log.debug(line, 'refused');
    else log.info(line, 'refused');
  }

  return { recordFault, recordFailure };
}
