import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { languages } from './errors.ts';

const count = z.coerce.number().int().min(0);
const port = count.max(65_535);
const seconds = z.coerce.number().positive();
const flag = z.union([z.boolean(), z.stringbool()]);
const list = z.union([
  z.array(z.string()),
  z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ),
]);
const secondsLadder = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',') : value),
  z.array(seconds).min(1),
);
const prices = z.union([
  z.record(z.string(), count),
  z.string().transform((text) => z.record(z.string(), count).parse(JSON.parse(text))),
]);

/** Every setting, its default and what it does; the only list of them. */
const schema = z.strictObject({
  host: z.string().default('127.0.0.1').describe('address to listen on'),
  port: port.default(7878).describe('port of the API'),
  opsHost: z.string().default('127.0.0.1').describe('address of health and metrics'),
  opsPort: port.default(7879).describe('port of health and metrics'),
  dataDir: z.string().default('./data').describe('database, pepper and backups'),
  pepper: z
    .string()
    .min(32)
    .optional()
    .describe('secret that key hashes are made with; without it, a file in dataDir'),
  databaseUrl: z.string().optional().describe('postgres://…; without it, SQLite in dataDir'),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('least severity that is logged'),

  language: z
    .enum(languages)
    .default('en')
    .describe('of error descriptions, when Accept-Language names none'),
  strict: flag.default(false).describe('refuse what the lenient reading of requests forgives'),
  trustedProxies: list.default([]).describe('CIDR ranges whose X-Forwarded-For is believed'),
  bodyLimitBytes: count.default(16 * 1024 * 1024).describe('largest request body'),

  prices: prices
    .default({ 'ImageToTextTask/common': 400, 'ImageToTextTask/number': 400, 'ImageToTextTask/math': 400 })
    .describe('micro-USD by type/module'),
  rateLimit: count
    .min(1)
    .default(6000)
    .describe('requests by key in any 60 s, where its package says nothing'),
  concurrency: count.min(1).default(200).describe('tasks by key under way at once, likewise'),
  banErrors: count.min(1).default(1000).describe('client errors in 60 s that ban an address'),
  banSeconds: secondsLadder.default([600, 1800]).describe('length of a first, second, … ban within 24 h'),
  blockErrors: count.min(1).default(300).describe('client errors in 60 s that block a key'),
  blockSeconds: seconds.default(300).describe('length of a block'),

  taskSeconds: seconds.default(120).describe('a task unfinished by then is timed out and refunded'),
  resultSeconds: seconds.default(300).describe('how long a result stays, from its creation'),
  maxPolls: count.min(1).default(120).describe('getTaskResult calls by task'),
  drainSeconds: seconds.default(25).describe('how long a stopping server waits for tasks under way'),

  recognizers: count.min(1).default(availableParallelism()).describe('recognition threads'),
  recognizerQueue: count
    .min(1)
    .default(512)
    .describe('images waiting for a recognition thread before new ones are refused'),
  maxImageBytes: count.default(4 * 1024 * 1024).describe('largest image, decoded from base64'),
  maxImagePixels: count.default(4_000_000).describe('largest image, over all its frames'),
});

export type Config = Readonly<z.output<typeof schema>>;

export const settings = Object.entries(schema.shape).map(([name, setting]) => ({
  name,
  variable: variableOf(name),
  description: setting.description ?? '',
}));

/** All mistakes of a configuration at once. */
export class ConfigError extends Error {
  readonly problems: string[];
  constructor(problems: string[]) {
    super(
      `The configuration has ${problems.length} mistake(s):\n${problems.map((p) => `  ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/**
 * Reads legible.json, then `LEGIBLE_<NAME>` variables over it.
 * @throws ConfigError naming every mistake, with where it stands
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env, file = 'legible.json'): Config {
  const path = environment.LEGIBLE_CONFIG ?? file;
  const fromFile = readSettings(path, environment.LEGIBLE_CONFIG !== undefined);
  const fromEnvironment: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('LEGIBLE_') || variable === 'LEGIBLE_CONFIG' || value === undefined) continue;
    const setting = settings.find((known) => known.variable === variable);
    if (setting) fromEnvironment[setting.name] = value;
    else problems.push(`${variable} is not a setting`);
  }
  const parsed = schema.safeParse({ ...fromFile, ...fromEnvironment });
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0] ?? '');
    const source = name in fromEnvironment ? variableOf(name) : `${name || 'legible.json'} in ${path}`;
    problems.push(`${source}: ${issue.message}`);
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(parsed.data);
}

function readSettings(path: string, required: boolean): Record<string, unknown> {
  if (!existsSync(path)) {
    if (required) throw new ConfigError([`${path} does not exist`]);
    return {};
  }
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new ConfigError([`${path} is not a JSON object`]);
  }
}

/** `opsPort` → `LEGIBLE_OPS_PORT` */
function variableOf(name: string): string {
  return `LEGIBLE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
