import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorCodes } from '../../src/errors.ts';
import { openWorld, type World } from '../world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ settings: { bodyLimitBytes: 10_000, banErrors: 100_000 } });
});
afterAll(() => world[Symbol.asyncDispose]());

/** Sends bytes as they are, and reads until the server closes. */
async function raw(bytes: string | Buffer, whenConnected?: (socket: Socket) => void): Promise<string> {
  const socket = connect(world.port, '127.0.0.1');
  socket.write(bytes);
  whenConnected?.(socket);
  return Buffer.concat(await socket.toArray()).toString();
}

function parse(answer: string) {
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const type = /^content-type: (.*)$/im.exec(head)?.[1];
  return { status: Number(head.split(' ')[1]), type, body: body === '' ? undefined : JSON.parse(body) };
}

const post = (path: string, headers: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n${body}`;
const sized = (path: string, body: string, headers = '') =>
  post(path, `Content-Length: ${Buffer.byteLength(body)}\r\n${headers}`, body);

const cases: [string, string | Buffer, string][] = [
  ['no HTTP at all', 'hello\r\n\r\n', 'ERROR_BAD_REQUEST'],
  ['TLS to a plain port', Buffer.from('16030100c8010000c40303', 'hex'), 'ERROR_BAD_REQUEST'],
  ['an unknown verb', 'BREW /createTask HTTP/1.1\r\nHost: x\r\n\r\n', 'ERROR_BAD_REQUEST'],
  ['an unknown version', 'POST /createTask HTTP/9.9\r\nHost: x\r\n\r\n', 'ERROR_BAD_REQUEST'],
  ['headers over the limit', post('/createTask', `X: ${'y'.repeat(20_000)}\r\n`, ''), 'ERROR_BAD_REQUEST'],
  ['a control character in a header', post('/createTask', 'X: a\0b\r\n', ''), 'ERROR_BAD_REQUEST'],
  [
    'two lengths',
    post('/createTask', 'Content-Length: 1\r\nContent-Length: 2\r\n', 'xx'),
    'ERROR_BAD_REQUEST',
  ],
  [
    'a length and chunks',
    post('/createTask', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'ERROR_BAD_REQUEST',
  ],
  ['a negative length', post('/createTask', 'Content-Length: -1\r\n', ''), 'ERROR_BAD_REQUEST'],
  ['a length over the limit', post('/createTask', 'Content-Length: 99999999\r\n', '{'), 'ERROR_BAD_REQUEST'],
  [
    'chunks over the limit',
    post('/createTask', 'Transfer-Encoding: chunked\r\n', `4000\r\n${'x'.repeat(0x4000)}\r\n0\r\n\r\n`),
    'ERROR_BAD_REQUEST',
  ],
  ['chunks that lie', post('/createTask', 'Transfer-Encoding: chunked\r\n', 'zz\r\n'), 'ERROR_BAD_REQUEST'],
  ['a compressed body', sized('/createTask', '{}', 'Content-Encoding: gzip\r\n'), 'ERROR_BAD_REQUEST'],
  ['a malformed address', sized('/%E0%A4%A', '{}'), 'ERROR_BAD_REQUEST'],
  ['an unknown path', sized('/nothing', '{}'), 'ERROR_BAD_REQUEST'],
  ['a path of another case', sized('/createtask', '{}'), 'ERROR_BAD_REQUEST'],
  ['a very long path', sized(`/${'a'.repeat(8_000)}`, '{}'), 'ERROR_BAD_REQUEST'],
  ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n', 'ERROR_BAD_REQUEST'],
  [
    'an upgrade',
    sized('/chat', '', 'Connection: upgrade\r\nUpgrade: websocket\r\n').replace('Connection: close\r\n', ''),
    'ERROR_BAD_REQUEST',
  ],
  ['GET', 'GET /createTask HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'ERROR_BAD_REQUEST'],
  ['an unknown expectation', sized('/createTask', '{}', 'Expect: cake\r\n'), 'ERROR_KEY_DENIED_ACCESS'],
  [
    'no Host',
    'POST /createTask HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
    'ERROR_KEY_DENIED_ACCESS',
  ],
  ['HTTP/1.0', 'POST /createTask HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}', 'ERROR_KEY_DENIED_ACCESS'],
  [
    'a malformed content type',
    sized('/createTask', '{}', 'Content-Type: ;;/\r\n'),
    'ERROR_KEY_DENIED_ACCESS',
  ],
  ['a body of no length', post('/createTask', '', ''), 'ERROR_INVALID_TASK_DATA'],
  [
    'bytes that are not UTF-8',
    Buffer.from(sized('/createTask', '{"a":"xxx"}').replace('xxx', '\xff\xfe\xfd'), 'latin1'),
    'ERROR_INVALID_TASK_DATA',
  ],
];

test.each(cases)('%s is answered in the contract’s form', async (_name, bytes, errorCode) => {
  const answer = await raw(bytes);
  expect(answer).toMatch(/^x-request-id: \S+\r$/im);
  expect(answer).toMatch(/^cache-control: no-store\r$/im);
  const { status, type, body } = parse(answer);
  expect(status).toBe(errorCode === 'ERROR_KEY_DENIED_ACCESS' ? 401 : 400);
  expect(type).toMatch(/^application\/json/);
  expect(body).toEqual({ errorId: 1, errorCode, errorDescription: expect.any(String) });
  expect(errorCodes).toContain(body.errorCode);
});

test('what is no HTTP is answered 200 too where that is set', async () => {
  await using quiet = await openWorld({ settings: { always200: true } });
  const socket = connect(quiet.port, '127.0.0.1').end('hello\r\n\r\n');
  const { status, body } = parse(Buffer.concat(await socket.toArray()).toString());
  expect([status, body.errorCode]).toEqual([200, 'ERROR_BAD_REQUEST']);
});

test('what is too large or too slow is answered in the dialect that its head names', async () => {
  const host = 'Host: api.anti-captcha.com.';
  const large = await raw(`POST /createTask HTTP/1.1\r\n${host}\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`);
  expect(parse(large)).toMatchObject({ status: 200, body: { errorId: 14 } });
  const { server } = world.api;
  const slow = connect(world.port, '127.0.0.1');
  const came = once(server, 'request');
  slow.write(`POST /createTask HTTP/1.1\r\n${host}\r\nContent-Length: 9\r\n\r\n{`);
  const [{ socket }] = await came;
  server.emit('clientError', Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
  const answer = parse(Buffer.concat(await slow.toArray()).toString());
  expect(answer).toMatchObject({ status: 200, body: { errorId: 14, errorCode: 'ERROR_NO_SUCH_METHOD' } });
});

test('a request that arrives too slowly is answered and closed', async () => {
  const socket = connect(world.port, '127.0.0.1');
  const [serverSide] = await new Promise<[Socket]>((resolve) => {
    world.api.server.once('connection', (accepted) => resolve([accepted]));
  });
  const answer = socket.toArray();
  socket.write('POST /cre');
  await expect.poll(() => serverSide.bytesRead).toBeGreaterThan(0);
  // What Node emits when its clock has run out; the clock itself is Node's.
  const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  world.api.server.emit('clientError', late, serverSide);
  const { status, body } = parse(Buffer.concat(await answer).toString());
  expect(status).toBe(400);
  expect(body.errorDescription).toBe('Error Request: the request did not arrive in time');
});

test('a connection that sends nothing is closed without a word, and is nobody’s mistake', async () => {
  const before = world.log.length;
  const { server } = world.api;
  const silent = connect(world.port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  // What Node does at its timeout.
  server.emit('clientError', Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), accepted);
  expect(await silent.toArray()).toEqual([]);
  expect(world.log.slice(before).join('')).not.toContain('ERROR_');
});

test('slow and idle sockets have their time, and their number is bounded', () => {
  const { server } = world.api;
  expect(server).toMatchObject({ headersTimeout: 5_000, requestTimeout: 15_000, keepAliveTimeout: 5_000 });
  expect(server.maxConnections).toBe(world.config.maxConnections);
});

test('the absolute form of a proxy and doubled or trailing slashes reach the method', async () => {
  const body = JSON.stringify({ clientKey: world.key });
  for (const target of [
    'http://api.capsolver.com/getBalance',
    '//getBalance',
    '/getBalance/',
    '/getBalance?x=1',
  ])
    expect(parse(await raw(sized(target, body)))).toMatchObject({ status: 200, body: { errorId: 0 } });
});

test('requests sent one behind the other on one socket are each answered', async () => {
  const body = JSON.stringify({ clientKey: world.key });
  const kept = sized('/getBalance', body).replace('Connection: close\r\n', '');
  const answers = await raw(kept + kept + sized('/getBalance', '{bad'));
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400']);
});

test('a request id is taken over where it is sane, and made where it is not', async () => {
  for (const [sent, kept] of [
    ['order-17.a:b_c', true],
    ['x'.repeat(65), false],
    ['a b', false],
    ['<script>', false],
    ['lgl_'.padEnd(40, '9'), false],
  ] as const) {
    const answer = await world.call('getBalance', {}, { headers: { 'x-request-id': sent } });
    expect(answer.headers.get('x-request-id') === sent).toBe(kept);
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w.:-]{1,64}$/);
  }
});

test('no key or image is in the log, whatever is wrong with them', async () => {
  const { body } = await world.call('createTask', { task: { type: 'ImageToTextTask', body: 'c2VjcmV0' } });
  expect(body.errorId).toBe(1);
  await world.send(`/createTask?clientKey=${world.key}`, JSON.stringify({ clientKey: world.key }));
  await world.send(`/${world.key}`, '{}');
  expect(world.log.length).toBeGreaterThan(0);
  for (const secret of [world.key, 'c2VjcmV0']) expect(world.log.join('')).not.toContain(secret);
});
