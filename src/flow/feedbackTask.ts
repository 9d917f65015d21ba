import { z } from 'zod';
import type { Caller } from './stages.ts';
import type { Steps } from './steps.ts';
import { namedTask, unknownTask } from './taskId.ts';
import { invalid } from './validate.ts';

const messageLength = 1_000;

export const report = z.object({
  invalid: z.boolean(),
  code: z.int32().nullish(),
  message: z.string().max(messageLength).nullish(),
});

/** Keeps what the client says about an answer; the last report stands. @throws Fault ERROR_TASKID_INVALID */
export async function feedbackTask(steps: Steps, caller: Caller): Promise<void> {
  const { arrived, principal } = caller;
  const taskId = await namedTask(steps, caller);
  const parsed = report.safeParse(arrived.body.result);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw invalid(`${['result', ...issue.path].join('.')}: ${issue.message}`);
  }
  const { invalid: isInvalid, code, message } = parsed.data;
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

/** PostgreSQL takes no NUL in a text, and neither database a lone surrogate. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
