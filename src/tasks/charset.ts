import { text } from './images.ts';
import { empty } from './wording.ts';

const READABLE = /^[0-9A-Za-z+\-*×÷/=?]+$/;

/** Characters that a text may be made of, as a field of a task. */
export const charset = text
  .min(1, empty)
  // Each letter once is 71 of them; a hundred tasks of long ones would hold up everybody else.
  .max(256, { error: 'has more than 256 characters', abort: true })
  .regex(READABLE, 'holds characters that cannot be read')
  .refine((characters) => !hasReversedRange(characters), 'holds a range that runs backwards')
  .refine((characters) => !hasMixedRange(characters), 'holds a range from one kind of characters to another')
  .transform(withoutRanges);

const RANGE = /[0-9]-[0-9]|[a-z]-[a-z]|[A-Z]-[A-Z]/g;

/** Read as three characters, `9-0` would leave nothing to be recognized in most pictures. */
function hasReversedRange(characters: string): boolean {
  return (characters.match(RANGE) ?? []).some((range) => range.charCodeAt(2) < range.charCodeAt(0));
}

/** `A-z` would be three characters too. */
function hasMixedRange(characters: string): boolean {
  return /[0-9A-Za-z]-[0-9A-Za-z]/.test(characters.replace(RANGE, ' '));
}

/**
 * `0-9` and `a-f` in full, as people write them who know patterns. Of two neighbouring letters, as `c-d`, the minus
 * counts.
 */
function withoutRanges(characters: string): string {
  return characters.replace(RANGE, (range) => {
    const [first, last] = [range.charCodeAt(0), range.charCodeAt(2)];
    if (last < first + 2 && !/^\d/.test(range)) return range;
    return String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, i) => first + i));
  });
}
