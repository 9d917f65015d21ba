import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { searchBeam } from '../../src/recognize/beam.ts';
import { judge, judgeUnlikely } from '../../src/recognize/judge.ts';
import { expression, type Language, lengths } from '../../src/recognize/language.ts';
import { massOfLengths, probabilityOf, readGreedily, type Steps } from '../../src/recognize/steps.ts';

const alphabet = '1+=';
const classes = alphabet.length + 1;
const exact = { width: Number.POSITIVE_INFINITY, threshold: 0 };

/** Up to five steps of four classes, some of them nearly certain. */
const anySteps: fc.Arbitrary<Steps> = fc
  .array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: classes, maxLength: classes }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((rows) => {
    const probability = rows.flatMap((row) => {
      const weights = row.map((value) => value ** 3 + 0.01);
      const sum = weights.reduce((a, b) => a + b);
      return weights.map((weight) => weight / sum);
    });
    return { count: rows.length, classes, probability: Float64Array.from(probability), allowedMass: 1 };
  });

/** The oracle: every alignment, collapsed. */
function enumerate({ count, probability }: Steps): Map<string, number> {
  const texts = new Map<string, number>();
  for (let path = 0; path < classes ** count; path++) {
    const text: number[] = [];
    let mass = 1;
    let last = 0;
    for (let step = 0; step < count; step++) {
      const c = Math.floor(path / classes ** step) % classes;
      mass *= probability[step * classes + c]!;
      if (c !== 0 && c !== last) text.push(c);
      last = c;
    }
    texts.set(text.join(), (texts.get(text.join()) ?? 0) + mass);
  }
  return texts;
}

function isIn(language: Language, text: string): boolean {
  let state: number | undefined = language.start;
  for (const c of text === '' ? [] : text.split(',')) {
    if (state !== undefined) state = language.next(state, alphabet[Number(c) - 1]!);
  }
  return state !== undefined && language.accepts(state);
}

test('many lengths share the beam: of noise no more is tried than a few languages would try', () => {
  const count = 60;
  const every = '0123456789abcdefghijklmnopqrstuvwxyz';
  const steps: Steps = {
    count,
    classes: every.length + 1,
    probability: new Float64Array(count * (every.length + 1)).fill(1 / (every.length + 1)),
    allowedMass: 1,
  };
  const tries = (language: Language) => {
    let tried = 0;
    const next = (state: number, character: string) => {
      tried++;
      return language.next(state, character);
    };
    const { candidates } = searchBeam(steps, { alphabet: every, language: { ...language, next } });
    return { tried, longest: Math.max(...candidates.map(({ text }) => text.length)) };
  };
  const free = tries(lengths());
  const bounded = tries(lengths(0, count));
  expect(bounded.tried).toBeLessThan(4 * free.tried);
  expect(bounded.longest).toBe(count);
});

const languages: [string, Language][] = [
  ['any text', lengths()],
  ['at least two characters', lengths(2)],
  ['at most one character', lengths(0, 1)],
  ['exactly three characters', lengths(3, 3)],
  ['arithmetic', expression],
];

describe.each(languages)('%s', (_, language) => {
  test('the search finds every text with its whole probability, best first', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const { candidates: found, mass } = searchBeam(steps, { alphabet, language, ...exact });
        const expected = [...enumerate(steps)].filter(([text]) => isIn(language, text));
        expect(new Map(found.map(({ text }) => [text.join(), true])).size).toBe(found.length);
        expect(found.length).toBe(expected.length);
        const byText = new Map(expected);
        for (const { text, probability } of found) {
          expect(probability).toBeCloseTo(byText.get(text.join())!, 10);
        }
        const order = found.map(({ probability }) => probability);
        expect(order).toEqual([...order].sort((a, b) => b - a));
        expect(mass).toBeCloseTo(
          order.reduce((sum, probability) => sum + probability, 0),
          10,
        );
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test('the bounded search finds the best text, or one within 5 % of it', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const [best] = searchBeam(steps, { alphabet, language }).candidates;
        const allowed = [...enumerate(steps)].filter(([text]) => isIn(language, text));
        const highest = Math.max(0, ...allowed.map(([, probability]) => probability));
        const found = allowed.find(([text]) => text === best?.text.join())?.[1] ?? 0;
        expect(found).toBeGreaterThanOrEqual(0.95 * highest - 1e-3);
      }),
      { numRuns: 60, seed: 8 },
    );
  });
});

test('lengths that leave nearly everything make no reading surer, of noise neither', () => {
  const every = '0123456789abcdefghijklmnopqrstuvwxyz';
  const row = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 37, maxLength: 37 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 12, maxLength: 20 }), (rows) => {
      const probability = Float64Array.from(
        rows.flatMap((weights) => {
          const sum = weights.reduce((a, b) => a + b);
          return weights.map((weight) => weight / sum);
        }),
      );
      const steps: Steps = { count: rows.length, classes: every.length + 1, probability, allowedMass: 1 };
      const massOf = (view: Steps) => massOfLengths(view, 0, 60);
      const [best] = judge([steps], { alphabet: every, language: lengths(0, 60), massOf, best: 1 });
      expect(best!.probability).toBeLessThan(1.01 * probabilityOf(best!.text, steps));
    }),
    { numRuns: 20, seed: 11 },
  );
});

test('the probability of a text is the sum over its alignments', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      for (const [text, probability] of enumerate(steps)) {
        const asClasses = text === '' ? [] : text.split(',').map(Number);
        expect(probabilityOf(asClasses, steps)).toBeCloseTo(probability, 10);
      }
      // Four times the same needs three blanks between: more steps than there are.
      expect(probabilityOf([1, 1, 1, 1], steps)).toBe(0);
    }),
    { numRuns: 60, seed: 9 },
  );
});

test('the probability of lengths is the sum over the texts that have them', () => {
  const bounds = fc.tuple(fc.nat(4), fc.nat(4)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  fc.assert(
    fc.property(anySteps, bounds, (steps, [min, max]) => {
      const sumOf = (isMeant: (length: number) => boolean) =>
        [...enumerate(steps)]
          .filter(([text]) => isMeant(text === '' ? 0 : text.split(',').length))
          .reduce((sum, [, probability]) => sum + probability, 0);
      expect(massOfLengths(steps, min, max)).toBeCloseTo(
        sumOf((length) => length >= min && length <= max),
        10,
      );
      expect(massOfLengths(steps, min)).toBeCloseTo(
        sumOf((length) => length >= min),
        10,
      );
    }),
    { numRuns: 100, seed: 12 },
  );
});

test('a length that the net is sure not to see is read all the same, with next to no confidence', () => {
  const steps = {
    count: 3,
    classes,
    probability: Float64Array.of(...[0, 1, 0, 0], ...[1, 0, 0, 0], ...[1, 0, 0, 0]),
    allowedMass: 1,
  };
  steps.probability[6] = 1e-9;
  const massOf = (view: Steps) => massOfLengths(view, 2, 2);
  const options = { alphabet, language: lengths(2, 2), massOf, best: 1 };
  expect(judge([steps, steps], options)).toEqual([]);
  const [best] = judgeUnlikely([steps, steps], options);
  expect(best!.text).toEqual([1, 2]);
  expect(best!.probability).toBeLessThan(1e-6);
});

test('a length that no text can have in so many steps is not searched for', () => {
  const steps = { count: 2, classes, probability: Float64Array.of(0, 1, 0, 0, 0, 0, 1, 0), allowedMass: 1 };
  const language: Language = { ...lengths(3, 3), next: () => expect.fail('searched') };
  const massOf = (view: Steps) => massOfLengths(view, 3, 3);
  expect(judgeUnlikely([steps], { alphabet, language, massOf, best: 1 })).toEqual([]);
});

test.each([
  ['at once', [0.1, 0.6, 0.2, 0.1], 0.6 / (0.9 + 0.01 * 0.1)],
  ['by a search', [0.2, 0.4, 0.3, 0.1], 0.4 / (0.8 + 0.01 * 0.2)],
])('a text found %s is as sure as it is among texts of the lengths asked for', (_, row, expected) => {
  const steps = { count: 1, classes, probability: Float64Array.from(row), allowedMass: 1 };
  const massOf = (view: Steps) => massOfLengths(view, 1, 1);
  const [best] = judge([steps], { alphabet, language: lengths(1, 1), massOf, best: 1 });
  expect(best).toEqual({ text: [1], probability: expect.closeTo(expected, 10) });
});

test('the short cut over the greedy reading gives the best text too', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const [best] = judge([steps], { alphabet, language: lengths(), massOf: () => 1, best: 1 });
      const highest = Math.max(...enumerate(steps).values());
      expect(best!.probability).toBeGreaterThan(0.95 * highest);
    }),
    { numRuns: 200, seed: 10 },
  );
});

test('several alignments together can beat the likeliest single one', () => {
  // blank .6 / '1' .4, twice: the best path is blank-blank (.36), the best text is "1" (.64).
  const steps = {
    count: 2,
    classes,
    probability: Float64Array.of(0.6, 0.4, 0, 0, 0.6, 0.4, 0, 0),
    allowedMass: 1,
  };
  expect(readGreedily(steps)).toEqual([]);
  const [best] = searchBeam(steps, { alphabet, language: lengths(), ...exact }).candidates;
  expect(best!.text).toEqual([1]);
  expect(best!.probability).toBeCloseTo(0.64);
});

test('views that disagree: the text that all believe in a little beats what one believes in alone', () => {
  const view = (one: number, plus: number): Steps => ({
    count: 1,
    classes,
    probability: Float64Array.of(0, one, plus, 1 - one - plus),
    allowedMass: 1,
  });
  const options = { alphabet, language: lengths(), massOf: () => 1, best: 3 };
  const [best, second] = judge([view(0.6, 0.4), view(0.05, 0.5), view(0.1, 0.45)], options);
  expect(best).toEqual({ text: [2], probability: expect.closeTo(0.45, 10) });
  expect(second!.probability).toBeLessThan(0.45);
});

test('a text outside what the net believes at all gets no confidence from the constraint', () => {
  // Only "=" is believed; of the digits, the best has a millionth.
  const steps = { count: 1, classes, probability: Float64Array.of(0, 1, 0, 0), allowedMass: 1e-6 };
  const [best] = judge([steps], { alphabet, language: lengths(1, 1), massOf: () => 1, best: 1 });
  expect(best!.text).toEqual([1]);
  expect(best!.probability).toBeLessThan(0.001);
});
