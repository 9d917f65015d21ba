import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, type World } from '../world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const paths = [
  '/openapi.json',
  '/docs',
  '/docs/',
  '/docs/start.js',
  '/docs/swagger-ui.js',
  '/docs/swagger-ui.css',
];

test.each(paths)('%s is given to anybody, and lets nobody else in', async (path) => {
  const answer = await fetch(world.url + path);
  expect(answer.status).toBe(200);
  expect(await answer.text()).not.toBe('');
  const policy = answer.headers.get('content-security-policy');
  for (const part of [
    "default-src 'none'",
    "script-src 'self';",
    "connect-src 'self'",
    "frame-ancestors 'none'",
  ])
    expect(policy).toContain(part);
  expect(policy).not.toMatch(/https?:|\*/);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('x-request-id')).toBeTruthy();
});

test.each(['/docs/swagger-ui.css', '/questions'])('%s may be kept for a while', async (path) => {
  expect((await fetch(world.url + path)).headers.get('cache-control')).toMatch(/^public, max-age=\d+$/);
});

test.each([...paths, '/questions'])('HEAD tells that %s is there', async (path) => {
  const answer = await fetch(world.url + path, { method: 'HEAD' });
  expect([answer.status, await answer.text()]).toEqual([200, '']);
  expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0);
});

test.each(['/docs', '/docs/', '/docs?x=/'])(
  'what %s links to is beside it, wherever a proxy puts it',
  async (path) => {
    const html = await (await fetch(world.url + path)).text();
    const links = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => link!);
    const kept = links.filter((link) => !link.startsWith('data:'));
    const seen = kept.map((link) => new URL(link, `http://proxy.example/tools/legible${path}`).pathname);
    const names = ['swagger-ui.css', 'swagger-ui.js', 'start.js'];
    expect(seen).toEqual(names.map((name) => `/tools/legible/docs/${name}`));
  },
);

test('what is large goes over the wire compressed', async () => {
  const answer = await world.api.inject('/docs/swagger-ui.js');
  expect(answer.rawPayload.length).toBeLessThan(600_000);
  expect(gunzipSync(answer.rawPayload).length).toBeGreaterThan(1_000_000);
});

test('other verbs and other files are refused in the contract’s form, and count as mistakes', async () => {
  await using strict = await openWorld({ settings: { banErrors: 4 } });
  for (const path of ['/docs', '/openapi.json', '/docs/..%2f..%2fpackage.json', '/docs/nothing'])
    expect((await strict.send(path, '{}')).body.errorCode).toBe('ERROR_BAD_REQUEST');
  for (const path of paths) {
    const refused = await (await fetch(strict.url + path)).json();
    expect(refused).toMatchObject({ errorId: 1, errorCode: 'ERROR_IP_BANNED' });
  }
});

test('the document holds nothing of the installation: no key, no account, no path, no price', async () => {
  const text = await (await fetch(`${world.url}/openapi.json`)).text();
  for (const secret of [world.key, 'alice', world.dataDir, process.cwd(), 'micro', world.config.host])
    expect(text).not.toContain(secret);
});
