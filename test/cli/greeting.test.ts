import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Running } from '../../src/running/main.ts';
import { legible, scratch } from './legible.ts';

const firstKey = vi.hoisted(() => ({ current: undefined as string | undefined }));

vi.mock('../../src/running/serve.ts', () => ({
  serve: async (_config: unknown, greet: (running: Running) => void) => {
    greet({ url: 'http://a', opsUrl: 'http://b', dialectPorts: {}, firstKey: firstKey.current } as Running);
    process.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  },
}));

const start = () => legible(['serve'], { LEGIBLE_DATA_DIR: join(scratch(), 'data') });

test('a server whose greeting nobody reads goes on without a word, unless its first key is lost by that', async () => {
  expect(await start()).toMatchObject({ status: 0, err: '' });
  firstKey.current = 'lgl_first';
  expect(await start()).toMatchObject({
    status: 1,
    err: expect.stringContaining('could not be written: write EPIPE'),
  });
});
