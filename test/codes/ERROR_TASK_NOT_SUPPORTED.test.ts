import { expect, test } from 'vitest';
import { expectReady, expectRefusal, imageTask, openWorld, start } from '../world.ts';

const text = 'Task types are not supported';

const foreign = [
  'ReCaptchaV2Task',
  'ReCaptchaV3TaskProxyLess',
  'HCaptchaTask',
  'AntiTurnstileTaskProxyLess',
  'DatadomeSliderTask',
  'AntiAwsWafTask',
  'GeeTestTaskProxyLess',
  'FunCaptchaTask',
  'AntiCloudflareTask',
];

test('the token types of anti-bot services, in either spelling, cost nothing', async () => {
  await using world = await openWorld();
  for (const type of [...foreign, ...foreign.map((name) => name.toLowerCase()), '__proto__', 'constructor'])
    expectRefusal(await world.call('createTask', { task: { type } }), 'ERROR_TASK_NOT_SUPPORTED', text);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('getToken and the methods of old clients', async () => {
  await using world = await openWorld();
  for (const method of ['getToken', 'kasada/invoke', 'akamaibmp/invoke'])
    expectRefusal(
      await world.call(method, { task: { type: 'ReCaptchaV2Task' } }),
      'ERROR_TASK_NOT_SUPPORTED',
      text,
    );
});

test('names of types are compared without regard to case', async () => {
  await using world = await openWorld();
  for (const type of ['imagetotexttask', 'IMAGETOTEXTTASK'])
    expectReady(await world.call('createTask', await imageTask({ type })));
});
