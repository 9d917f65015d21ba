import type { ClassCard } from './card.ts';

/** Characters of a question: more than any has, and few enough to be looked at beside others' requests. */
const longest = 200;

/** What a classification can be asked, and which classes each question means. */
export class Questions {
  readonly #meanings = new Map<string, readonly number[]>();
  readonly threshold: number;
  /** For clients to read: every class with its names, and every coarser word. */
  readonly listed: {
    questions: { id: string; names: string[] }[];
    groups: { name: string; ids: string[] }[];
  };

  constructor({ classes, groups, threshold }: ClassCard) {
    this.threshold = threshold;
    const add = (word: string, indexes: readonly number[]) => {
      const known = this.#meanings.get(spelling(word)) ?? [];
      this.#meanings.set(spelling(word), [...new Set([...known, ...indexes])]);
    };
    // Some names are those of two classes, a crane that flies and one that lifts: they mean both.
    for (const [index, { id, names }] of classes.entries())
      for (const word of [id, ...names]) add(word, [index]);
    for (const [word, indexes] of Object.entries(groups)) add(word, indexes);
    this.listed = {
      questions: classes,
      groups: Object.entries(groups).map(([name, indexes]) => ({
        name,
        ids: indexes.map((i) => classes[i]!.id),
      })),
    };
  }

  /** Indexes of the classes that a question means; undefined for one that is not known. */
  meaningOf(question: string): readonly number[] | undefined {
    if (question.length > longest) return undefined;
    for (const word of singulars(spelling(question))) {
      const meaning = this.#meanings.get(word);
      if (meaning) return meaning;
    }
    return undefined;
  }
}

const spelling = (word: string) =>
  word
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');

/** Endings of plurals, and what stands in their place in the singular. */
const cuts: [RegExp, string][] = [
  [/s$/, ''],
  [/es$/, ''],
  [/ies$/, 'y'],
  [/ves$/, 'f'],
  [/ves$/, 'fe'],
  [/men$/, 'man'],
  [/\bpeople$/, 'person'],
  [/mice$/, 'mouse'],
  [/geese$/, 'goose'],
  [/teeth$/, 'tooth'],
  [/feet$/, 'foot'],
  [/children$/, 'child'],
  [/oxen$/, 'ox'],
];

/** The word, and what it may be the plural of: many clients ask for `buses`. */
function singulars(word: string): string[] {
  return [word, ...cuts.filter(([end]) => end.test(word)).map(([end, put]) => word.replace(end, put))];
}
