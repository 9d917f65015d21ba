import { expect, test } from 'vitest';
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
      expect.stringMatching(/^Failed to parse image: task\.body: /),
    );
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
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
