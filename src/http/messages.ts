import type { Language } from '../errors.ts';
import type { MessageOf } from '../flow/stages.ts';
import { dialectOfTask } from './dialects/spoken.ts';

/** Makes how callbacks are written: each in the contract that its task was asked for in, by the id that it has there. */
export function messenger(language: Language): MessageOf {
  return function messageOf(result, { dialect: name, number }) {
    const dialect = dialectOfTask(name);
    const { body, type = 'application/json' } = dialect.callback(result, number, language);
    return { id: dialect.numbered ? String(number) : result.taskId, type, body };
  };
}
