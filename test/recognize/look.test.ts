import { expect, test } from 'vitest';
import { firstLook, furtherLook, lastLook } from '../../src/recognize/look.ts';
import { readModelCard } from '../../src/recognize/modelCard.ts';
import { textModel } from '../../src/recognize/modelFiles.ts';

const card = readModelCard(textModel);
const classes = card.alphabet.length + 1;

/** What a net says that sees one letter at most: an A by a probability, or nothing. */
function scores(ofA: number) {
  const logp = new Float32Array(classes).fill(Math.log(1e-6));
  logp[0] = Math.log(1 - ofA);
  logp[1 + card.alphabet.indexOf('A')] = Math.log(ofA);
  return { logp, count: 1, classes };
}

test('lengths asked for make a text surer by what they rule out', () => {
  const { reading } = firstLook(card, {}, [scores(0.6)]);
  expect(reading.text).toBe('A');
  for (const lengths of [{ minLength: 1 }, { minLength: 1, maxLength: 1 }])
    expect(firstLook(card, lengths, [scores(0.6)]).reading.confidence).toBeGreaterThan(
      reading.confidence + 0.1,
    );
  expect(firstLook(card, { maxLength: 1 }, [scores(0.6)]).reading.confidence).toBeCloseTo(reading.confidence);
});

test('no character is less sure than the whole text, whatever lengths rule out', () => {
  const { text, confidence, characters } = firstLook(card, { minLength: 1 }, [scores(0.2)]).reading;
  expect(text).toBe('A');
  expect(characters[0]!.confidence).toBeGreaterThanOrEqual(confidence);
  const [free] = firstLook(card, {}, [scores(0.6)]).reading.characters;
  expect(free!.confidence).toBeCloseTo(0.6);
});

test('that nothing is written is no alternative to a text', () => {
  const { text, alternatives } = firstLook(card, { alternatives: 5 }, [scores(0.6)]).reading;
  expect([text, alternatives]).toEqual(['A', []]);
});

test('what nothing proposes is looked for once, at the last look', () => {
  const asked = { minLength: 1 };
  const look = furtherLook(firstLook(card, asked, [scores(1e-5)]), [scores(1e-5)]);
  expect(look.reading).toMatchObject({ text: '', confidence: 0 });
  expect(lastLook(look).reading.text).toBe('A');
  const sure = firstLook(card, asked, [scores(0.9)]);
  expect(lastLook(sure)).toBe(sure);
  const blank = firstLook(card, {}, [scores(1e-5)]);
  expect(lastLook(blank)).toBe(blank);
});
