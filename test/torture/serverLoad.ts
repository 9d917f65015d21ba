import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { example } from '../../src/example.ts';
import type { Place } from './places.ts';
import { killHard, type Seen } from './round.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const clients = 16;

export interface Server {
  url: string;
  /** Printed by the first start only. */
  firstKey: string | undefined;
  child: ChildProcess;
}

/** Starts the built server as a user does, on ports that are free. */
export async function startServer(
  { dataDir, databaseUrl }: Place,
  settings: Record<string, string> = {},
): Promise<Server> {
  const child = spawn(process.execPath, ['bin/legible.js', 'serve'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      LEGIBLE_DATA_DIR: dataDir,
      ...(databaseUrl === undefined ? {} : { LEGIBLE_DATABASE_URL: databaseUrl }),
      LEGIBLE_PORT: '0',
      LEGIBLE_OPS_PORT: '0',
      LEGIBLE_LOG_LEVEL: 'error',
      LEGIBLE_RECOGNIZERS: '1',
      LEGIBLE_RATE_LIMIT: '1000000',
      ...settings,
    },
  });
  let printed = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(printed);
      if (found) resolve(found[0]);
    });
    child.once('exit', (code) => reject(new Error(`the server ended by itself with ${code}:\n${printed}`)));
  });
  return { url, firstKey: /lgl_[0-9A-Za-z]{36}/.exec(printed)?.[0], child };
}

/** Posts images from several clients at once until the server is killed a moment after its first answer. */
export async function killServerUnderLoad(
  { url, child }: Server,
  clientKey: string,
  momentMs: number,
): Promise<Seen> {
  const body = readFileSync(example.file).toString('base64');
  const seen: Seen = { charged: [], released: [], held: [], unanswered: 0 };
  let answered = () => {};
  const firstAnswer = new Promise<void>((resolve) => {
    answered = resolve;
  });
  let isAlive = true;
  const load = Array.from({ length: clients }, async () => {
    while (isAlive) {
      const answer = await post(`${url}/createTask`, { clientKey, task: { type: 'ImageToTextTask', body } });
      if (answer === undefined) {
        seen.unanswered++;
        return;
      }
      if (answer.status === 'ready') seen.charged.push(String(answer.taskId));
      else if (answer.errorCode !== 'ERROR_CAPTCHA_UNSOLVABLE')
        throw new Error(`the server answered ${JSON.stringify(answer)}`);
      answered();
    }
  });
  await Promise.race([firstAnswer, ...load]);
  await new Promise((resolve) => setTimeout(resolve, momentMs));
  await killHard(child);
  isAlive = false;
  await Promise.all(load);
  return seen;
}

/** How many of these results the server does not give any more. */
export async function countMissing({ url }: Server, clientKey: string, taskIds: string[]): Promise<number> {
  let missing = 0;
  for (const taskId of taskIds) {
    const answer = await post(`${url}/getTaskResult`, { clientKey, taskId });
    if (answer?.status !== 'ready') missing++;
  }
  return missing;
}

/** Undefined when the connection broke before the whole answer was there. */
export async function post(url: string, body: object): Promise<Record<string, unknown> | undefined> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await response.json()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
