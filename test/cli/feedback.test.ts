import { expect, it } from 'vitest';
import { unlimited } from '../../src/store/admin.ts';
import { openStore } from '../../src/store/open.ts';
import { hold } from '../store/hold.ts';
import { installation } from './legible.ts';

const { settings, run, json } = installation();

it('what clients said is listed newest first, and cannot colour the terminal', async () => {
  const { id: accountId } = await json('account', 'create', 'alice', '--balance', '1');
  const store = await openStore({ dataDir: settings.LEGIBLE_DATA_DIR, databaseUrl: undefined });
  const key = {
    id: 'key',
    accountId,
    packageId: null,
    hash: 'hash',
    hint: '',
    label: '',
    ...unlimited,
    now: 1,
  };
  await store.createKey(key);
  for (const [i, invalid] of [true, false, true].entries()) {
    const of = { taskId: `task-${i}`, accountId, now: 1_000 * (1 + i) };
    await store.reserve(hold({ ...of, keyId: key.id }));
    await store.settle({ taskId: of.taskId, lease: 1, solution: '{}', now: of.now });
    const said = invalid ? { code: 7, message: '\u001b[31mred\u001b[0m' } : { code: null, message: null };
    await store.saveFeedback({ ...of, invalid, ...said });
  }
  await store.close();

  const [, ...lines] = (await run('feedback', 'list')).out.trimEnd().split('\n');
  expect(lines).toEqual([
    '1970-01-01 00:00:03Z  wrong   alice    ImageToTextTask common  task-2  7 red',
    '1970-01-01 00:00:02Z  right   alice    ImageToTextTask common  task-1  –',
    '1970-01-01 00:00:01Z  wrong   alice    ImageToTextTask common  task-0  7 red',
  ]);
  const ids = async (...options: string[]) =>
    (await json('feedback', 'list', ...options)).map(({ taskId }: { taskId: string }) => taskId);
  expect(await ids('--wrong')).toEqual(['task-2', 'task-0']);
  expect(await ids('--limit', '1')).toEqual(['task-2']);
});
