/**
 * Which texts a reading may yield, as a finite automaton over characters: the beam search carries a state with
 * each prefix, so that a prefix which can lead nowhere is never followed.
 */
export interface Language {
  start: number;
  /** The state after one more character; undefined when no allowed text goes on like this. */
  next(state: number, character: string): number | undefined;
  accepts(state: number): boolean;
}

/** Any text of `min` to `max` characters; the state is the length so far. */
export function lengths(min = 0, max = Number.POSITIVE_INFINITY): Language {
  return {
    start: 0,
    // Beyond `min` lengths need no telling apart when there is no upper bound.
    next: (length) =>
      length >= max ? undefined : max === Number.POSITIVE_INFINITY ? Math.min(length + 1, min) : length + 1,
    accepts: (length) => length >= min,
  };
}

/**
 * Whole-number arithmetic as pictures ask it: `12+3`, `-4*5=`, `1+2-3`, `7-?=2`, `?÷3=4`, a question mark at the end
 * optional. A row is a state, its keys are kinds of characters, `end` marks where a text may stop.
 */
const expressionStates: Record<string, number | true>[] = [
  /* 0 start */ { minus: 1, digit: 2, unknown: 8 },
  /* 1 - */ { digit: 2 },
  /* 2 12 */ { digit: 2, minus: 3, operator: 3 },
  /* 3 12+ */ { digit: 4, unknown: 6 },
  /* 4 12+3 */ { digit: 4, minus: 14, operator: 14, equals: 5, unknown: 7, end: true },
  /* 5 12+3= */ { unknown: 7, end: true },
  /* 6 12+? */ { equals: 11 },
  /* 7 12+3=? */ { end: true },
  /* 8 ? */ { minus: 9, operator: 9 },
  /* 9 ?+ */ { digit: 10 },
  /* 10 ?+3 */ { digit: 10, equals: 11 },
  /* 11 ?+3= */ { minus: 12, digit: 13 },
  /* 12 ?+3=- */ { digit: 13 },
  /* 13 ?+3=15 */ { digit: 13, end: true },
  /* 14 12+3- */ { digit: 4 },
];

export const expression: Language = {
  start: 0,
  next: (state, character) => expressionStates[state]![kindOf(character)] as number | undefined,
  accepts: (state) => expressionStates[state]!.end === true,
};

export const lettersAndDigits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The characters that arithmetic is written with. */
export const expressionAlphabet = '0123456789+-*xX×÷/=?';

function kindOf(character: string): string {
  if (character >= '0' && character <= '9') return 'digit';
  if (character === '-') return 'minus';
  if (character === '=') return 'equals';
  if (character === '?') return 'unknown';
  return '+*xX×÷/'.includes(character) ? 'operator' : 'other';
}
