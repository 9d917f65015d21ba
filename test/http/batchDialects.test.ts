import { expect, test } from 'vitest';
import { imageTask, openWorld, picture, price, start } from '../world.ts';

test.each(['anticaptcha', 'capmonster', '2captcha'])(
  'a task of createTasks that is sent alone under its name, with a key of %s, is the same request',
  async (dialect) => {
    await using world = await openWorld();
    const clientKey = await world.addKey({ dialect });
    const { task } = await imageTask({ case: true, websiteURL: '', score: null });
    const named = (name: string) => ({ headers: { 'idempotency-key': name } });
    const { results } = (await world.call('createTasks', { clientKey, tasks: [task] }, named('n'))).body;
    const alone = await world.call('createTask', { clientKey, task }, named('n 0'));
    expect([results[0].errorId, alone.body.errorId]).toEqual([0, 0]);
    expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
    const other = await world.call('createTask', { clientKey, task: { ...task, case: false } }, named('n 0'));
    expect(other.body.errorDescription).toContain('was sent before with another task');
  },
);

test('two images of in.php are two requests, whatever else stands beside them', async () => {
  await using world = await openWorld();
  const said: string[] = [];
  for (const width of [120, 121]) {
    const fields = {
      key: world.key,
      method: 'base64',
      task: { same: 'as before' },
      body: await picture(width),
    };
    const answer = await fetch(`${world.url}/in.php`, {
      method: 'POST',
      headers: { 'idempotency-key': 'n' },
      body: JSON.stringify(fields),
    });
    said.push(await answer.text());
  }
  expect(said).toEqual([expect.stringMatching(/^OK\|/), expect.not.stringMatching(/^OK/)]);
});
