import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/errors.ts';
import { ask, type Foreign, hosts, wire } from '../clients/wire.ts';
import { imageTask, openWorld, picture } from '../world.ts';

const open = () => openWorld({ settings: { sandbox: true, banErrors: 3, blockErrors: 3 } });

it('the older API of 2captcha has the sandbox too', async () => {
  await using world = await open();
  const body = encodeURIComponent(await picture());
  const send = async (key: string) =>
    (
      await wire(world, '/in.php', {
        type: 'application/x-www-form-urlencoded',
        body: `key=${key}&method=base64&body=${body}`,
      })
    ).text;
  expect(await send('test-err-ERROR_ZERO_BALANCE')).toBe('ERROR_ZERO_BALANCE');
  const [, id] = (await send('test-async')).split('|');
  expect(id).toMatch(/^\d{11}$/);
  const result = () => wire(world, `/res.php?key=test-async&action=get&id=${id}`, { method: 'GET' });
  expect([(await result()).text, (await result()).text]).toEqual(['CAPCHA_NOT_READY', 'OK|44795sds']);
  const [, limited] = (await send('test-fail-ERROR_RATE_LIMIT')).split('|');
  for (const asked of ['id', 'ids']) {
    const query = `key=test-ok&action=get&${asked}=${limited}`;
    expect((await wire(world, `/res.php?${query}`, { method: 'GET' })).text).toBe('ERROR: 1005');
  }
  const balance = '/res.php?key=test-err-ERROR_TASKID_INVALID&action=getbalance';
  expect((await wire(world, balance, { method: 'GET' })).text).toBe('ERROR_WRONG_CAPTCHA_ID');
});

describe.each(Object.keys(hosts) as Foreign[])('in the dialect of %s', (name) => {
  it('every code is staged under its own name, and tasks have numbers like real ones', async () => {
    await using world = await open();
    for (const code of errorCodes) {
      const staged = await ask(world, name, 'createTask', {
        clientKey: `test-err-${code}`,
        ...(await imageTask()),
      });
      expect(staged.errorId).toBeGreaterThan(0);
    }
    const clientKey = 'test-async';
    const { taskId } = await ask(world, name, 'createTask', { clientKey, ...(await imageTask()) });
    expect(String(taskId)).toMatch(/^\d{11}$/);
    expect((await ask(world, name, 'getTaskResult', { clientKey, taskId })).status).toBe('processing');
    const ready = await ask(world, name, 'getTaskResult', { clientKey, taskId: String(taskId) });
    expect(ready).toMatchObject({ errorId: 0, status: 'ready', solution: { text: '44795sds' } });
  });
});
