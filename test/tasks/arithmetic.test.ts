import { expect, test } from 'vitest';
import { expression, lengths } from '../../src/recognize/language.ts';
import { answerOf } from '../../src/tasks/arithmetic.ts';
import cases from './arithmetic.json' with { type: 'json' };

// Training's metric, in Python, is held to the same cases.
test.each(Object.entries(cases.answered))('%s is %d', (text, answer) => {
  expect(answerOf(text)).toBe(answer);
});

test.each(Object.entries(cases.unanswered))('%s: %s, so there is no answer', (text) => {
  expect(answerOf(text)).toBeUndefined();
});

test('whatever can be answered can be decoded, and what can be decoded is a question', () => {
  const accepts = (text: string) => {
    let state: number | undefined = expression.start;
    for (const character of text) {
      if (state !== undefined) state = expression.next(state, character);
    }
    return state !== undefined && expression.accepts(state);
  };
  const pieces = ['', '-', '?', '3', '12'];
  let questions = 0;
  for (const a of pieces) {
    for (const b of pieces) {
      for (const operator of ['+', '-', 'x', '÷', '=', '']) {
        for (const end of ['', '=', '=?', '?', '=24', '=-9']) {
          const text = a + operator + b + end;
          if (answerOf(text) !== undefined) {
            questions += 1;
            expect([text, accepts(text)]).toEqual([text, true]);
          }
        }
      }
    }
  }
  expect(questions).toBeGreaterThan(30);
  for (const text of ['1+2+3', '12-3x4+5=?', '-1+2-3=']) {
    expect([text, answerOf(text) !== undefined, accepts(text)]).toEqual([text, true, true]);
  }
  for (const text of ['', '12', '+', '3+', '=', '?', '3+?', '1+2+', '1+2+3=6', '1+2+?'])
    expect(accepts(text)).toBe(false);
  expect(lengths(1, 2).accepts(0)).toBe(false);
});
