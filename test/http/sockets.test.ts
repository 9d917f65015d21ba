import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
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

test('of hundreds of requests ahead the first 32 are answered, and the connection ends, as one mistake', async () => {
  const before = world.log.length;
  const socket = await open();
  socket.write(question.repeat(500));
  const all = (await text(socket)).split('HTTP/1.1 ').slice(1);
  expect(all.map((answer) => answer.slice(0, 3))).toEqual([...Array(32).fill('200'), '400']);
  expect(all[32]).toMatch(/connection: close[\s\S]*too many requests ahead on one connection/i);
  const said = world.log.slice(before).join('');
  expect(said.match(/too many requests ahead/g)).toHaveLength(1);
});

test('answers to mistakes say as others do whether their connection stays', async () => {
  const socket = await open();
  const wrong = (more: string) =>
    `POST /getBalance HTTP/1.1\r\nHost: x\r\n${more}Content-Length: 2\r\n\r\n{}`;
  socket.write(wrong('') + wrong('Connection: close\r\n'));
  const [, first, second] = (await text(socket)).split('HTTP/1.1 401');
  expect(first).toMatch(/connection: keep-alive\r\nkeep-alive: timeout=5/i);
  expect(second).toMatch(/connection: close/i);
});

test('a body in more pieces than it can need is told so before its connection ends', async () => {
  const socket = await open();
  socket.write('POST /getBalance HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (let at = 0; at < 30; at++) socket.write('1\r\n{\r\n'.repeat(40));
  expect(await text(socket)).toMatch(/^HTTP\/1.1 400[\s\S]*connection: close[\s\S]*too many pieces/i);
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
