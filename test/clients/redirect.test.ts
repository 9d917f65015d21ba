import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlain, type RequestListener } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { certificate, key } from '../outbound/certificate.ts';

const run = promisify(execFile);
const python = process.env.LEGIBLE_CLIENTS_PYTHON ?? 'python3';
const folder = mkdtempSync(join(tmpdir(), 'legible-redirect-'));
const trusted = join(folder, 'certificate.pem');
writeFileSync(trusted, certificate);
afterAll(() => rmSync(folder, { recursive: true }));

const examples = join(import.meta.dirname, '../../examples');
const asked = "{ hostname: 'api.capsolver.com', path: '/createTask?a=1', method: 'POST' }";
const program = `
  require('node:https').request(${asked}, (response) => response.pipe(process.stdout)).end('body')`;

const call = (url: string, code = program, flags: string[] = []) =>
  run(process.execPath, [...flags, '--require', join(examples, 'redirect.cjs'), '--eval', code], {
    env: { LEGIBLE_URL: url, NODE_EXTRA_CA_CERTS: trusted },
  });

const answer: RequestListener = ({ url, headers, socket }, response) =>
  response.end(JSON.stringify([url, headers.host, (socket as TLSSocket).servername ?? 'clear text']));

describe('redirect.cjs', () => {
  test.each([
    ['http', 'localhost', 'clear text'],
    ['https', 'localhost', 'localhost'],
    ['https', '127.0.0.1', false],
  ])('leads to %s://%s in that scheme', async (scheme, host, servername) => {
    const server =
      scheme === 'https' ? createSecure({ key, cert: certificate }, answer) : createPlain(answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { stdout } = await call(`${scheme}://${host}:${port}`).finally(() => server.close());
    expect(JSON.parse(stdout)).toEqual(['/createTask?a=1', 'api.capsolver.com', servername]);
  });
});

test.each([
  [
    'http.request',
    `require('node:http').request(${asked}, (answer) => answer.pipe(process.stdout)).end('body')`,
  ],
  [
    'a name in capitals',
    `require('node:https').request('https://API.CapSolver.com/createTask?a=1', { method: 'POST' },
      (answer) => answer.pipe(process.stdout)).end('body')`,
  ],
  [
    'https.get',
    `require('node:https').get('https://api.capsolver.com/createTask?a=1',
      (answer) => answer.pipe(process.stdout))`,
  ],
  [
    'http.get, imported',
    `import('node:http').then(({ get }) => get('http://api.capsolver.com/createTask?a=1',
      (answer) => answer.pipe(process.stdout)))`,
  ],
  [
    'fetch',
    `fetch('https://api.capsolver.com/createTask?a=1', { method: 'POST', body: 'body' })
      .then((answer) => answer.text()).then((text) => process.stdout.write(text))`,
  ],
  [
    'fetch of a Request',
    `fetch(new Request('http://API.capsolver.com/createTask?a=1', { method: 'POST', body: 'body' }))
      .then((answer) => answer.text()).then((text) => process.stdout.write(text))`,
  ],
  [
    'fetch on a Node that has no URL.parse yet',
    `URL.parse = undefined;
      fetch('https://api.capsolver.com/createTask?a=1', { method: 'POST', body: 'body' })
        .then((answer) => answer.text()).then((text) => process.stdout.write(text))`,
  ],
])('redirect.cjs leads what calls by %s', async (_, code) => {
  const server = createPlain(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { stdout } = await call(`http://127.0.0.1:${port}`, code).finally(() => server.close());
  expect(JSON.parse(stdout)).toEqual(['/createTask?a=1', 'api.capsolver.com', 'clear text']);
});

test('redirect.cjs leads what a client would send to a proxy, without the login for that', async () => {
  const whole: RequestListener = ({ url, headers }, response) =>
    response.end(JSON.stringify([url, headers.host, headers['proxy-authorization'] ?? 'none']));
  const server = createPlain(whole).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // As axios 0.x does where HTTPS_PROXY is set.
  const code = `require('node:http').request({ hostname: '127.0.0.1', port: 1, method: 'POST',
    path: 'https://API.capsolver.com/createTask?a=1', headers: { host: 'api.capsolver.com', 'Proxy-Authorization': 'Basic x' } },
    (answer) => answer.pipe(process.stdout)).end('body')`;
  const { stdout } = await call(`http://127.0.0.1:${port}`, code).finally(() => server.close());
  expect(JSON.parse(stdout)).toEqual(['/createTask?a=1', 'api.capsolver.com', 'none']);
});

test('redirect.cjs leaves a fetch what it is: to be aborted, without a body, failing by its cause', async () => {
  const server = createPlain(({ url }, response) => {
    if (url === '/none') response.writeHead(204, { 'set-cookie': ['a=1', 'b=2'] }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const silent = `fetch('https://api.capsolver.com/silent', { signal: AbortSignal.timeout(300) })
    .catch((error) => process.stdout.write(error.name)); setTimeout(() => gc(), 100); setTimeout(() => {}, 3_000).unref()`;
  const none = `fetch('https://api.capsolver.com/none').then((answer) => process.stdout.write(
    answer.status + ' ' + answer.headers.getSetCookie()))`;
  const refused = `fetch('https://api.capsolver.com/').catch((error) =>
    process.stdout.write(error.name + ' ' + error.cause.code))`;
  const url = `http://127.0.0.1:${port}`;
  try {
    expect((await call(url, silent, ['--expose-gc'])).stdout).toBe('TimeoutError');
    expect((await call(url, none)).stdout).toBe('204 a=1,b=2');
    expect((await call('http://127.0.0.1:1', refused)).stdout).toBe('TypeError ECONNREFUSED');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('redirect.cjs leaves other hosts alone, by fetch as by http', async () => {
  const server = createPlain((_request, response) => response.end('itself')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const code = `fetch(new Request('http://127.0.0.1:${port}/', { method: 'POST', body: 'body' })).then((answer) => answer.text()).then((text) =>
    require('node:http').get('http://127.0.0.1:${port}/', (answer) =>
      answer.on('data', (data) => console.log(text, String(data)))))`;
  const { stdout } = await call('http://127.0.0.1:1', code).finally(() => server.close());
  expect(stdout).toBe('itself itself\n');
});

describe.each(['http://127.0.0.1:1/legible', 'ftp://127.0.0.1'])('%s is refused, not cut short', (url) => {
  const message = 'LEGIBLE_URL must be http://host:port or https://host:port, without a path';

  test('by redirect.cjs', () => expect(call(url)).rejects.toThrow(message));

  test.skipIf(spawnSync(python, ['--version']).error)('by redirect.py', () => {
    const env = { PATH: process.env.PATH, LEGIBLE_URL: url };
    return expect(run(python, [join(examples, 'redirect.py')], { env })).rejects.toThrow(message);
  });
});
