import { type Candidate, searchBeam } from './beam.ts';
import type { Language } from './language.ts';
import { probabilityOf, readGreedily, type Steps } from './steps.ts';

export interface JudgeOptions {
  alphabet: string;
  language: Language;
  /** Whether the language rules anything out besides the classes that the steps leave out already. */
  constrained: boolean;
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
export function judge(views: readonly Steps[], options: JudgeOptions): Candidate[] {
  const proposals = new Map<string, number[]>();
  const masses = views.map((view) => {
    const { candidates, mass } = proposed(view, options);
    for (const { text } of candidates) proposals.set(text.join(), text);
    return mass;
  });
  return Array.from(proposals.values(), (text) => {
    const sum = views.reduce((total, view, i) => {
      const share = masses[i]! * view.allowedMass;
      return total + (probabilityOf(text, view) * view.allowedMass) / (share + DOUBT * (1 - share));
    }, 0);
    return { text, probability: sum / views.length };
  })
    .sort((a, b) => b.probability - a.probability)
    .slice(0, options.best);
}

interface Proposal {
  candidates: Candidate[];
  /** How much of the view's belief the language leaves. */
  mass: number;
}

/** By view, with what they were asked for: each look judges the views of those before it again. */
const known = new WeakMap<Steps, { options: JudgeOptions; proposal: Proposal }>();

function proposed(view: Steps, options: JudgeOptions): Proposal {
  const before = known.get(view);
  if (before?.options === options) return before.proposal;
  const proposal = propose(view, options);
  known.set(view, { options, proposal });
  return proposal;
}

/** A view's best texts. */
function propose(view: Steps, { alphabet, language, constrained, best }: JudgeOptions): Proposal {
  const greedy = readGreedily(view);
  const probability = probabilityOf(greedy, view);
  // A text with more than half of the mass cannot be beaten. Under constraints the search also tells how
  // much of the mass they leave, so only a sure reading may skip it.
  if (best === 1 && probability > (constrained ? 0.95 : 0.5) && isIn(language, greedy, alphabet)) {
    return { candidates: [{ text: greedy, probability }], mass: 1 };
  }
  const usual = searchBeam(view, { alphabet, language });
  // A net that is sure of another length gives what is asked for less than the search's threshold: then nothing is too
  // unlikely.
  const { candidates, mass } =
    usual.candidates.length > 0 ? usual : searchBeam(view, { alphabet, language, threshold: 0 });
  return { candidates: candidates.slice(0, Math.max(best, 5)), mass };
}

function isIn(language: Language, text: readonly number[], alphabet: string): boolean {
  let state: number | undefined = language.start;
  for (const c of text) {
    state = language.next(state, alphabet[c - 1]!);
    if (state === undefined) return false;
  }
  return language.accepts(state);
}
