import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { installation, legible } from './legible.ts';

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  linkSync() {
    throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
  },
}));

const { folder, settings, run, json } = installation();

it('without hard links, a backup is made and restored, and what stood before is kept, whole', async () => {
  const file = join(folder, 'copy.sqlite');
  await json('account', 'create', 'alice', '--balance', '10');
  await json('backup', file);
  expect((await run('backup', file)).err).toContain('exists already');
  await json('topup', 'alice', '5');
  const { kept } = await json('restore', file);
  expect((await json('account', 'show', 'alice')).posted).toBe(10_000_000);
  expect(statSync(kept).mode & 0o077).toBe(0);
  await json('restore', kept);
  expect((await json('account', 'show', 'alice')).posted).toBe(15_000_000);
  expect(readdirSync(settings.LEGIBLE_DATA_DIR).filter((name) => name.endsWith('.part'))).toEqual([]);
});

it('without hard links, no pepper is made, of which a kill could leave half, but one can be given', async () => {
  const { status, err } = await run('key', 'create', 'alice');
  expect([status, err]).toEqual([
    1,
    expect.stringMatching(/^error: .*pepper cannot be made on a file system without hard links: give .*\n$/),
  ]);
  expect(readdirSync(settings.LEGIBLE_DATA_DIR).filter((name) => name.startsWith('pepper'))).toEqual([]);
  const given = join(folder, 'given');
  writeFileSync(given, 'a secret of more than 32 characters');
  const key = await legible(['key', 'create', 'alice'], { ...settings, LEGIBLE_PEPPER_FILE: given });
  expect([key.status, existsSync(join(settings.LEGIBLE_DATA_DIR, 'pepper'))]).toEqual([0, false]);
});
