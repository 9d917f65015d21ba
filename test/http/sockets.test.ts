import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, type World } from '../world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ settings: { maxConnections: 12 } });
});
afterAll(() => world[Symbol.asyncDispose]());

const question = 'GET /questions HTTP/1.1\r\nHost: x\r\n\r\n';

async function open(): Promise<Socket> {
  const socket = connect(world.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Answers that came before the connection was closed, or as many as are awaited. */
async function answers(socket: Socket, awaited: number): Promise<number> {
  let text = '';
  for await (const piece of socket) {
    text += piece;
    if (text.split('HTTP/1.1 200').length > awaited) break;
  }
  return text.split('HTTP/1.1 200').length - 1;
}

test('requests sent a few ahead are all answered', async () => {
  const socket = await open();
  socket.write(question.repeat(20));
  expect(await answers(socket, 20)).toBe(20);
});

test('a connection with hundreds of requests ahead is ended, as one mistake of its address', async () => {
  const before = world.log.length;
  const socket = await open();
  socket.write(question.repeat(500));
  expect(await answers(socket, 500)).toBeLessThan(100);
  const said = world.log.slice(before).join('');
  expect(said.match(/too many requests on one connection/g)).toHaveLength(1);
});

test('one address has a quarter of the connections, and may come again when it has closed one', async () => {
  const all = await Promise.all(Array.from({ length: 3 }, open));
  const fourth = await open();
  expect(await answers(fourth, 1)).toBe(0);
  all[0]!.destroy();
  await expect
    .poll(async () => {
      const again = await open();
      again.write(question);
      return answers(again, 1);
    })
    .toBe(1);
  for (const socket of all) socket.destroy();
});
