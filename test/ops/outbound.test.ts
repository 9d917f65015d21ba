import { expect, test } from 'vitest';
import { freePort } from '../freePort.ts';
import { imageTask } from '../world.ts';
import { startServer } from './server.ts';

test('a server never calls itself, even where its operator allows its address; and what is allowed is logged', async () => {
  const [port, opsPort] = [await freePort(), await freePort()];
  const server = await startServer({
    LEGIBLE_PORT: String(port),
    LEGIBLE_OPS_PORT: String(opsPort),
    LEGIBLE_OUTBOUND_ALLOW: '127.0.0.0/8',
    LEGIBLE_OUTBOUND_PORTS: `80,${port},${opsPort}`,
  });
  expect(server.logged()).toContain('"allowed":["127.0.0.0/8"]');
  for (const callbackUrl of [
    `${server.url}/createTask`,
    `${server.opsUrl}/metrics`,
    `http://127.9.9.9:${port}/`,
  ]) {
    const body = { clientKey: server.key, ...(await imageTask()), callbackUrl };
    const answer = await server.post('/createTask', body);
    expect(await answer.json()).toMatchObject({
      errorCode: 'ERROR_INVALID_TASK_DATA',
      errorDescription: 'Invalid task data: callbackUrl: is not a URL that may be called',
    });
  }
});

test('nothing but the public internet may be called unless an operator says so, and then nothing is logged', async () => {
  const server = await startServer();
  expect(server.logged()).not.toContain('outgoing calls');
  const body = { clientKey: server.key, ...(await imageTask()), callbackUrl: 'http://127.0.0.1/' };
  const answer = await server.post('/createTask', body);
  expect(await answer.json()).toMatchObject({ errorCode: 'ERROR_INVALID_TASK_DATA' });
});
