import { type Candidate, searchBeam } from './beam.ts';
import type { Language } from './language.ts';
import { probabilityOf, readGreedily, type Steps } from './steps.ts';

/** A text as all views of a picture judge it together. */
export interface Judged {
  /** Classes, blank-free. */
  text: number[];
  /** Mean over the views of how probable the text is to each, given what the request asks for. */
  probability: number;
}

export interface JudgeOptions {
  alphabet: string;
  language: Language;
  /** How much of a view's belief the language leaves, where that can be told at once; else the search tells it. */
  massOf: ((view: Steps) => number) | undefined;
  /** How many texts to compare at most. */
  best: number;
}

/**
 * Belief that the net must leave for the request's constraints before they count as confirmed by it: a
 * picture without a single digit must not be read as digits with confidence.
 */
const DOUBT = 0.01;

/**
 * The likeliest texts over several views of one picture, best first. Each view proposes its own; each proposal
 * is then weighed by every view, as the mean of the probabilities that the views give it.
 */
export function judge(views: readonly Steps[], options: JudgeOptions): Judged[] {
  const proposals = new Map<string, number[]>();
  for (const view of views)
    for (const { text } of proposed(view, options).candidates) proposals.set(text.join(), text);
  return weigh([...proposals.values()], views, options);
}

/**
 * The same where no view proposes any, as when the net is sure of another length: texts that it hardly believes in. This
 * search takes fifty times the usual one.
 */
export function judgeUnlikely(views: readonly Steps[], options: JudgeOptions): Judged[] {
  const { alphabet, language, massOf, best } = options;
  const [first] = views;
  if (first === undefined || massOf?.(first) === 0) return [];
  const { candidates } = searchBeam(first, { alphabet, language, threshold: 0 });
  return weigh(
    candidates.slice(0, best).map(({ text }) => text),
    views,
    options,
  );
}

function weigh(texts: number[][], views: readonly Steps[], options: JudgeOptions): Judged[] {
  return texts
    .map((text) => {
      const sum = views.reduce((total, view) => {
        const share = proposed(view, options).mass * view.allowedMass;
        return total + (probabilityOf(text, view) * view.allowedMass) / (share + DOUBT * (1 - share));
      }, 0);
      return { text, probability: sum / views.length };
    })
    .sort((a, b) => b.probability - a.probability)
    .filter(({ text }, rank) => rank === 0 || text.length > 0) // nothing written is no alternative to a text
    .slice(0, options.best);
}

interface Proposal {
  candidates: Candidate[];
  /** How much of the view's belief the language leaves. */
  mass: number;
}

/** Proposals of each view, with the options that they were asked for: a look judges again the views of those before it. */
const known = new WeakMap<Steps, { options: JudgeOptions; proposal: Proposal }>();

function proposed(view: Steps, options: JudgeOptions): Proposal {
  const before = known.get(view);
  if (before?.options === options) return before.proposal;
  const proposal = propose(view, options);
  known.set(view, { options, proposal });
  return proposal;
}

/** A view's best texts. */
function propose(view: Steps, { alphabet, language, massOf, best }: JudgeOptions): Proposal {
  const greedy = readGreedily(view);
  const probability = probabilityOf(greedy, view);
  const exact = massOf?.(view);
  // A text with more than half of the mass cannot be beaten. Where the search has to tell how much of the mass the
  // language leaves, only a sure reading may skip it.
  if (best === 1 && probability > (exact === undefined ? 0.95 : 0.5) && isIn(language, greedy, alphabet)) {
    return { candidates: [{ text: greedy, probability }], mass: exact ?? 1 };
  }
  const { candidates, mass } = searchBeam(view, { alphabet, language });
  // One more than are asked for, since the empty text may be among them.
  return { candidates: candidates.slice(0, Math.max(best + 1, 5)), mass: exact ?? mass };
}

function isIn(language: Language, text: readonly number[], alphabet: string): boolean {
  let state: number | undefined = language.start;
  for (const c of text) {
    state = language.next(state, alphabet[c - 1]!);
    if (state === undefined) return false;
  }
  return language.accepts(state);
}
