import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callbackSecret } from '../../src/key.ts';
import { signWebhook } from '../../src/outbound/webhook.ts';
import { openProofWorld } from '../proofWorld.ts';
import { pepper, picture, price, start } from '../world.ts';
import { installSdk } from './sdkPackage.ts';

/** The SDK as it was packed, by one program in each runtime that it is for; browsers are in test/browser. */
const runtimes = {
  node: { command: process.execPath, flags: [] },
  // Whatever it needs besides the network, it would have to ask for.
  deno: { command: onPath('deno'), flags: ['run', '--no-prompt', '--no-remote', '--allow-net=127.0.0.1'] },
  bun: { command: onPath('bun'), flags: ['run'] },
};
for (const [name, { command }] of Object.entries(runtimes))
  if (command === undefined) console.log(`SKIPPED: the SDK in ${name} (it is not on the PATH)`);

let installed: Awaited<ReturnType<typeof installSdk>>;
beforeAll(async () => {
  installed = await installSdk();
});
afterAll(() => installed.remove());

const program = (given: object) => `
  import { Legible, LegibleError, readWebhook } from '@legible/client';
  const { baseUrl, key, image, challenge, message, secret } = ${JSON.stringify(given)};
  const client = new Legible({ baseUrl, key });
  const errorOf = (promise) => promise.then(
    () => 'none',
    (error) => [error instanceof LegibleError, error.code],
  );

  const bytes = Uint8Array.from(atob(image), (letter) => letter.charCodeAt(0));
  const read = (await client.imageToText(bytes)).solution.text;
  const told = [];
  const outcomes = await client.solveAll(
    [
      { type: 'ImageToTextTask', body: image },
      { type: 'McaptchaTask', challenge },
      { type: 'ImageToTextTask', body: 'broken' },
    ],
    { onProgress: ({ index }) => told.push(index) },
  );
  const wrongKey = await errorOf(new Legible({ baseUrl, key: 'wrong' }).getBalance());
  const nobody = await errorOf(new Legible({ baseUrl: 'http://127.0.0.1:1', key, retries: 0 }).getBalance());
  const aborted = await client.imageToText(image, {}, { signal: AbortSignal.abort('enough') }).catch(String);
  const { body, headers } = message;
  console.log(JSON.stringify({
    read,
    outcomes: outcomes.map(({ solution, error }) => solution?.text ?? solution?.string ?? error.code),
    told: told.sort(),
    wrongKey,
    nobody,
    aborted,
    webhook: await readWebhook(body, new Headers(headers), secret),
    forged: await errorOf(readWebhook(body + ' ', headers, secret)),
  }));`;

test.for(Object.entries(runtimes))(
  '%s reads, asks for many, learns of errors and verifies',
  async ([, { command, flags }], context) => {
    if (command === undefined) return context.skip();
    await using world = await openProofWorld([80]);
    const secret = callbackSecret('key', pepper);
    const body = '{"errorId":0,"status":"ready","solution":{"text":"ä"},"taskId":"t"}';
    const given = {
      baseUrl: world.url,
      key: world.key,
      image: await picture(),
      challenge: { string: 'a phrase', salt: 'a salt', difficulty_factor: 500 },
      message: { body, headers: signWebhook({ id: 't', body, at: Date.now() }, secret) },
      secret,
    };
    expect(JSON.parse(await installed.run(command, flags, program(given)))).toEqual({
      read: 'k7mp2',
      outcomes: ['k7mp2', 'a phrase', 'ERROR_PARSE_IMAGE_FAIL'],
      told: [0, 1, 2],
      wrongKey: [true, 'ERROR_KEY_DENIED_ACCESS'],
      nobody: [true, 'NO_ANSWER'],
      aborted: 'enough',
      webhook: { errorId: 0, status: 'ready', solution: { text: 'ä' }, taskId: 't' },
      forged: [true, 'WEBHOOK_REFUSED'],
    });
    expect(await world.money()).toEqual({ posted: start - 3 * price, pending: 0 });
  },
);

function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
