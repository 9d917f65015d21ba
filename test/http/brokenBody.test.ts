import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { gatedReader, imageTask, openWorld, price, start, type World } from '../world.ts';

/** What a client is told that sends these pieces, each after the server has seen the one before, and then closes. */
async function send(world: World, ...pieces: string[]): Promise<string> {
  // Like clients that go on writing when they have been answered.
  const socket = connect({ port: world.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const said = text(socket);
  for (const piece of pieces) {
    socket.write(piece);
    await sleep(50);
  }
  socket.end();
  return said;
}

const answersIn = (said: string) => said.split('HTTP/1.1 ').length - 1;
const refusedIn = (world: World) =>
  world.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'refused');

const head = (path: string, ...headers: string[]) =>
  [`POST ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');
const chunked = 'Transfer-Encoding: chunked';
const announced = 'Content-Length: 90';

test.each([
  ['breaks off', [head('/getBalance', announced), '{"clientKey"']],
  ['breaks off in the piece of its head', [`${head('/getBalance', announced)}{"clientKey"`]],
  ['has a broken chunk', [head('/getBalance', chunked), '1\r\n{\r\nnone\r\n']],
  ['has a broken chunk in the piece of its head', [`${head('/getBalance', chunked)}1\r\n{\r\nnone\r\n`]],
  ['was refused by its path, and breaks off', [head('/getNothing', announced), '{']],
  [
    'was refused by its path, and has a broken chunk in the piece of its head',
    [`${head('/getNothing', chunked)}none\r\n`],
  ],
  ['was refused by its path, and has a broken chunk', [head('/getNothing', chunked), 'none\r\n']],
  [
    'was refused by its encoding, and breaks off',
    [head('/getBalance', announced, 'Content-Encoding: gzip'), '{'],
  ],
])('a request whose body %s has one answer, and is one mistake', async (_, pieces) => {
  await using world = await openWorld();
  expect(answersIn(await send(world, ...pieces))).toBe(1);
  await world.call('getBalance');
  expect(refusedIn(world)).toHaveLength(1);
});

test('a body that breaks off is told in the language and under the id of its head, a ban with when it ends', async () => {
  await using world = await openWorld({ settings: { banErrors: 2 } });
  const broken = () =>
    send(world, head('/getBalance', announced, 'Accept-Language: ru', 'X-Request-Id: order-18'), '{');
  const said = await broken();
  expect(said).toContain('X-Request-Id: order-18\r\n');
  expect(said).toMatch(/[а-я]{3}/);
  expect(said).not.toContain('Retry-After');
  expect(refusedIn(world)).toMatchObject([{ requestId: 'order-18' }]);
  await broken();
  expect(await send(world, 'nonsense\r\n\r\n')).toMatch(/Retry-After: 600\r\n[\s\S]*ERROR_IP_BANNED/);
});

test.each([
  ['//in.php?json=1', '{"status":0,"request":"ERROR_BAD_PARAMETERS"'],
  ['http://2captcha.com/in.php?json=1', '{"status":0,"request":"ERROR_BAD_PARAMETERS"'],
  ['/in.php/?json=1', '{"status":0,"request":"ERROR_BAD_PARAMETERS"'],
])('a head that is too large is refused as %s would be', async (path, begin) => {
  await using world = await openWorld();
  const said = await send(world, head(path, `X: ${'x'.repeat(20_000)}`));
  expect(said).toMatch(/^HTTP\/1.1 200/);
  expect(said.split('\r\n\r\n')[1]).toContain(begin);
});

test('a path with a slash behind it is the same where its body breaks off', async () => {
  await using world = await openWorld();
  const said = await send(
    world,
    head('/createTask/', announced).replace('Host: x', 'Host: capmonster.test'),
    '{',
  );
  expect(JSON.parse(said.split('\r\n\r\n')[1]!)).toMatchObject({ errorId: 1, taskId: 0 });
});

/** A world with a task under way on a connection, and what is said there. */
async function slowWorld() {
  const { read, finish } = gatedReader('k7mp2');
  const world = await openWorld({ engines: { text: { read } } });
  const body = JSON.stringify({ clientKey: world.key, ...(await imageTask()) });
  const socket = connect(world.port, '127.0.0.1');
  const [accepted] = (await once(world.api.server, 'connection')) as [Socket];
  const said = text(socket);
  socket.write(`${head('/createTask', `Content-Length: ${body.length}`)}${body}`);
  await expect.poll(() => world.money()).toMatchObject({ pending: price });
  // What Node does at its timeout, every second.
  const late = () =>
    world.api.server.emit(
      'clientError',
      Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }),
      accepted,
    );
  return { world, socket, said, finish, late };
}

const statuses = (said: string) => [...said.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status);

test('a request that is refused by its head, and late, costs the one before it nothing', async () => {
  const { world, socket, said, finish, late } = await slowWorld();
  socket.write(head('/getNothing', announced));
  await expect.poll(() => refusedIn(world)).toHaveLength(1);
  late();
  late();
  finish();
  expect(statuses(await said)).toEqual(['200', '400']);
  expect(refusedIn(world)).toHaveLength(1);
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
  await world[Symbol.asyncDispose]();
});

test('a request that has come in full since it was late is answered as any other', async () => {
  const { world, socket, said, finish, late } = await slowWorld();
  const ask = JSON.stringify({ clientKey: world.key });
  const question = `${head('/getBalance', `Content-Length: ${ask.length}`, 'Connection: close')}${ask}`;
  socket.write(question.slice(0, -9));
  await sleep(50);
  late();
  socket.write(question.slice(-9));
  await sleep(50);
  finish();
  expect(statuses(await said)).toEqual(['200', '200']);
  expect(refusedIn(world)).toEqual([]);
  await world[Symbol.asyncDispose]();
});
