import { expect, test } from 'vitest';
import { expression, lengths } from '../../src/recognize/language.ts';
import { answerOf } from '../../src/tasks/arithmetic.ts';

test.each([
  ['12+3', 15],
  ['12+3=', 15],
  ['12+3=?', 15],
  ['12+3?', 15],
  ['48-2=', 46],
  ['9-16=', -7],
  ['-4+9', 5],
  ['-4*5=', -20],
  ['6x7', 42],
  ['6X7', 42],
  ['6×7=?', 42],
  ['9999999*9999999', 99_999_980_000_001],
  ['8/2', 4],
  ['8÷2=?', 4],
  ['0÷5', 0],
  ['-0+0', 0],
  ['0*5', 0],
  ['-5*0', 0],
  ['1+2+3', 6],
  ['9-4+2=?', 7],
  ['-4-3+9=', 2],
  ['2+3*4=', 14],
  ['8-6÷2x3', -1],
  ['8/2/2?', 2],
  ['1+2+3+4-5=', 5],
  ['7-?=2', 5],
  ['7+?=12', 5],
  ['?+3=15', 12],
  ['?-3=15', 18],
  ['6*?=42', 7],
  ['?x7=42', 6],
  ['?÷3=4', 12],
  ['12÷?=4', 3],
  ['3+?=-2', -5],
])('%s is %d', (text, answer) => {
  expect(answerOf(text)).toBe(answer);
});

test.each([
  ['', 'nothing'],
  ['42', 'a number'],
  ['7/2', 'no whole number'],
  ['?÷0=0', 'every number, or none'],
  ['0÷?=5', 'no number'],
  ['5÷?=0', 'no number'],
  ['7÷0', 'division by zero'],
  ['0÷0', 'division by zero'],
  ['5*?=42', 'no whole number'],
  ['0*?=42', 'no number at all'],
  ['0*?=0', 'every number'],
  ['?+?=2', 'two unknowns'],
  ['3+4=8', 'no question'],
  ['3++4', 'two operators'],
  ['1+7/2', 'a step that is no whole number'],
  ['1+2++3', 'two operators'],
  ['1+2+?=6', 'an unknown among three numbers'],
  ['9999999*9999999*9999999', 'a product that is not exact'],
  ['3+4==', 'two equals'],
  ['a+b', 'letters'],
  ['12345678+1', 'more than seven digits'],
])('%s: %s, so there is no answer', (text) => {
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
