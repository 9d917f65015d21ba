import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { example } from './example.ts';
import { generateKey, hashKey, hintOf } from './key.ts';
import { type StoreAdmin, unlimited } from './store/admin.ts';

const name = 'play';
const balance = { amount: 10_000_000, note: 'play balance' };

/**
 * Makes a first account with $10 of play balance and a key, in a store that has no key yet; returns the key.
 * A first start that died half-way is taken up where it stopped.
 */
export async function welcome(store: StoreAdmin, pepper: string, clock: Clock): Promise<string | undefined> {
  const accounts = await store.listAccounts();
  if (accounts.some((account) => account.name !== name) || (await store.listKeys()).length > 0)
    return undefined;
  const now = clock.now();
  const account = accounts[0] ?? (await store.createAccount({ id: randomUUID(), name, now, balance }));
  const key = generateKey();
  await store.createKey({
    id: randomUUID(),
    accountId: account.id,
    packageId: null,
    hash: hashKey(key, pepper),
    hint: hintOf(key),
    label: 'first key',
    ...unlimited,
    now,
  });
  return key;
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
