import { describe, expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { readClassCard } from '../../src/recognize/classes/card.ts';
import { Questions } from '../../src/recognize/classes/questions.ts';
import { imageClassification } from '../../src/tasks/imageClassification.ts';
import { readFields } from '../../src/tasks/wording.ts';

const card = readClassCard();
const questions = new Questions(card);
const idsOf = (question: string) => questions.meaningOf(question)?.map((index) => card.classes[index]!.id);

describe('questions', () => {
  test('a class by its WordNet id and by each of its names, in any case', () => {
    for (const name of ['n02123045', 'tabby', 'Tabby cat', 'tabby-cat', 'tabby_cat'])
      expect(idsOf(name)).toEqual(['n02123045']);
  });

  test('coarser words mean all of their classes', () => {
    expect(idsOf('dog')!.length).toBeGreaterThan(110);
    expect(idsOf('dog')).toContain('n02106662'); // German shepherd
    expect(idsOf('bird')).toContain('n01614925'); // bald eagle
    expect(idsOf('vehicle')).toEqual(expect.arrayContaining(['n04285008', 'n02835271', 'n03977966']));
    expect(idsOf('boat')).not.toContain('n04285008');
    expect(idsOf('cat')).not.toContain('n02106662');
  });

  test('plurals, and everyday words for what WordNet calls otherwise', () => {
    expect(idsOf('dogs')).toEqual(idsOf('dog'));
    expect(idsOf('buses')).toEqual(idsOf('bus'));
    expect(idsOf('taxi')).toEqual(['n02930766']);
    expect(idsOf('motorbike')!.length).toBeGreaterThan(0);
  });

  test('a name of two classes means both', () => {
    expect(idsOf('crane')).toEqual(expect.arrayContaining(['n02012849', 'n03126707']));
  });

  test.each(['', 'unicorn', 'constructor', '__proto__', 'n99999999', `${' '.repeat(200)}crane`])(
    '"%s" is unknown',
    (question) => {
      expect(questions.meaningOf(question)).toBeUndefined();
    },
  );

  test('everything that is listed can be asked', () => {
    expect(questions.listed.questions).toHaveLength(1000);
    for (const { id, names } of questions.listed.questions)
      for (const name of [id, ...names]) expect(idsOf(name)).toContain(id);
    for (const { name, ids } of questions.listed.groups)
      expect(idsOf(name)).toEqual(expect.arrayContaining(ids));
  });
});

describe('solutions', () => {
  const book = {
    threshold: 0.35,
    meaningOf: (question: string) => (question === 'pet' ? [0, 2] : undefined),
  };
  const type = imageClassification({ parseImage: (text) => Buffer.from(text), questions: book });
  const context = {
    engines: {
      classes: {
        classify: async (image: Uint8Array) => JSON.parse(Buffer.from(image).toString()) as number[],
      },
    },
    deadline: 5,
    signal: new AbortController().signal,
  };
  const solve = (images: number[][]) =>
    type.solve(
      type.input.parse({ question: 'pet', images: images.map((image) => JSON.stringify(image)) }),
      context,
    );

  test('indexes of the images whose classes together reach the threshold, and every score', async () => {
    const solution = await solve([
      [0.2, 0.6, 0.2],
      [0.1, 0.8, 0.1],
      [0.91234567, 0, 0],
    ]);
    expect(solution).toEqual({ objects: [0, 2], scores: [0.4, 0.2, 0.9123] });
  });

  test('an image shows it from the threshold on', async () => {
    expect(await solve([[0.35], [0.3499]].map(([p]) => [p!, 0, 0]))).toMatchObject({ objects: [0] });
  });

  test('the image that a decoder refuses is named by its place', async () => {
    const classify = async (image: Uint8Array) => {
      if (image.length > 1) throw new Fault('ERROR_PARSE_IMAGE_FAIL');
      return [0, 0, 0];
    };
    const input = type.input.parse({ question: 'pet', images: ['a', 'bb'] });
    await expect(type.solve(input, { ...context, engines: { classes: { classify } } })).rejects.toMatchObject(
      {
        detail: 'task.images.1: is damaged, or of a kind that is not read',
      },
    );
  });

  test('no image shows it: an empty list', async () => {
    expect(await solve([[0, 1, 0]])).toEqual({ objects: [], scores: [0] });
  });

  test.each([
    [{ images: ['a'] }, 'question: is missing'],
    [{ question: 'pet' }, 'images: is missing'],
    [{ question: 'pet', images: [] }, 'images: is empty'],
    [{ question: 'pet', images: Array(10).fill('a') }, 'images: more than 9'],
    [{ question: '', images: ['a'] }, 'question: is empty'],
  ])('%o: %s', (fields, problem) => {
    const read = readFields<unknown>(type.input, fields);
    const reason = /: is (missing|empty)$/.test(problem) ? 'fieldMissing' : undefined;
    expect(read).toEqual({ problem: expect.stringContaining(problem), reason });
  });
});
