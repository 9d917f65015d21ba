import { expect, it } from 'vitest';
import { installation } from './legible.ts';

const { run, json } = installation();

it('knows an account by its name however its letters are written', async () => {
  const [whole, parted] = ['zo\u00eb', 'zoe\u0308'];
  const { id } = await json('account', 'create', parted);
  expect(await run('account', 'create', whole)).toMatchObject({
    status: 1,
    err: `error: There is an account ${whole} already.\n`,
  });
  for (const name of [whole, parted, ` ${parted}`])
    expect(await json('account', 'show', name)).toMatchObject({ id, name: whole });
});

it('takes a name of 200 characters, and none that is longer', async () => {
  expect(await run('account', 'create', 'a'.repeat(201))).toMatchObject({
    status: 1,
    err: 'error: The name of an account has at most 200 characters.\n',
  });
  expect(await json('account', 'create', 'a'.repeat(200))).toMatchObject({ name: 'a'.repeat(200) });
});
