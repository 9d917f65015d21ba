import { type ErrorCode, errorTable, type Language } from './errors.ts';

/** Which of the mistakes that share a code it is, where some contract has a code for that one alone. */
export type FaultReason = 'bodyTooLarge' | 'fieldMissing' | 'imageTooSmall' | 'keyElsewhere' | 'keyMissing';

/** What a fault says besides its code. */
export interface FaultDetail {
  /**
   * Public, in English, begins with the field at fault: `task.body: is not base64`. Never a cause from inside. By that
   * field a dialect may choose its own code, but never by the words behind it.
   */
  detail?: string | undefined;
  /** Not kept with a task that failed: these are mistakes of requests, of which no task comes. */
  reason?: FaultReason | undefined;
  /** Milliseconds until trying again can help. */
  retryAfterMs?: number;
  /** For the log only. */
  cause?: unknown;
}

/** Any outcome that is not a solution. Everything thrown that is not a Fault is answered as the server's own. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly reason: FaultReason | undefined;
  readonly retryAfterMs: number | undefined;
  /** Whether the sandbox was asked for it: then it is nobody's mistake. */
  isStaged = false;

  constructor(code: ErrorCode, { detail, reason, retryAfterMs, cause }: FaultDetail = {}) {
    super(detail === undefined ? code : `${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The public description of a fault in a language, its `detail` behind a colon. */
export function describeFault(fault: Fault, language: Language, detail = fault.detail): string {
  const text: string = errorTable[fault.code].text[language];
  const description = text.replace('{minutes}', () => minutesIn(language, fault.retryAfterMs ?? 0));
  return detail === undefined ? description : `${description}: ${detail}`;
}

/**
 * The cause as the log tells it: a decoder's own words, but of an error only its code. The message of a network's error
 * may name what a client keeps secret.
 */
export function causeForLog({ cause }: Fault): string | undefined {
  return typeof cause === 'string' ? cause : (cause as { code?: string } | undefined)?.code;
}

function minutesIn(language: Language, ms: number): string {
  const count = Math.max(1, Math.ceil(ms / 60_000));
  const minutes = new Intl.NumberFormat(language, { style: 'unit', unit: 'minute', unitDisplay: 'long' });
  // The texts need the accusative, which differs from Intl's nominative in Russian alone: «на 1 минуту».
  return minutes.format(count).replace('минута', 'минуту');
}
