import { expect, test } from 'vitest';
import { judge } from '../../src/recognize/judge.ts';
import { lengths } from '../../src/recognize/language.ts';
import type { Steps } from '../../src/recognize/steps.ts';

const alphabet = 'abc';

/** A view: for each step the probabilities of the blank, of a, b and c. */
const view = (rows: number[][], allowedMass = 1): Steps => ({
  count: rows.length,
  classes: 4,
  probability: Float64Array.from(rows.flat()),
  allowedMass,
});
const any = { alphabet, language: lengths(), massOf: () => 1 };

test('what was proposed for one request is not taken for the next, which asks for other lengths', () => {
  const seen = view([
    [0, 0.9, 0.1, 0],
    [0.8, 0, 0.2, 0],
  ]);
  expect(judge([seen], { ...any, best: 1 })[0]!.text).toEqual([1]);
  const two = { alphabet, language: lengths(2, 2), massOf: undefined, best: 1 };
  expect(judge([seen], two)[0]!.text).toEqual([1, 2]);
});

test('a text that is the best of no view, and that all views believe in, is the answer', () => {
  const views = [view([[0, 0.48, 0.47, 0.05]]), view([[0, 0.05, 0.47, 0.48]])];
  const [best] = judge(views, { ...any, best: 1 });
  expect(best).toEqual({ text: [2], probability: expect.closeTo(0.47, 10) });
});

test('a text of the characters asked for is as sure as it is among such texts', () => {
  const [best] = judge([view([[0.1, 0.6, 0.2, 0.1]], 0.5)], { ...any, best: 1 });
  expect(best!.probability).toBeCloseTo((0.6 * 0.5) / (0.5 + 0.01 * 0.5), 10);
});

test('a likely text is as sure as it is among those of a language that only a search can weigh', () => {
  const [best] = judge([view([[0.2, 0.6, 0.1, 0.1]])], {
    alphabet,
    language: lengths(1, 1),
    massOf: undefined,
    best: 1,
  });
  expect(best!.probability).toBeCloseTo(0.6 / (0.8 + 0.01 * 0.2), 10);
});

test('no more texts are given than are asked for', () => {
  const seen = view([[0.1, 0.4, 0.3, 0.2]]);
  expect(judge([seen], { ...any, best: 2 }).map(({ text }) => text)).toEqual([[1], [2]]);
});

test('that nothing is written can be the answer, and takes the place of no alternative', () => {
  const texts = (rows: number[][], best: number) =>
    judge([view(rows)], { ...any, best }).map(({ text }) => text);
  expect(texts([[0.3, 0.4, 0.2, 0.1]], 3)).toEqual([[1], [2], [3]]);
  expect(texts([[0.5, 0.3, 0.2, 0]], 3)).toEqual([[], [1], [2]]);
});
