import type { ClassCard } from './card.ts';

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
    return this.#meanings.get(spelling(question)) ?? this.#meanings.get(singular(spelling(question)));
  }
}

const spelling = (word: string) =>
  word
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');

/** Of the regular plurals, which many clients ask for. */
function singular(word: string): string {
  if (/(ss|sh|ch|x)es$/.test(word)) return word.slice(0, -2);
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`;
  return /[^s]s$/.test(word) ? word.slice(0, -1) : word;
}
