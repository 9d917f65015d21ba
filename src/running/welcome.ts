import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { example } from '../example.ts';
import { fingerprintOf, generateKey, hashKey, hintOf } from '../key.ts';
import { type StoreAdmin, unlimited } from '../store/admin.ts';

const balance = { amount: 10_000_000, note: 'play balance' };

/** Makes a first account with $10 of play balance and a key, in a store that has no account yet; returns the key. */
export async function welcome(store: StoreAdmin, pepper: string, clock: Clock): Promise<string | undefined> {
  const now = clock.now();
  const accountId = randomUUID();
  const key = generateKey();
  const isFirst = await store.welcome(
    { id: accountId, name: 'play', now, balance },
    {
      id: randomUUID(),
      accountId,
      packageId: null,
      hash: hashKey(key, pepper),
      hint: hintOf(key),
      label: 'first key',
      ...unlimited,
      now,
    },
    fingerprintOf(pepper),
  );
  return isFirst ? key : undefined;
}

/** What the first start prints: the key, and a line for any POSIX shell that reads an image with it. */
export function welcomeText(key: string, url: string): string {
  // Not `base64 -w0`: macOS has no such option.
  const image = `'"$(base64 < ${quote(example.file)} | tr -d '\\n')"'`;
  const body = `{"clientKey":"${key}","task":{"type":"ImageToTextTask","body":"${image}"}}`;
  return [
    '',
    'This is the first start: here is an account with $10 of play balance, and its key.',
    'The key is not shown again.',
    '',
    `  ${key}`,
    '',
    'Try it:',
    '',
    `curl -s ${url}/createTask -H 'content-type: application/json' -d '${body}'`,
    '',
  ].join('\n');
}

function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
