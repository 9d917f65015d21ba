import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { lastRequests } from '../../src/http/rawSocket.ts';
import { gatedReader, imageTask, openWorld, price, type World } from '../world.ts';

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

const statuses = (said: string) => [...said.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status);

/** What a connection is told that has sent so many requests ahead, and how often the log has that as a mistake. */
async function ahead(count: number, asked = question): Promise<{ said: string; mistakes: number }> {
  const before = world.log.length;
  const socket = await open();
  socket.write(asked.repeat(count));
  const said = await text(socket);
  const log = world.log.slice(before).join('');
  return { said, mistakes: log.split('too many requests ahead').length - 1 };
}

test('of more than 32 requests ahead the first are answered, and the connection ends, as one mistake', async () => {
  const { said, mistakes } = await ahead(50);
  expect(statuses(said)).toEqual([...Array(32).fill('200'), '400']);
  expect(said).toMatch(/connection: close[\s\S]*too many requests ahead on one connection/i);
  expect(mistakes).toBe(1);
});

test('requests with malformed addresses are counted as well', async () => {
  const { said, mistakes } = await ahead(50, 'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(statuses(said)).toEqual(Array(33).fill('400'));
  expect(said).toMatch(/the address is malformed[\s\S]*too many requests ahead on one connection/);
  expect(mistakes).toBe(1);
});

test('a connection with hundreds of requests ahead is ended, as one mistake of its address', async () => {
  const { said, mistakes } = await ahead(500);
  expect(statuses(said).length).toBeLessThan(40);
  expect(mistakes).toBe(1);
});

test('requests whose answers are under way in lines are counted as those that wait', async () => {
  const { read, finish } = gatedReader('abc');
  await using slow = await openWorld({ engines: { text: { read } } });
  const body = JSON.stringify({ clientKey: slow.key, tasks: [(await imageTask()).task] });
  const asked = `POST /createTasks HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const socket = connect(slow.port, '127.0.0.1');
  const said = text(socket);
  socket.write(asked.repeat(32));
  await expect.poll(() => slow.money()).toMatchObject({ pending: 32 * price });
  socket.write(asked.repeat(8));
  await expect.poll(() => slow.log.join('')).toContain('too many requests ahead');
  finish();
  expect(statuses(await said)).toEqual([...Array(32).fill('200'), '400']);
});

test('a connection that sends two at a time for long is watched once', async () => {
  const warned = vi.spyOn(process, 'emitWarning');
  const socket = await open();
  for (let pair = 0; pair < 15; pair++) {
    socket.write(question.repeat(2));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  socket.destroy();
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
});

test('of many connections at once a network has 256 requests ahead, and those with more end', async () => {
  const { read, finish } = gatedReader('abc');
  const settings = { maxConnections: 1_000, concurrency: 10_000 };
  await using slow = await openWorld({ settings, engines: { text: { read } } });
  const body = JSON.stringify({ clientKey: slow.key, ...(await imageTask()) });
  const asked = `POST /createTask HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  let said = '';
  const sockets = Array.from({ length: 40 }, () =>
    connect(slow.port, '127.0.0.1')
      .on('error', () => {})
      .on('data', (bytes) => {
        said += bytes;
      }),
  );
  for (const socket of sockets) socket.write(asked.repeat(20));
  const refusals = () => slow.log.join('').split('too many requests ahead').length - 1;
  // Ten that flood, and no more connections are taken for a minute.
  await expect.poll(refusals).toBeGreaterThanOrEqual(10);
  await expect.poll(async () => (await slow.money()).pending / price).toBeGreaterThan(256);
  expect((await slow.money()).pending / price).toBeLessThanOrEqual(256 + 40);
  finish();
  await expect.poll(() => statuses(said).filter((code) => code === '400').length).toBe(refusals());
  for (const socket of sockets) socket.destroy();
  // Of connections that have ended nothing is counted.
  slow.clock.advance(65_000);
  const later = connect(slow.port, '127.0.0.1');
  later.write(question.repeat(30));
  expect(await answers(later, 30)).toBe(30);
});

test.skipIf(process.platform === 'darwin')(
  'who floods ten connections in a minute has none for a minute; others have',
  async () => {
    const from = (localAddress: string) => {
      const socket = connect({ port: world.port, host: '127.0.0.1', localAddress });
      socket.on('error', () => {});
      return socket;
    };
    const isServed = async (address: string) => {
      const socket = from(address).setEncoding('latin1');
      socket.write(question);
      for await (const piece of socket) {
        socket.destroy();
        return String(piece).includes('HTTP/1.1 200');
      }
      return false;
    };
    for (let flood = 1; flood <= 10; flood++) {
      expect(await isServed('127.0.0.9')).toBe(true);
      const socket = from('127.0.0.9');
      socket.write(question.repeat(500));
      await text(socket).catch(() => '');
    }
    expect(await isServed('127.0.0.9')).toBe(false);
    expect(await isServed('127.0.0.8')).toBe(true);
    world.clock.advance(65_000);
    expect(await isServed('127.0.0.9')).toBe(true);
  },
);

test.each([
  ['a head', () => 'GET /ques'],
  ['a body', (whole: string) => whole.slice(0, -9)],
])('%s that does not come in full is told so behind the answers to those before it', async (_name, cut) => {
  const { read, finish } = gatedReader('abc');
  await using slow = await openWorld({ engines: { text: { read } } });
  const body = JSON.stringify({ clientKey: slow.key, ...(await imageTask()) });
  const whole = `POST /createTask HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const socket = connect(slow.port, '127.0.0.1');
  const [accepted] = (await once(slow.api.server, 'connection')) as [Socket];
  const said = text(socket);
  socket.write(whole + cut(whole));
  await expect.poll(() => slow.money()).toMatchObject({ pending: price });
  // A socket may have more than one error.
  const late = () => Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  for (let second = 0; second < 2; second++) slow.api.server.emit('clientError', late(), accepted);
  finish();
  expect(statuses(await said)).toEqual(['200', '400']);
  expect(await said).toMatch(/did not arrive in time/);
});

test.each([
  ['a head', 30],
  ['a body', -9],
])(
  '%s that the system had when its time was over, and this process had not read, is not late',
  async (_name, cut) => {
    const whole = `POST /getBalance HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\n{"clientKey":1}`;
    const socket = connect(world.port, '127.0.0.1');
    const [accepted] = (await once(world.api.server, 'connection')) as [Socket];
    socket.write(whole.slice(0, cut));
    await expect.poll(() => accepted.bytesRead).toBeGreaterThan(0);
    socket.write(whole.slice(cut));
    // As after a pause: before anything is read.
    const late = Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    world.api.server.emit('clientError', late, accepted);
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1.1 401/);
    socket.destroy();
  },
);

test('what has only begun to come after its time was over has no other time without end', async () => {
  const server = createServer();
  const last = lastRequests(100);
  last.watch(server);
  server.on('clientError', (_error, socket) => {
    const refuse = () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    last.inItsTurn(socket as Socket, refuse, 300);
  });
  await once(server.listen(0), 'listening');
  const socket = connect((server.address() as AddressInfo).port);
  const said = text(socket);
  const [accepted] = (await once(server, 'connection')) as [Socket];
  socket.write('POST / HTTP/1.1\r\nHost: x\r\n');
  await expect.poll(() => accepted.bytesRead).toBeGreaterThan(0);
  server.emit('clientError', new Error('late'), accepted);
  socket.write('Content-Length: 1000\r\n\r\n{');
  expect(await said).toMatch(/^HTTP\/1.1 400/);
  server.close();
});

test('of idle connections whose time is over the one stays by which a request has come', async () => {
  const [used, idle] = [connect(world.port, '127.0.0.1'), connect(world.port, '127.0.0.1')];
  const accepted: Socket[] = [];
  world.api.server.on('connection', (socket: Socket) => accepted.push(socket));
  await expect.poll(() => accepted.length).toBe(2);
  used.write(question);
  // As after a pause: before anything is read.
  for (const socket of accepted) world.api.server.emit('timeout', socket);
  expect(await answers(used, 1)).toBe(1);
  await once(idle.resume(), 'close');
  expect(idle.bytesRead).toBe(0);
  used.destroy();
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

test('what never becomes a request is refused as its dialect and method refuse', async () => {
  const socket = await open();
  socket.write('POST /createTask?x HTTP/1.1\r\nHost: capmonster.example\r\nContent-Length: none\r\n\r\n');
  const said = await text(socket);
  expect(said).toMatch(/^HTTP\/1.1 200/);
  expect(JSON.parse(said.split('\r\n\r\n')[1]!)).toMatchObject({ errorId: 1, taskId: 0 });
});

test('a body in more pieces than it can need is told so', async () => {
  const socket = await open();
  socket.write('POST /getBalance HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (let at = 0; at < 30; at++) socket.write('1\r\n{\r\n'.repeat(40));
  const [said] = await once(socket, 'data');
  expect(String(said)).toMatch(/^HTTP\/1.1 400[\s\S]*too many pieces/);
  socket.destroy();
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
