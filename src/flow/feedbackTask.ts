import { z } from 'zod';
import { scalars } from '../tasks/scalars.ts';
import { readFields } from '../tasks/wording.ts';
import type { Caller } from './stages.ts';
import type { Steps } from './steps.ts';
import { namedTask, unknownTask } from './taskId.ts';
import { invalid } from './validate.ts';

const messageLength = 1_000;

function schemaOf(settings: { strict: boolean }) {
  const { number, boolean } = scalars(settings);
  return z.object({
    invalid: boolean,
    code: number
      .pipe(z.int32('is not a whole number of 32 bits'))
      // Of two steps the first is documented, which knows no bounds.
      .meta({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1, multipleOf: 1 })
      .nullish(),
    message: z.string().max(messageLength).nullish(),
  });
}

/** The field `result`, as a strict server takes it. */
export const report = schemaOf({ strict: true });
const lenientReport = schemaOf({ strict: false });
type Report = z.output<typeof report>;

/** Keeps what the client says about an answer; the last report stands. @throws Fault ERROR_TASKID_INVALID, ERROR_INVALID_TASK_DATA */
export async function feedbackTask(steps: Steps, caller: Caller): Promise<void> {
  const { arrived, principal } = caller;
  const taskId = await namedTask(steps, caller);
  const { invalid: isInvalid, code, message } = reportOf(arrived.body, steps.config);
  const saved = await steps.store.saveFeedback({
    taskId,
    accountId: principal.key.accountId,
    invalid: isInvalid,
    code: code ?? null,
    message: message === null || message === undefined ? null : storable(message),
    now: steps.clock.now(),
  });
  if (!saved) throw unknownTask();
}

/** @throws Fault ERROR_INVALID_TASK_DATA for a `result` that is no report */
export function reportOf({ result }: Record<string, unknown>, { strict }: { strict: boolean }): Report {
  const parsed = readFields(strict ? report : lenientReport, result, 'result');
  if ('problem' in parsed) throw invalid(parsed.problem);
  return parsed.data;
}

/** PostgreSQL takes no NUL in a text, and neither database a lone surrogate. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
