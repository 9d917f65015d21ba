import { type DestinationStream, type Logger, pino } from 'pino';
import { lineWriter } from './lineWriter.ts';
import type { Config } from './settings/config.ts';
import { unprintable } from './unprintable.ts';

export type Log = Logger;

/** Names under which a key, an image or an answer could come along. */
const secretNames = [
  'clientKey',
  'key',
  'token',
  'authorization',
  'pepper',
  'secret',
  'password',
  'proxy',
  'proxyPassword',
  'databaseUrl',
  'body',
  'image',
  'images',
  'imageBackground',
  'imagePrompt',
  'imagesBase64',
  'file',
  'task',
  'solution',
  'text',
  'payload',
];

/**
 * One JSON object a line, on standard error: standard output belongs to what is printed for people. What the
 * log is given should hold no secret to begin with; the redaction is the second fence.
 */
export function createLog(config: Pick<Config, 'logLevel'>, stream?: DestinationStream): Log {
  const paths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino(
    {
      level: config.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: '[secret]' },
      hooks: { streamWrite: escapeUnprintable },
      serializers: { err: describeError, req: describeRequest, res: ({ statusCode }) => ({ statusCode }) },
    },
    // pino's own waits at the end of the process, for ever where the disk is full or nobody reads.
    stream ?? lineWriter(2, { lostLine }),
  );
}

/**
 * Clients' names of fields come into the log, which people read on terminals: JSON itself escapes no more than the control
 * characters of ASCII. Of those only the end of the line is left.
 */
function escapeUnprintable(line: string): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return line.replace(unprintable, (character) => (character === '\n' ? character : escaped(character)));
}

function lostLine(lost: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: 'warn', time, lost, msg: 'lines of the log could not be written' })}\n`;
}

function describeRequest(request: { id: string; method: string; url: string }) {
  // The query may hold a key that somebody put there by mistake.
  return { id: request.id, method: request.method, path: request.url.split('?')[0] };
}

/** Fastify and zod hang the offending input on their errors: only these go into the log. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    stack,
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
    ...(error instanceof AggregateError ? { errors: error.errors.map(describeError) } : {}),
  };
}
