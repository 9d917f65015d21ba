import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Busboy } from '@fastify/busboy';
import { expect, test, vi } from 'vitest';
import { parseMultipart, parseQuery } from '../../src/http/form.ts';
import { openWorld } from '../world.ts';
import { turns } from './turns.ts';

const tooMuch = { code: 'ERROR_INVALID_TASK_DATA', detail: 'request body holds too many escapes' };

test.each([
  ['escapes', '%ff'],
  ['letters beyond ASCII', 'é'],
])('a form of six hundred thousand %s is refused, since reading it would take too long', (_, one) => {
  expect(() => parseQuery(`body=${one.repeat(600_000)}`)).toThrow(expect.objectContaining(tooMuch));
  expect(parseQuery(`body=${one.repeat(1_000)}`).body).toHaveLength(1_000);
});

test('plus signs weigh more, and those of an image of 4 MiB that is not escaped are read', () => {
  expect(parseQuery(`body=${'AAAAA+'.repeat(90_000)}`).body).toHaveLength(540_000);
  expect(() => parseQuery(`body=${'+%e9'.repeat(100_000)}`)).toThrow(expect.objectContaining(tooMuch));
});

test('whoever keeps the key of a form does not keep its image', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const bytesHeld = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const image = 'A'.repeat(4_000_000);
  const before = bytesHeld();
  const kept = Array.from({ length: 10 }, (_, at) => {
    const form = Buffer.from(`key=lgl_${at.toString().padStart(36, '0')}&body=${image}`);
    return parseQuery(form.toString('latin1')).key;
  });
  // The image of this test is flattened meanwhile, and the last form may still be under way.
  expect(bytesHeld() - before).toBeLessThan(3 * image.length);
  expect(kept).toHaveLength(10);
});

test('a field is read as it was sent, whatever its name, its length and its letters', () => {
  const values = ['', 'k7mp2', '\u0436'.repeat(20), '\u{1f600}'.repeat(20), 'a\0b'.repeat(2_000)];
  for (const value of values)
    expect(parseQuery(`name=${encodeURIComponent(value)}`)).toEqual({ name: value });
  expect(Object.entries(parseQuery('__proto__=of+thirteen+letters&name=%ff%ed%a0%80'))).toEqual([
    ['__proto__', 'of thirteen letters'],
    ['name', '\ufffd'.repeat(4)],
  ]);
});

test.each(['image/png', 'application/octet-stream'])(
  'a part called file of type %s is a file, although it has no name of one',
  async (type) => {
    const png = Buffer.from([0x89, 0x50, 0xff]);
    const head = `--a\r\nContent-Disposition: form-data; name="file"\r\nContent-Type: ${type}\r\n\r\n`;
    const form = Buffer.concat([Buffer.from(head), png, Buffer.from('\r\n--a--\r\n')]);
    expect(await parseMultipart(form, 'multipart/form-data; boundary=a')).toEqual({
      file: png.toString('base64'),
    });
  },
);

test('while a form of megabytes is read others have their turn', async () => {
  const file = '-'.repeat(3_000_000);
  const form = `--a-b\r\nContent-Disposition: form-data; name="body"\r\n\r\n${file}\r\n--a-b--\r\n`;
  using turn = turns();
  const { body } = await parseMultipart(Buffer.from(form), 'multipart/form-data; boundary=a-b');
  expect(body).toBe(file);
  expect(turn.now()).toBeGreaterThan(5);
});

test.each([
  ['70 characters', 70, 'k7mp2'],
  ['more', 71, undefined],
])(
  'a boundary of %s: looking for a long one takes half a minute where the body resembles it',
  async (_, length, body) => {
    const boundary = 'b'.repeat(length);
    const form = `--${boundary}\r\nContent-Disposition: form-data; name="body"\r\n\r\nk7mp2\r\n--${boundary}--\r\n`;
    const read = parseMultipart(Buffer.from(form), `multipart/form-data; boundary=${boundary}`);
    if (body === undefined)
      await expect(read).rejects.toMatchObject({ detail: 'request body must be a form' });
    else expect((await read).body).toBe(body);
  },
);

test('the log is told in the parser’s words why a form is refused', async () => {
  await using world = await openWorld();
  const cut = '--a\r\nContent-Disposition: form-data; name="key"\r\n\r\nk7m';
  const headers = { 'content-type': 'multipart/form-data; boundary=a' };
  await fetch(`${world.url}/in.php`, { method: 'POST', body: cut, headers });
  expect(world.log.join('')).toContain('"cause":"Error: Unexpected end of multipart data');
});

test('a form over which the parser itself falls is refused with its words for the log', async () => {
  const write = vi.spyOn(Busboy.prototype, 'write').mockImplementationOnce(() => {
    throw new TypeError('a bug');
  });
  await expect(parseMultipart(Buffer.from('--a'), 'multipart/form-data; boundary=a')).rejects.toMatchObject({
    code: 'ERROR_INVALID_TASK_DATA',
    cause: 'TypeError: a bug',
  });
  write.mockRestore();
});
