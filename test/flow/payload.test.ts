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

test('a task that is too large for the name of a field is refused by that, and does not pass for one without a type', async () => {
  await using world = await openProofWorld([]);
  const clientKey = await world.addKey({ dialect: 'anticaptcha' });
  const { body } = await world.call('createTask', { clientKey, task: { type: 'AltchaTask', [long]: 1 } });
  expect(body.errorCode).toBe('ERROR_INCORRECT_SESSION_DATA');
  expect(world.log.join('')).toMatch(/task\.x+: makes the task larger than 131072 bytes/);
});

test('a task whose JSON is short enough is taken, however many things a list of it holds', async () => {
  await using world = await openProofWorld([]);
  const task = {
    type: 'AltchaTask',
    challenge: 'no JSON',
    more: [long.slice(0, 110_000), ...Array(7_000).fill(1)],
  };
  const { body } = await world.call('createTask', { task });
  expect(body.errorDescription).toContain('task.challenge: is not JSON');
});

test('a task nested as deep as a body may be is no fault of the server', async () => {
  await using world = await openProofWorld([]);
  for (const depth of [30, 60, 1_000, 7_000]) {
    const fields = `"type":"AltchaTask","challenge":"no JSON","more":${'['.repeat(depth)}${']'.repeat(depth)}`;
    const answer = await fetch(`${world.url}/createTask`, {
      method: 'POST',
      body: `{"clientKey":"${world.key}","task":{${fields}}}`,
    });
    expect(await answer.json()).toMatchObject({
      errorCode: expect.stringMatching(/INVALID_TASK_DATA|BAD_REQUEST/),
    });
  }
  expect(world.log.join('')).not.toContain('our own fault');
});
