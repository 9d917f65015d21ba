import { expect, test } from 'vitest';
import { openProofWorld } from '../proofWorld.ts';

const long = 'x'.repeat(140_000);

test.each([
  ['capsolver', { challenge: long }, 'task.challenge'],
  ['capsolver', { challenge: { string: 'ж'.repeat(70_000) } }, 'task.challenge'],
  ['anticaptcha', { challengeURL: `https://example.com/${long}` }, 'task.challengeURL'],
  ['capmonster', { challenge: long }, 'task.challenge'],
  ['2captcha', { challengeJSON: long }, 'task.challenge'],
])(
  '%s: a task with a field of 140 KB is refused by that field, and is no fault of the server',
  async (dialect, fields, named) => {
    await using world = await openProofWorld([]);
    const clientKey = await world.addKey({ dialect });
    const { body } = await world.call('createTask', { clientKey, task: { type: 'AltchaTask', ...fields } });
    expect(body.errorCode).not.toMatch(/NO_SLOT|SERVICE_UNAVALIABLE/);
    expect(world.log.join('')).toContain(`${named}: makes the task larger than 131072 bytes`);
    expect(world.log.join('')).not.toContain('our own fault');
  },
);
