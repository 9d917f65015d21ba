import { describe, expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { imageToText } from '../../src/tasks/imageToText.ts';
import { taskTypes } from '../../src/tasks/registry.ts';
import { readFields } from '../../src/tasks/wording.ts';
import { lenient, parseImage, solve, strict, world } from './pretendReader.ts';

function problemOf(task: object, type = lenient): string {
  const read = readFields(type.input, task);
  return 'problem' in read ? read.problem : 'none';
}

describe('solutions', () => {
  test('text and confidence, and nothing else unasked', async () => {
    const solution = await solve({ body: 'a' }, { a: { text: 'aB3', confidence: 0.912345 } });
    expect(solution).toEqual({ text: 'aB3', confidence: 0.9123 });
  });

  test('letter case stays as it was read, whatever `case` says', async () => {
    for (const value of [true, false, 1, 0, null, undefined]) {
      expect(await solve({ body: 'a', case: value }, { a: { text: 'aB3' } })).toMatchObject({ text: 'aB3' });
    }
  });

  test('details are given to those who ask', async () => {
    const reading = {
      text: 'ab',
      characters: [
        { character: 'a', confidence: 0.99994 },
        { character: 'b', confidence: 0.5 },
      ],
      alternatives: [{ text: 'aB', confidence: 0.02 }],
    };
    expect(await solve({ body: 'a', details: true }, { a: reading })).toEqual({
      text: 'ab',
      confidence: 0.97,
      characters: [
        { character: 'a', confidence: 0.9999 },
        { character: 'b', confidence: 0.5 },
      ],
      alternatives: [{ text: 'aB', confidence: 0.02 }],
    });
  });

  test('nothing read: ERROR_CAPTCHA_UNSOLVABLE', async () => {
    await expect(solve({ body: 'a' }, { a: { text: '' } })).rejects.toMatchObject({
      code: 'ERROR_CAPTCHA_UNSOLVABLE',
    });
  });

  test('a guess of no worth is no answer, one of a list neither', async () => {
    const readings = { a: { text: 'x', confidence: 0.0099 }, b: { text: 'y', confidence: 0.01 } };
    const unsolvable = { code: 'ERROR_CAPTCHA_UNSOLVABLE' };
    await expect(solve({ body: 'a' }, readings)).rejects.toMatchObject(unsolvable);
    await expect(solve({ module: 'number', images: ['b', 'a'] }, readings)).rejects.toMatchObject(unsolvable);
    expect(await solve({ body: 'b' }, readings)).toEqual({ text: 'y', confidence: 0.01 });
  });

  test('below the score: ERROR_CAPTCHA_UNSOLVABLE; at it: answered', async () => {
    const readings = { a: { text: 'x', confidence: 0.9 } };
    await expect(solve({ body: 'a', score: 0.91 }, readings)).rejects.toMatchObject({
      code: 'ERROR_CAPTCHA_UNSOLVABLE',
    });
    expect(await solve({ body: 'a', score: 0.9 }, readings)).toMatchObject({ text: 'x' });
  });
});

describe('module number', () => {
  const readings = Object.fromEntries(
    [...'abcdefghi'].map((name, i) => [name, { text: `${i}`, confidence: 1 - i / 100 }]),
  );

  test('answers nine images in their order', async () => {
    const solution = await solve({ module: 'number', images: [...'ihgfedcba'] }, readings);
    expect(solution).toEqual({ answers: [...'876543210'], confidence: 0.92 });
  });

  test('answers a single body as text', async () => {
    expect(await solve({ module: 'number', body: 'c' }, readings)).toEqual({ text: '2', confidence: 0.98 });
  });

  test('allows digits only', async () => {
    const { context, asked } = world(readings);
    await lenient.solve(lenient.input.parse({ module: 'number', body: 'a' }), context);
    await lenient.solve(lenient.input.parse({ module: 'number', body: 'a', charset: '1-3' }), context);
    expect(asked.map(({ alphabet }) => alphabet)).toEqual(['0123456789', '123']);
  });
});

describe('input', () => {
  test.each([
    ['common', 'common'],
    [undefined, 'common'],
    [null, 'common'],
    ['Number', 'number'],
    ['math', 'math'],
    ['queueit', 'common'],
    ['module_001', 'common'],
    ['module_032', 'common'],
  ])('module %s is priced as %s', (module, expected) => {
    expect(lenient.module(lenient.input.parse({ body: 'a', module }))).toBe(expected);
  });

  test('nothing between quotes is a field left out', () => {
    const plain = lenient.input.parse({ body: 'a' });
    const blanks = {
      module: '',
      score: '',
      case: ' ',
      minLength: '',
      maxLength: '',
      details: '',
    };
    expect(lenient.input.parse({ body: 'a', images: '', ...blanks })).toEqual({
      ...plain,
      images: [expect.any(Function)],
    });
  });

  test.each([
    [{}, 'body: is missing'],
    [{ body: null }, 'body: is missing'],
    [{ body: 7 }, 'body: is not a string'],
    [{ body: 'a', module: 'module_033' }, 'module: is not one of common, number, math'],
    [{ images: ['a'] }, 'images: only goes with module number'],
    [{ module: 'number', images: [] }, 'images: is empty'],
    [{ module: 'number', images: Array(10).fill('a') }, 'images: more than 9'],
    [{ module: 'number', images: 'a' }, 'images: is not a list'],
    [{ module: 'number', images: ['a', 5] }, 'images.1: is not a string'],
    [{ module: 'number', body: 'a', charset: '12a' }, 'charset: holds more than digits, with module number'],
    [{ body: 'a', score: 1.1 }, 'score: is not from 0 to 1'],
    [{ body: 'a', score: -1 }, 'score: is not from 0 to 1'],
    [{ body: 'a', score: true }, 'score: is not a number'],
    [{ body: 'a', score: 'high' }, 'score: is not a number'],
    [{ body: 'a', case: 'maybe' }, 'case: is neither true nor false'],
    [{ body: 'a', details: 2 }, 'details: is neither true nor false'],
    [{ body: 'a', charset: '' }, 'charset: is empty'],
    [{ body: 'a', charset: 'äöü' }, 'charset: holds characters that cannot be read'],
    [{ body: 'a', charset: 'a'.repeat(257) }, 'charset: has more than 256 characters'],
    [{ body: 'a', minLength: 1.5 }, 'minLength: is not a whole number'],
    [{ body: 'a', minLength: -1 }, 'minLength: is not from 0 to 60'],
    [{ body: 'a', maxLength: 61 }, 'maxLength: is not from 0 to 60'],
    [{ body: 'a', minLength: 6, maxLength: 5 }, 'minLength: is above maxLength'],
  ])('%o: %s', (task, problem) => {
    expect(problemOf(task)).toContain(problem);
  });

  test('numbers and booleans may be strings, unless it is strict', () => {
    const task = { body: 'a', score: '0.8', case: 'true', minLength: '4', maxLength: '6', details: 'false' };
    expect(lenient.input.parse(task)).toMatchObject({
      score: 0.8,
      minLength: 4,
      maxLength: 6,
      details: false,
    });
    for (const field of ['score', 'case', 'minLength', 'maxLength', 'details'] as const) {
      expect(problemOf({ body: 'a', [field]: task[field] }, strict)).toMatch(
        `${field}: ${field === 'case' || field === 'details' ? 'is neither true nor false' : 'is not a number'}`,
      );
    }
  });

  test('null is absent, unknown fields are ignored, a maxLength of 0 is none', () => {
    const task = {
      body: 'a',
      module: null,
      score: null,
      case: null,
      images: null,
      websiteURL: 'x',
      foo: {},
      maxLength: 0,
    };
    expect(lenient.input.parse(task)).toMatchObject({ module: 'common', score: 0, maxLength: undefined });
  });

  test('an empty list of images beside a body is none, with any module', async () => {
    const readings = { a: { text: '7' } };
    expect(await solve({ body: 'a', images: [] }, readings)).toMatchObject({ text: '7' });
    expect(await solve({ body: 'a', images: [], module: 'number' }, readings)).toMatchObject({ text: '7' });
  });

  test('the limits of the request reach the reader', async () => {
    const { context, asked } = world({ a: { text: 'ab', confidence: 0.95 } });
    const task = { body: 'a', charset: 'abc+', minLength: 2, maxLength: 3, details: true, score: 0.9 };
    await lenient.solve(lenient.input.parse(task), context);
    expect(asked).toMatchObject([
      { alphabet: 'abc+', minLength: 2, maxLength: 3, alternatives: 5, sure: 0.9, signal: context.signal },
    ]);
  });
});

test('what a request does not ask for is left to the reader', async () => {
  const { context, asked } = world({ a: { text: 'ab' } });
  await lenient.solve(lenient.input.parse({ body: 'a' }), context);
  expect(asked).toEqual([{ deadline: context.deadline, signal: context.signal }]);
});

test('a text may be asked for of one length and no other', () => {
  const task = { body: 'a', minLength: 5, maxLength: 5 };
  expect(lenient.input.parse(task)).toMatchObject({ minLength: 5, maxLength: 5 });
});

describe('images are looked at before anything is reserved', () => {
  test('in the body', () => {
    const input = lenient.input.parse({ body: 'broken' });
    expect(() => lenient.check(input)).toThrow(
      new Fault('ERROR_PARSE_IMAGE_FAIL', { detail: 'task.body: is not base64' }),
    );
  });

  test('in each place of a list', () => {
    const input = lenient.input.parse({ module: 'number', images: ['a', 'b', 'broken'] });
    expect(() => lenient.check(input)).toThrow(/task\.images\.2/);
  });

  test('once: solving does not parse again', async () => {
    let parsed = 0;
    const type = imageToText({
      strict: false,
      parseImage: (text, field) => {
        parsed += 1;
        return parseImage(text, field);
      },
    });
    const input = type.input.parse({ body: 'a' });
    type.check(input);
    await type.solve(input, world({ a: { text: 'x' } }).context);
    expect(parsed).toBe(1);
  });
});

test('the registry holds nothing that stands for a third-party token', () => {
  const sites = { parse: () => undefined, allowsLiteral: () => false };
  const questions = { meaningOf: () => undefined, threshold: 1 };
  expect(taskTypes({ parseImage, strict: false, sites, questions }).map(({ type }) => type)).toEqual([
    'ImageToTextTask',
    'VisionEngine',
    'ImageClassificationTask',
    'AltchaTask',
    'CapTask',
    'McaptchaTask',
  ]);
});
