import { LegibleError } from './error.ts';
import type { Gate, Left } from './gate.ts';
import { after, type Clock, pauseBefore } from './pause.ts';
import { type ErrorCode, retry } from './schema.ts';

export interface TransportParts {
  baseUrl: string;
  key: string;
  fetch: typeof fetch;
  clock: Clock;
  /** From 0 to 1; spreads retries. */
  random: () => number;
  /** How often a call is sent again. */
  retries: number;
  /** How long one request may take. */
  requestMs: number;
  /** For what creates tasks. */
  gate: Gate;
}

export interface Call {
  path: string;
  fields: Record<string, unknown>;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** In place of the client's own. */
  requestMs?: number;
}

export interface Answered<Body> {
  body: Body;
  headers: Headers;
}

/** A task's outcome or the site's doing: the same call would end alike, or is for the caller to repeat. */
const unrepeated: ReadonlySet<string> = new Set<ErrorCode>([
  'ERROR_CAPTCHA_UNSOLVABLE',
  // They last for minutes, and end only when their cause does.
  'ERROR_IP_BANNED',
  'ERROR_KEY_TEMP_BLOCKED',
]);
/** What other dialects call a server that is full, and a rate limit. */
const foreignLimits: readonly string[] = ['ERROR_NO_SLOT_AVAILABLE', 'ERROR_TOO_MUCH_REQUESTS'];
/** A full window of the rate limit opens again within 65 s (13 buckets of 5 s); and some for the way. */
const longestRetryAfterMs = 70_000;

/** One call and its repetitions. */
export class Transport {
  readonly parts: TransportParts;

  constructor(parts: TransportParts) {
    this.parts = parts;
  }

  /** Sends a call until it is answered; @throws LegibleError, or the signal's reason */
  async json<Body>(call: Call): Promise<Answered<Body>> {
    return this.repeat(call.signal, () => this.once<Body>(call));
  }

  /** Sends a call, and reads its answer. @throws LegibleError, or the signal's reason */
  async once<Body>(call: Call): Promise<Answered<Body>> {
    const response = await this.send(call);
    const body = await readJson(response, call.signal);
    if (body.errorId !== 0) throw refusalOf(body, response.headers);
    return { body: body as Body, headers: response.headers };
  }

  /** The lines of an answer as they come, sent once; what is no list of lines is a refusal. @throws LegibleError */
  async *lines(call: Call): AsyncGenerator<{ errorId: number }> {
    const response = await this.send(call);
    if (!response.headers.get('content-type')?.includes('ndjson')) {
      const body = await readJson(response, call.signal);
      throw body.errorId === 0 ? unreadable(response) : refusalOf(body, response.headers);
    }
    let begun = '';
    for await (const text of textsOf(response, call.signal)) {
      const parts = (begun + text).split('\n');
      begun = parts.pop()!;
      for (const part of parts) yield parsed(part, response);
    }
  }

  /** Repeats what may be repeated, with growing pauses; where there is a gate, each attempt and its pause are within. */
  async repeat<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>, gate?: Gate): Promise<T> {
    const { clock, random, retries } = this.parts;
    for (let sent = 1; ; sent++) {
      await gate?.enter(signal, { again: sent > 1 });
      let left: Left = 'found';
      try {
        return await attempt();
      } catch (error) {
        // With an id there is a task, whatever has become of it.
        const made = error instanceof LegibleError && error.taskId !== undefined;
        if (!made) left = 'unknown';
        // Its reason may be an error of this package too, and is none of the server's.
        signal?.throwIfAborted();
        if (!made && error instanceof LegibleError && isLimit(error.code)) {
          left = 'refused';
          gate?.refuse();
        }
        if (sent > retries || !isRepeatable(error)) throw error;
        await clock.sleep(Math.max(error.retryAfterMs ?? 0, pauseBefore(sent, random)), signal);
      } finally {
        gate?.leave(left);
      }
    }
  }

  /** One request; its answer has not been read yet. */
  async send({ path, fields, headers = {}, signal, requestMs }: Call): Promise<Response> {
    // Called as a method of the parts, a browser's own would be an "Illegal invocation".
    const { baseUrl, key, fetch } = this.parts;
    const body = JSON.stringify({ clientKey: key, ...fields });
    const late = after(requestMs ?? this.parts.requestMs);
    try {
      return await fetch(`${baseUrl}${path}`, {
        method: 'POST',
        body,
        // The contract knows none, and the key is in the body, which would go along.
        redirect: 'manual',
        headers: { 'content-type': 'application/json', ...headers },
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new LegibleError('NO_ANSWER', `no answer from ${baseUrl}${path}`, { cause });
    }
  }
}

interface ErrorBody {
  errorCode: ErrorCode;
  errorDescription: string;
  taskId?: string;
}

/** The error that an answer holds. */
export function refusalOf(body: object, headers: Headers): LegibleError {
  const { errorCode, errorDescription, taskId } = body as ErrorBody;
  return new LegibleError(errorCode, errorDescription, {
    // Some dialects write 0 where there is none.
    taskId: taskId || undefined,
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfterMs: retryAfterOf(headers),
  });
}

/** Seconds, or, of some proxies, the time on the clock that the answer has its own time from. */
function retryAfterOf(headers: Headers): number | undefined {
  const said = headers.get('retry-after') ?? '';
  const ms = /^\d+$/.test(said)
    ? Number(said) * 1000
    : Date.parse(said) - Date.parse(headers.get('date') ?? '');
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}

async function readJson(response: Response, signal: AbortSignal | undefined): Promise<{ errorId: number }> {
  return parsed(await readText(response, signal), response);
}

function readText(response: Response, signal: AbortSignal | undefined): Promise<string> {
  return response.text().catch((cause: unknown) => {
    throw brokenOff(response, signal, cause);
  });
}

/** What an answer holds, as it comes; all at once where its body is no web stream, as in node-fetch. */
async function* textsOf(response: Response, signal: AbortSignal | undefined): AsyncGenerator<string> {
  if (typeof response.body?.pipeThrough !== 'function') return yield await readText(response, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw brokenOff(response, signal, cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    // Who stops reading early would leave the connection open, and the server writing into it.
    reader.cancel().catch(() => {});
  }
}

function parsed(text: string, response: Response): { errorId: number } {
  try {
    const body = JSON.parse(text);
    if (typeof body.errorId === 'number') return body;
  } catch {
    // A proxy's page, for one.
  }
  throw unreadable(response);
}

function unreadable({ status, headers }: Response): LegibleError {
  const requestId = headers.get('x-request-id') ?? undefined;
  return new LegibleError('UNREADABLE_ANSWER', `status ${status}, and not the contract's JSON`, {
    requestId,
    retryAfterMs: retryAfterOf(headers),
  });
}

function brokenOff({ headers }: Response, signal: AbortSignal | undefined, cause: unknown): unknown {
  if (signal?.aborted) return signal.reason;
  const requestId = headers.get('x-request-id') ?? undefined;
  return new LegibleError('NO_ANSWER', 'the answer broke off', { requestId, cause });
}

/** Whether a code says that its key has no place or no call left for now. */
export function isLimit(code: string): boolean {
  return code === 'ERROR_RATE_LIMIT' || foreignLimits.includes(code);
}

/** Whether the same call may be sent again, and soon. */
export function isRepeatable(error: unknown): error is LegibleError {
  if (!(error instanceof LegibleError)) return false;
  const { code, retryAfterMs = 0, taskId } = error;
  // The task itself has ended so: it will not end otherwise.
  if (taskId !== undefined) return false;
  if (code === 'NO_ANSWER' || code === 'UNREADABLE_ANSWER') return true;
  if (unrepeated.has(code) || retryAfterMs > longestRetryAfterMs) return false;
  const when = foreignLimits.includes(code) ? 'later' : retry[code as ErrorCode];
  return when === 'now' || when === 'later';
}
