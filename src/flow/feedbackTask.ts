import { z } from 'zod';
import type { Caller } from './stages.ts';
import type { Steps } from './steps.ts';
import { namedTask, unknownTask } from './taskId.ts';
import { invalid } from './validate.ts';

const messageLength = 1_000;

/** Null stands for missing, as it does for a task. */
const required = (what: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined || input === null ? 'is missing' : what),
});

export const report = z.object(
  {
    invalid: z.boolean(required('is neither true nor false')),
    code: z.int32('is not a whole number of 32 bits').nullish(),
    message: z
      .string('is not a string')
      .max(messageLength, `has more than ${messageLength} characters`)
      .nullish(),
  },
  required('is not an object'),
);

/** Keeps what the client says about an answer; the last report stands. @throws Fault ERROR_TASKID_INVALID */
export async function feedbackTask(steps: Steps, caller: Caller): Promise<void> {
  const { arrived, principal } = caller;
  const taskId = await namedTask(steps, caller);
  const { invalid: isInvalid, code, message } = reportOf(arrived.body);
  const saved = await steps.store.saveFeedback({
    taskId,
    accountId: principal.account.id,
    invalid: isInvalid,
    code: code ?? null,
    message: message === null || message === undefined ? null : storable(message),
    now: steps.clock.now(),
  });
  if (!saved) throw unknownTask();
}

/** @throws Fault ERROR_INVALID_TASK_DATA for a `result` that is no report */
export function reportOf({ result }: Record<string, unknown>): z.output<typeof report> {
  const parsed = report.safeParse(result);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalid(`${['result', ...issue.path].join('.')}: ${issue.message}`);
}

/** PostgreSQL takes no NUL in a text, and neither database a lone surrogate. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
