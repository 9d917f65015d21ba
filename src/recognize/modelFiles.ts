import { fileURLToPath } from 'node:url';
import { UserError } from '../userError.ts';

// Sources and build both lie two folders below the root.
const file = (name: string): string => fileURLToPath(new URL(`../../models/${name}`, import.meta.url));

/** The text model in use; another is put in its place here. */
export const textModel = file('text.onnx');

/** The net of second looks, beside the first. */
export const closerModel = (model: string): string => model.replace(/\.onnx$/, '.closer.onnx.br');

/** The model of classes in use. */
export const classModel = file('classes.onnx');

/** The nets of click puzzles in use: what finds marks, and what tells which are alike. */
export const clickFinder = file('clickFinder.onnx');
export const clickMatcher = file('clickMatcher.onnx');

/** What the code must know of a model, beside it. */
export const cardPath = (model: string): string => model.replace(/\.onnx$/, '.json');

/** What to say of a file of a model that is missing or damaged: the first start of a copy that was cut off meets it. */
export function cannotLoad(path: string, error: unknown): UserError {
  const { message } = error as Error;
  // onnxruntime says twice over which file it is about.
  const reason = message.replace(/^(Load model (from )?\S+ failed[:.]\s*)+/, '').trim();
  return new UserError(`${path} cannot be loaded (${reason}): put the file back that came with this version`);
}
