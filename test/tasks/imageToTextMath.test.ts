import { describe, expect, test } from 'vitest';
import { lenient, solve, world } from './pretendReader.ts';

describe('module math', () => {
  test('lengths are those of the answer', async () => {
    const asked = world({ a: { text: '27+15=' } });
    const limited = (more: object) =>
      lenient.solve(lenient.input.parse({ module: 'math', body: 'a', ...more }), asked.context);
    expect(await limited({ maxLength: 2 })).toMatchObject({ text: '42' });
    await expect(limited({ minLength: 3 })).rejects.toMatchObject({ code: 'ERROR_CAPTCHA_UNSOLVABLE' });
    for (const options of asked.asked) expect(options).not.toHaveProperty('maxLength');
  });

  test('answers what most of the belief stands for', async () => {
    const reading = {
      text: '3+6=',
      confidence: 0.4,
      alternatives: [
        { text: '3+5=', confidence: 0.3 },
        { text: '3+5=?', confidence: 0.25 },
        { text: '35=', confidence: 0.9 },
      ],
    };
    expect(await solve({ module: 'math', body: 'a' }, { a: reading })).toEqual({
      text: '8',
      confidence: 0.475, // 1 - 0.7 * 0.75
    });
  });

  test('names the expression in the details', async () => {
    const solution = await solve({ module: 'math', body: 'a', details: true }, { a: { text: '2-9=' } });
    expect(solution).toMatchObject({ text: '-7', expression: '2-9=' });
  });

  test('of a reading that has no answer the details are not told as those of the one that was taken', async () => {
    const reading = {
      text: '7/2=',
      confidence: 0.5,
      characters: [...'7/2='].map((character) => ({ character, confidence: 0.9 })),
      alternatives: [
        { text: '7-2=', confidence: 0.3 },
        { text: '1-2=', confidence: 0.1 },
      ],
    };
    expect(await solve({ module: 'math', body: 'a', details: true }, { a: reading })).toEqual({
      text: '5',
      confidence: 0.3,
      expression: '7-2=',
      alternatives: [
        { text: '7/2=', confidence: 0.5 },
        { text: '1-2=', confidence: 0.1 },
      ],
    });
  });

  test('asks for expressions and for other readings', async () => {
    const { context, asked } = world({ a: { text: '1+1' } });
    await lenient.solve(lenient.input.parse({ module: 'math', body: 'a' }), context);
    expect(asked).toMatchObject([{ expression: true, alternatives: 5, deadline: 5 }]);
  });

  test.each(['7/2', 'abc', ''])('"%s" has no answer: ERROR_CAPTCHA_UNSOLVABLE', async (text) => {
    await expect(solve({ module: 'math', body: 'a' }, { a: { text } })).rejects.toMatchObject({
      code: 'ERROR_CAPTCHA_UNSOLVABLE',
    });
  });

  test('common does not calculate', async () => {
    expect(await solve({ body: 'a' }, { a: { text: '1+1' } })).toMatchObject({ text: '1+1' });
  });
});
