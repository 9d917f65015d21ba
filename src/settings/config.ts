import { readFileSync } from 'node:fs';
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
  parseJson,
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
import { suggestion } from './suggestion.ts';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every setting, its default and what it does; the only list of them. */
const schema = z.object({
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

/** Where each setting's value comes from: a variable, a file, or `default`. */
export type Sources = Record<keyof Config, string>;

/**
 * Reads legible.json, then `LEGIBLE_<NAME>` variables over it.
 * @throws ConfigError naming every mistake, with where it stands
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env, file = 'legible.json'): Config {
  return traceConfig(environment, file).config;
}

/** The configuration and where each of its values comes from; throws as loadConfig does. */
export function traceConfig(
  environment: NodeJS.ProcessEnv = process.env,
  file = 'legible.json',
): { config: Config; sources: Sources } {
  const path = environment.LEGIBLE_CONFIG ?? file;
  const problems: string[] = [];
  const given = {
    ...readFile(path, environment.LEGIBLE_CONFIG !== undefined, problems),
    ...readEnvironment(environment, problems),
  };
  const parsed = schema.safeParse(
    Object.fromEntries(Object.entries(given).map(([name, { value }]) => [name, value])),
  );
  for (const issue of parsed.error?.issues ?? []) {
    const [name, ...inside] = issue.path.map(String);
    problems.push(`${placeOf(name ?? '', inside, given)}: ${issue.message}`);
  }
  problems.push(...contradictions(given));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const sources = settings.map(({ name }) => [name, given[name]?.source ?? 'default']);
  return { config: Object.freeze(parsed.data), sources: Object.fromEntries(sources) };
}

/** What is wrong between settings; those that are wrong by themselves are left out. */
function contradictions(given: Given): string[] {
  const valid = Object.fromEntries(
    Object.entries(schema.shape).map(([name, kind]) => [name, kind.safeParse(given[name]?.value).data]),
  ) as Partial<Config>;
  const {
    port,
    opsPort,
    dialectPorts = {},
    taskSeconds = 0,
    resultSeconds = Number.POSITIVE_INFINITY,
  } = valid;
  const found: string[] = [];
  if (port !== undefined && port !== 0 && port === opsPort) found.push(`port and opsPort are both ${port}`);
  if (resultSeconds <= taskSeconds)
    found.push(
      `resultSeconds is ${resultSeconds}: a task may end after taskSeconds (${taskSeconds}), and nobody could fetch its result`,
    );
  const imageText = Math.ceil((valid.maxImageBytes ?? 0) / 3) * 4;
  if (valid.bodyLimitBytes !== undefined && valid.bodyLimitBytes < imageText)
    found.push(
      `bodyLimitBytes is ${valid.bodyLimitBytes}: an image of maxImageBytes (${valid.maxImageBytes}) has ${imageText} characters`,
    );
  const taken = [port, opsPort];
  for (const [name, own] of Object.entries(dialectPorts)) {
    if (own !== 0 && taken.includes(own))
      found.push(`dialectPorts.${name} is ${own}, and so is another port`);
    taken.push(own);
  }
  return found;
}

/** `prices.Foo in legible.json`, `LEGIBLE_PRICES.Foo` */
function placeOf(name: string, inside: readonly string[], given: Given): string {
  const source = given[name]?.source ?? name;
  return source.replace(/^\S+/, (field) => [field, ...inside].join('.'));
}

/** Values as they were found, by setting. */
type Given = Record<string, { value: unknown; source: string }>;

function readFile(path: string, required: boolean, problems: string[]): Given {
  const text = textOf(path);
  if (typeof text !== 'string') {
    const problem = `${path} ${text.unusable}`;
    if (required) problems.push(`LEGIBLE_CONFIG: ${problem}`);
    else if (text.unusable !== absent) problems.push(problem);
    return {};
  }
  const content = z.record(z.string(), z.unknown()).safeParse(parseJson(text));
  if (!content.success) {
    problems.push(`${path} is not a JSON object`);
    return {};
  }
  const given: Given = {};
  for (const [name, value] of Object.entries(content.data)) {
    const source = `${name} in ${path}`;
    const known = settings.map((setting) => setting.name);
    if (Object.hasOwn(schema.shape, name)) given[name] = { value, source };
    else problems.push(`${source} is not a setting${suggestion(name, known)}`);
  }
  return given;
}

/** The file's name, and what is set for clients in shells that then run commands of the server too. */
const otherVariables = new Set(['LEGIBLE_CONFIG', 'LEGIBLE_KEY', 'LEGIBLE_URL']);

function readEnvironment(environment: NodeJS.ProcessEnv, problems: string[]): Given {
  const given: Given = {};
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('LEGIBLE_') || otherVariables.has(variable) || value === undefined) continue;
    const setting = settings.find(
      (known) => known.variable === variable || (known.secret && `${known.variable}_FILE` === variable),
    );
    if (!setting) {
      const known = settings.map((each) => each.variable);
      problems.push(`${variable} is not a setting${suggestion(variable, known)}`);
    } else if (given[setting.name]) {
      problems.push(`${setting.variable} and ${setting.variable}_FILE are both set`);
    } else if (setting.variable === variable) {
      given[setting.name] = { value, source: variable };
    } else {
      const text = textOf(value);
      if (typeof text === 'string') given[setting.name] = { value: text.trim(), source: variable };
      else problems.push(`${variable}: ${value} ${text.unusable}`);
    }
  }
  return given;
}

const absent = 'does not exist';

/** What a file holds, or why it cannot be read. */
function textOf(path: string): string | { unusable: string } {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { unusable: code === 'ENOENT' ? absent : `cannot be read (${code})` };
  }
}

/** `opsPort` → `LEGIBLE_OPS_PORT` */
function variableOf(name: string): string {
  return `LEGIBLE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
