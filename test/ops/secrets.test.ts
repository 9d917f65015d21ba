import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startServer } from './server.ts';

const canary = 'c4n4ry-0f7e91';

function linesWith(secret: string, output: string): string[] {
  return output.split('\n').filter((line) => line.includes(secret));
}

it('nothing that a client sends in confidence comes out in logs, metrics or error texts', async () => {
  const server = await startServer();
  const image = readFileSync(new URL('../../examples/common.png', import.meta.url)).toString('base64');
  const key = server.key;
  const answers: string[] = [];
  async function send(path: string, body: unknown, headers?: Record<string, string>) {
    answers.push(await (await server.post(path, body, headers)).text());
  }

  for (const path of [
    '/createTask',
    '/getTaskResult',
    '/getBalance',
    '/feedbackTask',
    '/getToken',
    '/elsewhere',
  ]) {
    await send(path, { clientKey: canary });
    await send(path, { ClientKey: `lgl_${canary}` });
    await send(path, { clientKey: { nested: canary } });
    await send(path, `{"clientKey":"${canary}"`);
    await send(path, `"${canary}"`);
    await send(`${path}?clientKey=${canary}`, {});
    await send(`${path}/${canary}`, {});
    await send(
      path,
      { clientKey: key },
      {
        authorization: `Bearer ${canary}`,
        cookie: `session=${canary}`,
        'user-agent': canary,
        'content-type': `application/json; secret=${canary}`,
        'accept-language': canary,
        'x-forwarded-for': canary,
        'idempotency-key': canary,
      },
    );
  }
  for (const path of ['/in.php', '/res.php']) {
    await send(`${path}?key=${canary}&action=getbalance&json=1`, '');
    await send(path, { key: canary, method: canary, body: canary, file: canary });
    await send(path, { key, method: canary, body: canary, id: canary, action: canary, pingback: canary });
    await send(path, `key=${key}&body=${canary}`, { 'content-type': 'application/x-www-form-urlencoded' });
    await send(path, canary, { 'content-type': `multipart/form-data; boundary=${canary}` });
  }
  const task = { type: 'ImageToTextTask', body: image };
  for (const field of [
    'type',
    'body',
    'module',
    'score',
    'case',
    'images',
    'charset',
    'minLength',
    'websiteURL',
  ]) {
    await send('/createTask', { clientKey: key, task: { ...task, [field]: canary } });
    await send('/createTask', { clientKey: key, task: { ...task, [field]: [canary] } });
    await send('/createTask', { clientKey: key, task: { ...task, [field]: { [canary]: canary } } });
  }
  await send('/createTask', { clientKey: key, task: { ...task, body: `data:image/png;base64,${canary}` } });
  await send('/createTask', { clientKey: key, task, callbackUrl: `http://${canary}.example`, appId: canary });
  await send('/createTask', { clientKey: key, task: { ...task, proxy: `http:127.0.0.1:1:user:${canary}` } });
  await send('/getTaskResult', { clientKey: key, taskId: canary });
  await send('/feedbackTask', {
    clientKey: key,
    taskId: canary,
    result: { invalid: canary, message: canary },
  });

  const solved = (await (await server.post('/createTask', { clientKey: key, task })).json()) as {
    solution: { text: string };
  };
  expect(solved).toMatchObject({ errorId: 0, status: 'ready' });
  const metrics = await (await fetch(`${server.opsUrl}/metrics`)).text();
  const logged = server.logged();

  expect(logged.split('\n').length).toBeGreaterThan(50);
  for (const line of logged.trimEnd().split('\n')) expect(() => JSON.parse(line), line).not.toThrow();
  for (const [name, output] of Object.entries({ logged, metrics, answers: answers.join('\n') })) {
    for (const secret of [canary, key, image.slice(0, 60)])
      expect(linesWith(secret, output), name).toEqual([]);
  }
  expect(linesWith(JSON.stringify(solved.solution.text), logged + metrics)).toEqual([]);
});
