import { expect, test } from 'vitest';
import { z } from 'zod';
import { createLog } from '../../src/log.ts';
import { Guard } from '../../src/outbound/guard.ts';
import { readClassCard } from '../../src/recognize/classes/card.ts';
import { Questions } from '../../src/recognize/classes/questions.ts';
import { imageParser } from '../../src/recognize/imageParser.ts';
import { loadConfig } from '../../src/settings/loadConfig.ts';
import { taskTypes } from '../../src/tasks/registry.ts';

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

test('what a client wrote neither steers the terminal of whoever reads the log nor turns its letters around', () => {
  const lines: string[] = [];
  const log = createLog({ logLevel: 'info' }, { write: (line: string) => lines.push(line) });
  const hostile = '\x1b[2J \x7f \x9b31m \u200e \u202e \u2028 \u2069 \u061c';
  log.warn({ detail: hostile, [hostile]: 1, err: new Error(hostile) }, hostile);
  expect(lines[0]).toMatch(/^\{.*\\u009b31m.*\}\n$/);
  expect(lines[0]!.trimEnd()).not.toMatch(/[\p{Cc}\p{Zl}\p{Bidi_Control}]/u);
  const said = JSON.parse(lines[0]!);
  expect([said.detail, said[hostile], said.err.message, said.msg]).toEqual([hostile, 1, hostile, hostile]);
});

/** Names of the fields of tasks that hold an image, or a list of them. */
function imageFields(): string[] {
  const config = loadConfig({}, '');
  const types = taskTypes({
    parseImage: imageParser(config),
    strict: config.strict,
    sites: new Guard({ allow: [], ports: config.outboundPorts }),
    questions: new Questions(readClassCard()),
  });
  const isImage = (field: object) => /\bimage\b/.test(JSON.stringify(field));
  const fields = types.flatMap(({ input }) => {
    const { properties = {} } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
    return Object.entries(properties).flatMap(([name, field]) => (isImage(Object(field)) ? [name] : []));
  });
  return [...new Set(fields)];
}

test('no image of a task comes out, whichever field of which type it stands in', () => {
  const fields = imageFields();
  expect(fields).toEqual(
    expect.arrayContaining(['body', 'images', 'image', 'imageBackground', 'imagePrompt']),
  );
  // And as other contracts name them.
  for (const name of [...fields, 'imagesBase64', 'file']) {
    const lines: string[] = [];
    const log = createLog({ logLevel: 'info' }, { write: (line: string) => lines.push(line) });
    const logged = { [name]: 'mine', a: { [name]: 'mine', b: { [name]: ['mine'] } } };
    log.info(logged, 'said');
    expect(lines.join(''), name).not.toContain('mine');
    expect(lines.join('')).toContain('said');
  }
});
