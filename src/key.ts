import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const prefix = 'lgl_';
const secretLength = 30;
const checksumLength = 6;

/** Whether a text begins as our own keys do. */
export function beginsAsKey(text: string): boolean {
  return text.startsWith(prefix);
}

/** A new key: `lgl_`, 30 random base62 characters (178 bit), 6 of checksum. */
export function generateKey(random: (size: number) => Uint8Array = randomBytes): string {
  let secret = '';
  while (secret.length < secretLength) {
    // 248 is the greatest multiple of 62 in a byte: taking more would favour the first characters.
    for (const byte of random(secretLength)) if (byte < 248) secret += alphabet[byte % 62];
  }
  secret = secret.slice(0, secretLength);
  return `${prefix}${secret}${checksum(secret)}`;
}

/**
 * Whether a text may be a key at all. One of our own form with a wrong checksum is a typing error and needs
 * no look into the database; keys of other services are known only by their hash.
 */
export function isPlausibleKey(key: string): boolean {
  if (key.length < 1 || key.length > 512) return false;
  if (!beginsAsKey(key)) return true;
  const secret = key.slice(prefix.length, -checksumLength);
  return secret.length === secretLength && key.endsWith(checksum(secret));
}

/** What the store keeps in place of a key: a dump of it cannot be searched for keys without the pepper. */
export function hashKey(key: string, pepper: string): string {
  return createHmac('sha256', pepper).update(key).digest('hex');
}

/** Of a secret of Standard Webhooks; what follows is base64. */
export const secretPrefix = 'whsec_';

/**
 * What the callbacks of a key's tasks are signed with. It follows from the pepper, so that no dump of the database
 * holds it, and a new key has a new one.
 */
export function callbackSecret(keyId: string, pepper: string): string {
  return `${secretPrefix}${createHmac('sha256', pepper).update(`callback ${keyId}`).digest('base64')}`;
}

/** Tells one pepper from another in a database that must not hold it. No key has a space, as the text here has. */
export function fingerprintOf(pepper: string): string {
  return createHmac('sha256', pepper).update('fingerprint of the pepper').digest('hex').slice(0, 16);
}

/** How people recognise a key: its first and last characters, at most a quarter of them. */
export function hintOf(key: string): string {
  if (key.length < 16) return `${key.slice(0, 2)}…`;
  const shown = Math.min(10, Math.floor(key.length / 4));
  const last = Math.floor(shown / 3);
  return `${key.slice(0, shown - last)}…${key.slice(-last)}`;
}

function checksum(secret: string): string {
  let left = crc32(secret);
  let digits = '';
  for (let place = 0; place < checksumLength; place++) {
    digits = alphabet[left % 62] + digits;
    left = Math.floor(left / 62);
  }
  return digits;
}
