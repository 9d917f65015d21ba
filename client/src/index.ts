export type { BatchOptions, Outcome, Progress } from './batch.ts';
export {
  type Balance,
  type CallOptions,
  type Created,
  type CreateOptions,
  Legible,
  type Options,
  type Result,
  type SolveOptions,
} from './client.ts';
export { type ClientErrorCode, LegibleError } from './error.ts';
export type { Clock } from './pause.ts';
export type { ErrorCode, Solutions, Tasks } from './schema.ts';
export { base64, type SolutionOf, type Solved, type Task, type TaskType } from './task.ts';
export { type Message, readWebhook, type WebhookHeaders, type WebhookOptions } from './webhook.ts';
