import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Config, schema, settings } from './config.ts';
import { parseJson } from './settingKinds.ts';
import { suggestion } from './suggestion.ts';

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

/** Whether the terminal says that its cursor cannot go back, as a shell inside an editor does. */
export function isDumbTerminal({ TERM }: NodeJS.ProcessEnv = process.env): boolean {
  return TERM === 'dumb';
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
