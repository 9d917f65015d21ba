import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startServer } from './server.ts';

it('every metric of a running server stands in docs/operations.md, and no others do', async () => {
  const server = await startServer();
  await server.post('/getBalance', { clientKey: server.key });
  await server.post('/createTask', { clientKey: server.key, task: { type: 'Unheard' } });
  const text = await (await fetch(`${server.opsUrl}/metrics`)).text();
  const served = [...text.matchAll(/^# TYPE (legible_\w+) /gm)].map(([, name]) => name);
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| (`legible_.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(legible_\w+)`/g)].map(([, name]) => name),
  );
  expect(documented.toSorted()).toEqual(served.toSorted());
});

it('no label takes its values from what clients send', async () => {
  const server = await startServer();
  const foreign = 'f0reign';
  await server.post(`/${foreign}`, {});
  await server.post('/createTask', { clientKey: server.key, task: { type: foreign, module: foreign } });
  await server.post('/getTaskResult', { clientKey: foreign, taskId: foreign });
  await fetch(`${server.url}/createTask`, { method: 'DELETE', headers: { 'user-agent': foreign } });
  const text = await (await fetch(`${server.opsUrl}/metrics`)).text();
  expect(text.split('\n').filter((line) => line.includes(foreign))).toEqual([]);
  expect(text).toContain('error_code="ERROR_TASK_NOT_SUPPORTED"');
});
