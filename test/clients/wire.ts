import { request } from 'node:http';
import Database from 'better-sqlite3';
import type { World } from '../world.ts';

export interface Wired {
  status: number;
  type: string;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what it holds is what the tests are about
  json: any;
}

export interface Sent {
  method?: string;
  /** fetch would not send another Host than the address's. */
  host?: string;
  port?: number;
  type?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** Sends one request as it is written here. */
export function wire(world: World, path: string, sent: Sent = {}): Promise<Wired> {
  const { method = 'POST', host, port = world.port, type, headers: more, body } = sent;
  const headers = {
    ...more,
    ...(host === undefined ? {} : { host }),
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const type = answer.headers['content-type'] ?? '';
        const json = type.startsWith('application/json') ? JSON.parse(text) : undefined;
        resolve({ status: answer.statusCode!, type, text, json });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

export const hosts = {
  anticaptcha: 'api.anti-captcha.com',
  capmonster: 'api.capmonster.cloud',
  '2captcha': 'api.2captcha.com',
} as const;
export type Foreign = keyof typeof hosts;

/** Calls a JSON method under the dialect's own host name, with the world's key; it must answer 200. */
export async function ask(world: World, dialect: Foreign, method: string, fields: object = {}) {
  const body = JSON.stringify({ clientKey: world.key, ...fields });
  const { status, type, json } = await wire(world, `/${method}`, { host: hosts[dialect], body });
  if (status !== 200 || !type.startsWith('application/json')) throw new Error(`${status} ${type}`);
  return json;
}

/** What clients have said of answers, by the number of the task. */
export function feedbackOn(world: World): unknown[] {
  const books = new Database(world.databaseFile, { readonly: true });
  try {
    return books
      .prepare('select number, invalid from feedback join task on task.id = task_id order by feedback.rowid')
      .all();
  } finally {
    books.close();
  }
}
