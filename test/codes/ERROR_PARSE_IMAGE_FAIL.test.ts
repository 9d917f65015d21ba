import { expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import type { Engines } from '../../src/tasks/task.ts';
import { expectReady, expectRefusal, imageTask, openWorld, picture, start } from '../world.ts';

const text = (detail: string) => `Failed to parse image: task.body: ${detail}`;
const notAnImage = text('is not a PNG, JPEG, GIF, WebP or BMP image');

test('what is not base64, and what is base64 of no image', async () => {
  await using world = await openWorld();
  for (const body of ['!!!!', 'a', 'ZZ=Z', '😀'])
    expectRefusal(
      await world.call('createTask', await imageTask({ body })),
      'ERROR_PARSE_IMAGE_FAIL',
      text('is not base64'),
    );
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>';
  for (const bytes of ['', 'plain text, long enough to be something', svg, '%PDF-1.7 and so on and on'])
    expectRefusal(
      await world.call('createTask', await imageTask({ body: Buffer.from(bytes).toString('base64') })),
      'ERROR_PARSE_IMAGE_FAIL',
      bytes === '' ? expect.stringMatching(/^Failed to parse image: task\.body: /) : notAnImage,
    );
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test.each([
  ['a JPEG whose frame no browser shows', [0xff, 0xd8, 0xff, 0xc9, 0, 17, 8, 0, 31, 0, 70, 3]],
  ['a PNG that is cut off', [...Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')]],
  ['a GIF of no size', [...Buffer.from('GIF89a\0\0\0\0\0\0\0', 'latin1')]],
  ['a WebP of an unknown kind', [...Buffer.from('RIFF\n\0\0\0WEBPVP9X\0\0\0\0')]],
  ['a BMP with an unknown header', [...Buffer.from('BM'), ...Array(40).fill(9)]],
])('%s is not told that it is none', async (_, bytes) => {
  await using world = await openWorld();
  expectRefusal(
    await world.call('createTask', await imageTask({ body: Buffer.from(bytes).toString('base64') })),
    'ERROR_PARSE_IMAGE_FAIL',
    text('is damaged, or of a kind that is not read'),
  );
});

test('a data URI is forgiven, unless the server is strict', async () => {
  const body = `data:image/png;base64,${await picture()}`;
  await using lenient = await openWorld();
  expectReady(await lenient.call('createTask', await imageTask({ body })));
  await using strict = await openWorld({ settings: { strict: true } });
  const headers = { 'content-type': 'application/json' };
  const refused = await strict.call('createTask', await imageTask({ body }), { headers });
  expect([text('is not base64'), notAnImage]).toContain(refused.body.errorDescription);
  expect(refused.body.errorCode).toBe('ERROR_PARSE_IMAGE_FAIL');
});

test('an image that only its decoder refuses is named by its field, and the log says why', async () => {
  const refused = async () => {
    throw new Fault('ERROR_PARSE_IMAGE_FAIL', { cause: 'Error: premature end of file' });
  };
  const refusing: Partial<Engines> = {
    text: { read: refused },
    classes: { classify: refused },
    puzzles: { findGap: refused, findTurn: refused, findClicks: refused },
  };
  await using world = await openWorld({ engines: refusing });
  const image = await picture();
  const damaged = (field: string) =>
    `Failed to parse image: ${field}: is damaged, or of a kind that is not read`;
  const several = { body: undefined, images: [image] };
  const cases: [Record<string, unknown>, string][] = [
    [{}, 'task.body'],
    [{ ...several, module: 'number' }, 'task.images.0'],
    [{ ...several, type: 'ImageClassificationTask', question: 'dog' }, 'task.images.0'],
    [{ type: 'VisionEngine', module: 'rotate_1', image }, 'task.image'],
    [
      { type: 'VisionEngine', module: 'slider_1', image, imageBackground: image },
      'task.image or task.imageBackground',
    ],
  ];
  for (const [fields, field] of cases)
    expectRefusal(
      await world.call('createTask', await imageTask(fields)),
      'ERROR_PARSE_IMAGE_FAIL',
      damaged(field),
    );
  expect(world.log.filter((line) => line.includes('premature end of file'))).toHaveLength(cases.length);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});
