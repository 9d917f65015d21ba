import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'legible-curl-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Like that of macOS in what it refuses, and like all others in breaking lines. */
const base64 = `#!/bin/sh
[ $# = 0 ] || { echo "invalid argument $1" >&2; exit 64; }
exec "${process.execPath}" -e 'process.stdout.write(fs.readFileSync(0, "base64").replace(/.{76}/g, "$&\\n") + "\\n")'
`;
mkdirSync(join(folder, 'bin'));
writeFileSync(join(folder, 'bin/base64'), base64, { mode: 0o755 });

const hasCurl = spawnSync('curl', ['--version']).error === undefined;

test.skipIf(!hasCurl).each([
  ['README.md', 'examples/common.png'],
  ['docs/quick-start.md', 'examples/common.png'],
])('the curl line of %s sends an image of any size, from any POSIX shell', async (page, name) => {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/```sh\n([\s\S]+?)```/g);
  const [line] = [...blocks].map(([, block]) => block!).filter((block) => block.includes('/createTask'));
  const image = randomBytes(500_000);
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), image);
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(await json(request));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await promisify(execFile)('sh', ['-ec', line!.replace(':7878', `:${port}`)], {
    cwd: folder,
    env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
  }).finally(() => server.close());
  const task = { type: 'ImageToTextTask', body: image.toString('base64') };
  expect(bodies).toEqual([{ clientKey: 'lgl_…', task }]);
});
