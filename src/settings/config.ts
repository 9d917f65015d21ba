import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { languages } from '../errors.ts';
import { databaseUrlProblem } from './databaseUrl.ts';
import { dialectNames } from './dialects.ts';
import { standardPrices } from './prices.ts';
import {
  dialectPorts,
  filled,
  flag,
  host,
  origins,
  port,
  ports,
  positive,
  prices,
  proxies,
  ranges,
  seconds,
  secondsLadder,
  shortSeconds,
} from './settingKinds.ts';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every setting, its default and what it does; the only list of them. */
export const schema = z.object({
  host: host.default('127.0.0.1').describe('address to listen on'),
  port: port.default(7878).describe('port of the API'),
  dialectPorts: dialectPorts
    .default({})
    .describe(
      `more ports of the API by dialect (${dialectNames.join(', ')}): clients that come in by one are answered in it`,
    ),
  opsHost: host.default('127.0.0.1').describe('address of health and metrics'),
  opsPort: port.default(7879).describe('port of health and metrics'),
  dataDir: filled.default('./data').describe('database, pepper, and what a restore has put aside'),
  pepper: z
    .string()
    .min(32, 'is shorter than 32 characters')
    .optional()
    .describe('secret that key hashes are made with, at least 32 characters; without it, a file in dataDir'),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, { error: 'does not begin with postgres://', abort: true })
    .superRefine((url, context) => {
      const message = databaseUrlProblem(url);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .optional()
    .describe('postgres://…; without it, SQLite in dataDir'),
  logLevel: z
    .enum(logLevels)
    .default('info')
    .describe(`least severity that is logged: ${logLevels.join(', ')}`),

  language: z
    .enum(languages)
    .default('en')
    .describe(`of error descriptions, when Accept-Language names none: ${languages.join(', ')}`),
  strict: flag.default(false).describe('refuse what the lenient reading of requests forgives'),
  always200: flag
    .default(false)
    .describe('answer errors with HTTP 200 too, for clients that read no body of another status'),
  trustedProxies: proxies.default([]).describe('CIDR ranges whose X-Forwarded-For is believed'),
  // What maxImageBytes needs as base64, in lines and with its slashes escaped (5.7 MiB), and the other fields.
  bodyLimitBytes: positive
    .default(6 * 1024 * 1024)
    .describe(
      'largest request body; it bounds all images of a task together, so raise it with maxImageBytes',
    ),
  corsOrigins: origins
    .default([])
    .describe('origins of web pages that may call the API from a browser; `*` for all'),
  maxConnections: positive
    .default(10_000)
    .describe('sockets open at once before new ones are closed; one address has a quarter of them'),

  prices: prices
    .default({ ...standardPrices })
    .describe('micro-USD by type/module; those that are not named keep their default'),
  rateLimit: positive.default(6000).describe('requests by key in any 60 s, where its package says nothing'),
  concurrency: positive.default(200).describe('tasks by key under way at once, likewise'),
  banErrors: positive.default(1000).describe('client errors in 60 s that ban an address or an IPv6 /64'),
  banSeconds: secondsLadder.default([600, 1800]).describe('length of a first, second, … ban within 24 h'),
  blockErrors: positive.default(300).describe('client errors in 60 s that block a key'),
  blockSeconds: seconds.default(300).describe('length of a block'),

  sandbox: flag
    .default(false)
    .describe(
      'answer the keys test-ok, test-err-CODE and so on, which anybody may use and which cost nothing',
    ),

  taskSeconds: seconds.default(120).describe('a task unfinished by then is timed out and refunded'),
  resultSeconds: seconds
    .default(300)
    .describe("how long a result stays, from its task's creation; more than taskSeconds"),
  maxPolls: positive.default(120).describe('getTaskResult calls by task'),
  drainSeconds: shortSeconds.default(25).describe('how long a stopping server waits for tasks under way'),

  recognizers: positive.default(availableParallelism()).describe('recognition threads'),
  recognizerQueue: positive
    .default(512)
    .describe('images waiting for a recognition thread before new ones are refused'),
  proofThreads: positive
    .default(availableParallelism())
    .describe(
      "threads that compute proofs of work; images come before them; searches with scrypt or Argon2 share an eighth of the machine's memory, and one that needs more fails; Argon2 starts a thread more for each of its lanes",
    ),
  outboundAllow: ranges
    .default([])
    .describe(
      'CIDR ranges that callbacks, challenges and proxies may reach although they are not public; a proxy may be at any port, here as elsewhere',
    ),
  outboundPorts: ports
    .default([80, 443, 8080, 8443])
    .describe('ports that the URLs of callbacks and challenges may name'),

  maxImageBytes: positive.default(4 * 1024 * 1024).describe('largest image, decoded from base64'),
  maxImagePixels: positive.default(4_000_000).describe('largest image, over all its frames'),
});

export type Config = Readonly<z.output<typeof schema>>;

/** Settings whose values are never printed, and that `LEGIBLE_<NAME>_FILE` may name a file for. */
const secrets: readonly string[] = ['pepper', 'databaseUrl'];

export interface Setting {
  name: keyof Config;
  variable: string;
  description: string;
  secret: boolean;
  /** Undefined where the setting has none. */
  standard: unknown;
}

export const settings: readonly Setting[] = Object.entries(schema.shape).map(([name, setting]) => ({
  name: name as keyof Config,
  variable: variableOf(name),
  description: setting.description ?? '',
  secret: secrets.includes(name),
  standard: setting.safeParse(undefined).data,
}));

/** `opsPort` → `LEGIBLE_OPS_PORT` */
function variableOf(name: string): string {
  return `LEGIBLE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
