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
const program = `
  require('node:https').request({
    hostname: 'api.capsolver.com', port: 443, path: '/createTask?a=1', method: 'POST',
  }, (response) => response.pipe(process.stdout)).end('body')`;

const call = (url: string) =>
  run(process.execPath, ['--require', join(examples, 'redirect.cjs'), '--eval', program], {
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

describe.each(['http://127.0.0.1:1/legible', 'ftp://127.0.0.1'])('%s is refused, not cut short', (url) => {
  const message = 'LEGIBLE_URL must be http://host:port or https://host:port, without a path';

  test('by redirect.cjs', () => expect(call(url)).rejects.toThrow(message));

  test.skipIf(spawnSync(python, ['--version']).error)('by redirect.py', () => {
    const env = { PATH: process.env.PATH, LEGIBLE_URL: url };
    return expect(run(python, [join(examples, 'redirect.py')], { env })).rejects.toThrow(message);
  });
});
