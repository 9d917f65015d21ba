import type { Solutions, Tasks } from './schema.ts';

export type TaskType = keyof Tasks;

/** A task of any type that the server solves. */
export type Task = { [Type in TaskType]: { type: Type } & Tasks[Type] }[TaskType];

type ModuleOf<T> = T extends { module: infer Module } ? Module : 'common';

/** What one of the solutions of a module looks like when several images were sent, or one. */
type ByImages<T, Solution> = T extends { images: readonly string[] }
  ? Extract<Solution, { answers: unknown }>
  : T extends { body: string }
    ? Exclude<Solution, { answers: unknown }>
    : Solution;

/** The solution of a task, as exactly as its type, module and images tell. */
export type SolutionOf<T extends Task> = T extends { type: 'ImageToTextTask' }
  ? ByImages<T, Solutions['ImageToTextTask'][ModuleOf<T> & keyof Solutions['ImageToTextTask']]>
  : Solutions[T['type']][ModuleOf<T> & keyof Solutions[T['type']]];

export interface Solved<T extends Task = Task> {
  taskId: string;
  solution: SolutionOf<T>;
}

/** Bytes of an image as a task takes them. */
export function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  // More arguments than this overflow the stack of some engines.
  for (let at = 0; at < bytes.length; at += 0x8000)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return btoa(parts.join(''));
}
