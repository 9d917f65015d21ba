import { z } from 'zod';
import type { TaskType } from '../src/tasks/task.ts';

export const laterPrices = {
  'ImageToTextTask/common': 400,
  'ImageToTextTask/number': 400,
  'EchoTask/common': 300,
};

/** A task type that is answered later, and only when the test says how. */
export function laterType() {
  const asked: { say: string; end: PromiseWithResolvers<Record<string, unknown>> }[] = [];
  const type: TaskType<{ say: string }> = {
    type: 'EchoTask',
    summary: 'Says what it is told.',
    solutions: { common: z.record(z.string(), z.unknown()) },
    input: z.object({ say: z.string() }),
    module: () => 'common',
    sample: ({ say }) => ({ said: say }),
    timing: 'later',
    check() {},
    solve({ say }) {
      const end = Promise.withResolvers<Record<string, unknown>>();
      asked.push({ say, end });
      return end.promise;
    },
  };
  return { type, asked };
}
