import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { closerModel, textModel } from '../../src/recognize/modelFiles.ts';
import { RecognizerPool } from '../../src/recognize/pool.ts';
import { UserError } from '../../src/userError.ts';

const closer = basename(closerModel(textModel));

test.each([
  ['a missing model', 'text.onnx', undefined],
  ['a damaged model', 'text.onnx', 'junk'],
  ['a missing model of second looks', closer, undefined],
  ['a missing card', 'text.json', undefined],
  ['a card that was cut off', 'text.json', '{"alphabet":'],
  ['a card of nothing', 'text.json', '{}'],
])('%s is told with its file and what to do', async (_, name, content) => {
  const folder = mkdtempSync(join(tmpdir(), 'models-'));
  for (const each of ['text.onnx', 'text.json', closer])
    copyFileSync(join(dirname(textModel), each), join(folder, each));
  const file = join(folder, name);
  if (content === undefined) rmSync(file);
  else writeFileSync(file, content);
  const model = join(folder, 'text.onnx');
  const starting = RecognizerPool.start({ threads: 1, queueLimit: 1, clock: systemClock, model });
  const error = await starting.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message).toMatch(/ cannot be loaded \(.+\): put the file back that came with this version$/s);
  expect(message).toContain(`${file} cannot`);
});
