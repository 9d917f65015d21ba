/**
 * What a CTC net says of one image: for each step the probabilities of the classes, limited to those allowed.
 * Class 0 is the blank, class i + 1 the i-th character of the alphabet.
 */
export interface Steps {
  count: number;
  classes: number;
  /** `count` × `classes`; each step adds up to 1. */
  probability: Float64Array;
  /**
   * Share of the net's belief that lay on allowed classes in every step. Dividing each step by its share is
   * exactly Bayes' rule: the text's probability given that it is made of allowed characters.
   */
  allowedMass: number;
}

/** From `count` × `classes` log-probabilities, a softmax over the allowed classes. */
export function toSteps(logp: Float32Array, count: number, classes: number, allowed: Uint8Array): Steps {
  const probability = new Float64Array(count * classes);
  let allowedMass = 1;
  for (let step = 0; step < count; step++) {
    const offset = step * classes;
    let highest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) highest = Math.max(highest, logp[offset + c]!);
    let sum = 0;
    let inside = 0;
    for (let c = 0; c < classes; c++) {
      const weight = Math.exp(logp[offset + c]! - highest);
      sum += weight;
      if (allowed[c]) {
        probability[offset + c] = weight;
        inside += weight;
      }
    }
    allowedMass *= inside / sum;
    // With every allowed class underflown, nothing is known of this step but that it shows none of them.
    if (inside === 0) probability[offset] = 1;
    else for (let c = 0; c < classes; c++) probability[offset + c]! /= inside;
  }
  return { count, classes, probability, allowedMass };
}

/** Which classes a reading may use: the blank, and the characters of `characters` that the alphabet has. */
export function allowedClasses(alphabet: string, characters: string): Uint8Array {
  const wanted = new Set(characters);
  return Uint8Array.from([1, ...Array.from(alphabet, (character) => (wanted.has(character) ? 1 : 0))]);
}

/** Classes of the likeliest single alignment, repeats merged and blanks dropped. */
export function readGreedily({ count, classes, probability }: Steps): number[] {
  const text: number[] = [];
  let last = 0;
  for (let step = 0; step < count; step++) {
    let best = 0;
    const offset = step * classes;
    for (let c = 1; c < classes; c++) if (probability[offset + c]! > probability[offset + best]!) best = c;
    if (best !== 0 && best !== last) text.push(best);
    last = best;
  }
  return text;
}

/** Probability of a text, summed over all its alignments (the CTC forward algorithm). */
export function probabilityOf(text: readonly number[], { count, classes, probability }: Steps): number {
  // States: blank, text[0], blank, text[1], …, blank.
  const states = 2 * text.length + 1;
  let before = new Float64Array(states);
  let now = new Float64Array(states);
  before[0] = 1;
  for (let step = 0; step < count; step++) {
    for (let s = 0; s < states; s++) {
      const symbol = s % 2 === 0 ? 0 : text[(s - 1) / 2]!;
      let from = before[s]!;
      // Only the very start has no state before it: the first step may enter state 0 or state 1.
      if (s >= 1) from += before[s - 1]!;
      if (s >= 3 && s % 2 === 1 && symbol !== text[(s - 3) / 2]) from += before[s - 2]!;
      now[s] = from * probability[step * classes + symbol]!;
    }
    [before, now] = [now, before];
  }
  return before[states - 1]! + (states > 1 ? before[states - 2]! : 0);
}

/** Probability that a text has `min` to `max` characters, summed over all texts. */
export function massOfLengths({ count, classes, probability }: Steps, min: number, max = count): number {
  const most = Math.min(max, count);
  // By length, of the alignments so far: all of them, and those that end in each character.
  let whole = new Float64Array(most + 1);
  let open = new Float64Array((most + 1) * classes);
  whole[0] = 1;
  for (let offset = 0; offset < count * classes; offset += classes) {
    const nextWhole = new Float64Array(most + 1);
    const nextOpen = new Float64Array((most + 1) * classes);
    for (let length = 0; length <= most; length++) {
      let sum = whole[length]! * probability[offset]!;
      for (let c = 1; c < classes && length > 0; c++) {
        const at = length * classes + c;
        // The same character again needs a blank between; without one it is the same character still.
        const from = open[at]! + whole[length - 1]! - open[at - classes]!;
        nextOpen[at] = from * probability[offset + c]!;
        sum += nextOpen[at]!;
      }
      nextWhole[length] = sum;
    }
    [whole, open] = [nextWhole, nextOpen];
  }
  return whole.subarray(min).reduce((sum, mass) => sum + mass, 0);
}

/**
 * For each character of a text, the probability of the step where the likeliest alignment sees it best: how
 * sure that one character is, whatever becomes of its neighbours.
 */
export function characterConfidences(text: readonly number[], steps: Steps): number[] {
  const { count, classes, probability } = steps;
  const states = 2 * text.length + 1;
  const symbolOf = (s: number) => (s % 2 === 0 ? 0 : text[(s - 1) / 2]!);
  let score = new Float64Array(states).fill(Number.NEGATIVE_INFINITY);
  score[0] = 0;
  const cameFrom = new Uint16Array(count * states);
  for (let step = 0; step < count; step++) {
    const next = new Float64Array(states);
    for (let s = 0; s < states; s++) {
      let from = s;
      if (s >= 1 && score[s - 1]! > score[from]!) from = s - 1;
      if (s >= 3 && s % 2 === 1 && symbolOf(s) !== symbolOf(s - 2) && score[s - 2]! > score[from]!)
        from = s - 2;
      cameFrom[step * states + s] = from;
      next[s] = score[from]! + Math.log(probability[step * classes + symbolOf(s)]! + 1e-30);
    }
    score = next;
  }
  const confidences = new Array<number>(text.length).fill(0);
  let state = states > 1 && score[states - 2]! > score[states - 1]! ? states - 2 : states - 1;
  for (let step = count - 1; step >= 0; step--) {
    if (state % 2 === 1) {
      const index = (state - 1) / 2;
      confidences[index] = Math.max(confidences[index]!, probability[step * classes + symbolOf(state)]!);
    }
    state = cameFrom[step * states + state]!;
  }
  return confidences;
}
