import { cannotLoad } from './modelFiles.ts';
import { openSession } from './session.ts';

/**
 * Loads one of the models that come with Legible, for one core.
 * @throws UserError naming it when it is missing or is no model
 */
export function openModel(model: string): ReturnType<typeof openSession> {
  return openSession(model).catch((error: unknown) => {
    throw cannotLoad(model, error);
  });
}
