import crypto from 'node:crypto';
import * as second from 'altcha-lib';
import { deriveKey as argon2id } from 'altcha-lib/algorithms/argon2id';
import { deriveKey as pbkdf2 } from 'altcha-lib/algorithms/pbkdf2';
import { deriveKey as scrypt } from 'altcha-lib/algorithms/scrypt';
import { deriveKey as sha } from 'altcha-lib/algorithms/sha';
import * as first from 'altcha-lib/v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpServer } from '../outbound/loopback.ts';
import { openProofWorld, solved } from '../proofWorld.ts';
import type { World } from '../world.ts';

const secret = 'a secret of the site';
const settings = { maxPolls: 100_000 };
let challenge: unknown;
let site: Awaited<ReturnType<typeof httpServer>>;
let world: World;

beforeAll(async () => {
  site = await httpServer((_request, response) => response.end(JSON.stringify(challenge)));
  world = await openProofWorld([site.port], { settings, money: 1_000_000_000 });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await site.close();
});

const ask = (fields: Record<string, unknown>) => solved(world, { type: 'AltchaTask', ...fields });
const decoded = (token: string) => JSON.parse(Buffer.from(token, 'base64').toString());

describe("ALTCHA's own verifier accepts our token for version 1", () => {
  it.each(['SHA-1', 'SHA-256', 'SHA-512'] as const)('with %s, given or fetched', async (algorithm) => {
    const expires = new Date(Date.now() + 60_000);
    challenge = await first.createChallenge({ algorithm, hmacKey: secret, maxnumber: 50_000, expires });
    for (const fields of [
      { challenge },
      { challengeURL: site.url },
      { challenge: JSON.stringify(challenge) },
      { challenge: { ...(challenge as object), maxnumber: null, maxNumber: 50_000 } },
    ]) {
      const { body } = await ask(fields);
      expect(body.status).toBe('ready');
      expect(await first.verifySolution(body.solution.token, secret)).toBe(true);
    }
  });

  it('whatever page the client says that it is from', async () => {
    challenge = await first.createChallenge({ hmacKey: secret, maxnumber: 1_000 });
    const { body } = await ask({ challenge, websiteURL: 'http://localhost:3000/form' });
    expect(body.status).toBe('ready');
  });

  it('whatever the length of the salt and the number', async () => {
    const numbers = [0, 1, 9, 10, 11, 99, 100, 101, 9_999, 10_000, 12_345];
    for (const [index, number] of numbers.entries()) {
      const salt = `${'s'.repeat(17 * index)}?expires=${Math.floor(Date.now() / 1_000) + 60}`;
      challenge = await first.createChallenge({ hmacKey: secret, salt, number, maxnumber: 20_000 });
      const { body } = await ask({ challenge });
      expect(body.solution).toMatchObject({ number });
      expect(await first.verifySolution(body.solution.token, secret)).toBe(true);
    }
  });

  it('and is not given a number beyond the maximum', async () => {
    challenge = { ...(await first.createChallenge({ hmacKey: secret, number: 501 })), maxnumber: 500 };
    const { body } = await ask({ challenge });
    expect(body).toMatchObject({ status: 'failed', errorCode: 'ERROR_CAPTCHA_UNSOLVABLE' });
  });
});

it('a hash that is longer than those of its algorithm is not looked for', async () => {
  const { body } = await ask({ challenge: { algorithm: 'SHA-1', challenge: '0'.repeat(42), salt: 's' } });
  expect(body).toMatchObject({
    errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
    errorDescription:
      'Captcha not recognized: task.challenge: its challenge is longer than a hash of its algorithm',
  });
});

describe("ALTCHA's own verifier accepts our token for version 2", () => {
  const functions = [
    ['SHA-256', sha, { cost: 3 }],
    ['SHA-384', sha, { cost: 1 }],
    ['SHA-512', sha, { cost: 2 }],
    ['PBKDF2/SHA-256', pbkdf2, { cost: 100 }],
    ['PBKDF2/SHA-384', pbkdf2, { cost: 20 }],
    ['PBKDF2/SHA-512', pbkdf2, { cost: 20 }],
    ['SCRYPT', scrypt, { cost: 64, memoryCost: 8 }],
    ['ARGON2ID', argon2id, { cost: 1, memoryCost: 256, parallelism: 1 }],
  ] as const;

  it.each(functions)('with %s', async (algorithm, deriveKey, costs) => {
    const signed = { hmacSignatureSecret: secret };
    const made = { algorithm, deriveKey, data: { form: 'contact' }, ...costs, ...signed };
    challenge = await second.createChallenge({
      ...made,
      keyPrefix: 'a5',
      expiresAt: Date.now() / 1_000 + 60,
    });
    const { body } = await ask({ challengeURL: site.url });
    expect(body.status).toBe('ready');
    const token = decoded(body.solution.token);
    expect(await second.verifySolution({ ...token, deriveKey, ...signed })).toMatchObject({ verified: true });
  });

  it('with a counter that the site has drawn, and an odd number of digits asked', async () => {
    const secrets = { hmacSignatureSecret: secret, hmacKeySignatureSecret: 'another' };
    const made = { algorithm: 'SHA-256', deriveKey: sha, cost: 1 };
    challenge = await second.createChallenge({ ...made, counter: 3_210, ...secrets });
    const drawn = (await ask({ challenge })).body.solution;
    expect(drawn.number).toBe(3_210);
    const first = decoded(drawn.token);
    expect(await second.verifySolution({ ...first, deriveKey: sha, ...secrets })).toMatchObject({
      verified: true,
    });

    challenge = await second.createChallenge({ ...made, keyPrefix: 'abc', hmacSignatureSecret: secret });
    const odd = decoded((await ask({ challenge })).body.solution.token);
    expect(
      await second.verifySolution({ ...odd, deriveKey: sha, hmacSignatureSecret: secret }),
    ).toMatchObject({ verified: true });
  });

  it.each([
    [{ algorithm: 'SCRYPT', cost: 3, memoryCost: 8 }, 'its cost is none that scrypt takes'],
    [{ algorithm: 'SCRYPT', cost: 1, memoryCost: 8 }, 'its cost is none that scrypt takes'],
    [{ algorithm: 'SCRYPT', cost: 2 ** 16, memoryCost: 1 }, 'its cost is none that scrypt takes'],
    [{ algorithm: 'SCRYPT', cost: 64 }, 'has no memoryCost'],
    [{ algorithm: 'ARGON2ID', memoryCost: 64, salt: 'bb' }, 'its salt is shorter than argon2 takes'],
    [{ algorithm: 'ARGON2ID', memoryCost: 64, keyLength: 3 }, 'its keyLength is less than argon2 takes'],
    [{ algorithm: 'ARGON2ID', memoryCost: 31, parallelism: 4 }, 'its memoryCost is less than argon2 takes'],
    [
      { algorithm: 'SHA-256', keyLength: 512, keyPrefix: '0'.repeat(65) },
      'its keyPrefix is longer than the key',
    ],
    [
      { algorithm: 'PBKDF2/SHA-256', keyLength: 2, keyPrefix: '00000' },
      'its keyPrefix is longer than the key',
    ],
  ])('but %o, which has no key, is told to be unsolvable', async (more, why) => {
    const parameters = {
      nonce: 'aa',
      salt: 'bb'.repeat(8),
      keyPrefix: '00',
      keyLength: 32,
      cost: 1,
      ...more,
    };
    const { body } = await ask({ challenge: { parameters } });
    expect(body).toMatchObject({ status: 'failed', errorCode: 'ERROR_CAPTCHA_UNSOLVABLE' });
    expect(body.errorDescription).toBe(`Captcha not recognized: task.challenge: ${why}`);
  });

  it.each([
    { algorithm: 'SCRYPT', cost: 2, memoryCost: 1 },
    { algorithm: 'SCRYPT', cost: 2 ** 15, memoryCost: 1 },
    { algorithm: 'ARGON2ID', memoryCost: 8, keyLength: 4 },
    { algorithm: 'PBKDF2/SHA-256', keyLength: 1 },
  ])('down to the least and up to the most that a function takes: %o', async (more) => {
    const parameters = { nonce: 'aa', salt: 'bb'.repeat(8), keyPrefix: '0', cost: 1, ...more };
    const { body } = await ask({ challenge: { parameters } });
    expect(body.status).toBe('ready');
  });

  it('but argon2 is told to be missing on a Node that has none', async () => {
    const { argon2Sync } = crypto;
    Object.assign(crypto, { argon2Sync: undefined });
    const parameters = { algorithm: 'ARGON2ID', nonce: 'aa', salt: 'bb'.repeat(8), cost: 1, memoryCost: 8 };
    const { body } = await ask({ challenge: { parameters: { ...parameters, keyPrefix: '0' } } }).finally(() =>
      Object.assign(crypto, { argon2Sync }),
    );
    expect(body.errorDescription).toMatch(/asks for argon2, which this server does not have$/);
  });

  it('but what would take too much memory or time by key is not begun', async () => {
    const parameters = { nonce: 'aa', salt: 'bb', keyPrefix: '00', keyLength: 32, cost: 1 };
    const greedy = [
      { algorithm: 'ARGON2ID', memoryCost: 4_000_000 },
      { algorithm: 'SCRYPT', cost: 2 ** 22, memoryCost: 8 },
      { algorithm: 'SHA-256', cost: 5_000_000 },
      { algorithm: 'PBKDF2/SHA-256', cost: 1_000_000_000 },
      { algorithm: 'PBKDF2/SHA-256', cost: 500_000, keyLength: 512 },
      { algorithm: 'SCRYPT', cost: 2 ** 15, memoryCost: 8, parallelism: 16 },
      { algorithm: 'ARGON2ID', cost: 16, memoryCost: 65_536 },
      // Work that lies around the function: what is spread out for it, and threads.
      { algorithm: 'SCRYPT', cost: 2, memoryCost: 524_288, parallelism: 1 },
      { algorithm: 'ARGON2ID', cost: 2_048, memoryCost: 128, parallelism: 16 },
    ];
    for (const more of greedy) {
      const { body } = await ask({ challenge: { parameters: { ...parameters, ...more } } });
      expect(body).toMatchObject({
        status: 'failed',
        errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
        errorDescription: expect.stringMatching(/asks for more memory or time by key than is given$/),
      });
    }
    const { body } = await ask({
      challenge: { codeChallenge: { image: '…' }, parameters: { ...parameters, algorithm: 'SHA-256' } },
    });
    expect(body.errorDescription).toBe(
      'Captcha not recognized: task.challenge: asks for a code from a picture as well',
    );
  });
});

describe('a task that cannot be', () => {
  const good = { algorithm: 'SHA-256', challenge: 'ab', salt: 's' };
  it.each([
    [{}, 'task.challenge: is missing, and so is challengeURL'],
    [{ challenge: 'no JSON' }, 'task.challenge: is not JSON'],
    [{ challenge: 'x'.repeat(65_537) }, 'task.challenge: is longer than 65536 characters'],
    [{ challenge: '['.repeat(65_536) }, 'task.challenge: is nested deeper than 32'],
    [
      { challenge: `[${'0,'.repeat(20_000)}0]` },
      'task.challenge: has more than 16384 characters outside of its strings',
    ],
    [
      { challenge: { ...good, more: 'x'.repeat(131_072) } },
      'task.challenge: makes the task larger than 131072 bytes',
    ],
    [{ challenge: good, more: 'é'.repeat(65_536) }, 'task.more: makes the task larger than 131072 bytes'],
    [{ challenge: { ...good, algorithm: 'MD5' } }, 'task.challenge.algorithm: is not an algorithm of ALTCHA'],
    [{ challenge: { ...good, challenge: 'xyz' } }, 'task.challenge.challenge: is not hex'],
    [{ challenge: { parameters: { algorithm: 'ROT13' } } }, /^task\.challenge\.parameters\.algorithm/],
    [{ challengeURL: 7 }, 'task.challengeURL: is not a string'],
    [{ challengeURL: 'http://10.0.0.1/' }, 'task.challengeURL: is not a URL that may be called'],
    [{ websiteURL: 'http://169.254.169.254/' }, 'task.websiteURL: is not a URL that may be called'],
    [{ challengeURL: 'ftp://site.example/' }, 'task.challengeURL: is not a URL that may be called'],
    [{ challenge: good, proxy: 'nonsense' }, /^task\.proxy: is not host:port/],
    [{ challenge: good, proxy: '10.0.0.1:8080' }, 'task.proxy: is not an address that may be called'],
    [{ challenge: good, proxyAddress: 'p.example' }, 'task.proxyPort: is missing'],
    [
      { challenge: good, proxyAddress: '192.168.1.1', proxyPort: 80 },
      'task.proxyAddress: is not an address that may be called',
    ],
  ])('%o is refused, with the field named', async (fields, detail) => {
    const { body } = await ask(fields);
    expect(body.errorCode).toBe('ERROR_INVALID_TASK_DATA');
    const said = body.errorDescription.replace('Invalid task data: ', '');
    if (typeof detail === 'string') expect(said).toBe(detail);
    else expect(said).toMatch(detail);
  });

  it('an answer of a site that is nested too deep is none', async () => {
    let deep: unknown = {};
    for (let depth = 0; depth < 40; depth++) deep = [deep];
    challenge = { ...(await first.createChallenge({ hmacKey: secret, maxnumber: 100 })), deep };
    const { body } = await ask({ challengeURL: site.url });
    expect(body.errorDescription).toMatch(/did not answer as such a site does$/);
  });

  it('a site that gives no challenge costs nothing', async () => {
    challenge = { hello: 'world' };
    const before = await world.money();
    const { body } = await ask({ challengeURL: site.url });
    expect(body).toMatchObject({
      status: 'failed',
      errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
      errorDescription: 'Captcha not recognized: task.challengeURL: did not answer as such a site does',
    });
    expect(await world.money()).toEqual(before);
  });
});
