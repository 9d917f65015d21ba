import type { Fault } from '../../fault.ts';
import type { Dialect } from './dialect.ts';

export const notReady = 'CAPCHA_NOT_READY';

/** 2captcha's callback: a form of the task's number and, as `code`, its answer or the name of its error. */
export function pingbackBy(nameOf: (fault: Fault) => string): Dialect['callback'] {
  return function pingback(result, number) {
    let code: string = notReady;
    if (result.state === 'ready') code = textOf(result.solution);
    if (result.state === 'failed') code = nameOf(result.fault);
    const form = new URLSearchParams({ id: String(number), code });
    return { body: form.toString(), type: 'application/x-www-form-urlencoded' };
  };
}

/** What an image says; of other types the solution as it is. */
export function textOf(solution: string): string {
  const { text } = JSON.parse(solution) as { text?: unknown };
  return typeof text === 'string' ? text : solution;
}
