import { type ImageToTextSettings, imageToText } from './imageToText.ts';
import type { TaskType } from './task.ts';

/**
 * Every type that this server solves. Whatever is not in this list is not supported, the token types of
 * third-party anti-bot services among it: nothing that defeats those is built here.
 */
// biome-ignore lint/suspicious/noExplicitAny: each type reads only the input that its own schema made
export function taskTypes(settings: ImageToTextSettings): TaskType<any>[] {
  return [imageToText(settings)];
}
