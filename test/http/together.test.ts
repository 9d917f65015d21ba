import { expect, test } from 'vitest';
import { together } from '../../src/http/together.ts';

function never(error: unknown) {
  throw error;
}

test('what is given in one turn of the event loop is written at its end, in order', async () => {
  const written: string[] = [];
  const atOnce = together(never);
  atOnce(() => written.push('first'));
  await null;
  atOnce(() => written.push('second'));
  expect(written).toEqual([]);
  await new Promise(setImmediate);
  expect(written).toEqual(['first', 'second']);
});

test('what is given while others are written comes in the next turn', async () => {
  const written: string[] = [];
  const atOnce = together(never);
  atOnce(() => {
    written.push('outer');
    atOnce(() => written.push('inner'));
  });
  await new Promise(setImmediate);
  expect(written).toEqual(['outer']);
  await new Promise(setImmediate);
  expect(written).toEqual(['outer', 'inner']);
});

test('one that fails is told of, and the others are written', async () => {
  const failed: unknown[] = [];
  const written: string[] = [];
  const atOnce = together((error) => failed.push(error));
  const broken = new Error('broken');
  atOnce(() => {
    throw broken;
  });
  atOnce(() => written.push('other'));
  await new Promise(setImmediate);
  expect(failed).toEqual([broken]);
  expect(written).toEqual(['other']);
});
