import { expect, test } from 'vitest';
import { createLog } from '../../src/log.ts';

test('of several failures at once the log has each', () => {
  const lines: string[] = [];
  const log = createLog({ logLevel: 'info' }, { write: (line: string) => lines.push(line) });
  const failures = [new Error('EIO: the disk'), new Error('EBUSY', { cause: new Error('the lock') })];
  log.error({ err: new AggregateError(failures, 'not everything could be closed') }, 'stopped');
  expect(JSON.parse(lines[0]!).err).toMatchObject({
    message: 'not everything could be closed',
    errors: [{ message: 'EIO: the disk' }, { message: 'EBUSY', cause: { message: 'the lock' } }],
  });
});

test('no line shows a key or an image, even where one is logged by mistake', () => {
  const lines: string[] = [];
  const log = createLog({ logLevel: 'info' }, { write: (line: string) => lines.push(line) });
  log.info({ clientKey: 'mine', a: { key: 'mine', b: { image: 'mine' } }, shown: 'this' }, 'said');
  expect(lines.join('')).not.toContain('mine');
  expect(lines.join('')).toContain('this');
});
