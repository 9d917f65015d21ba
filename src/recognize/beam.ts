import type { Language } from './language.ts';
import type { Steps } from './steps.ts';

export interface Candidate {
  /** Classes, blank-free. */
  text: number[];
  /** Of a view alone: summed over the text's alignments, in a search over those that it followed. */
  probability: number;
}

interface BeamOptions {
  alphabet: string;
  language: Language;
  /** Prefixes kept after each step for a state of the language; of many states the likeliest, and one of each. */
  width?: number;
  /** Classes less likely than this in a step are not tried there. */
  threshold?: number;
}

export interface Found {
  /** Best first. */
  candidates: Candidate[];
  /** The share of all belief that lies on texts of the language; what the search gave up is counted in. */
  mass: number;
}

/** A prefix: the way from the root is its text. */
interface Node {
  parent: Node | undefined;
  class: number;
  state: number;
  children: Map<number, Node>;
  /** Mass of the alignments that end in a blank, and in the prefix's last character. */
  blank: number;
  open: number;
  nextBlank: number;
  nextOpen: number;
  queued: boolean;
}

/** As many states have a full share of the beam; 60 lengths had, which took 10 s of an image of noise. */
const MOST_STATES = 8;

/**
 * The likeliest texts of a language, best first, each with the sum over its alignments: prefix beam search.
 * Prefixes compete only within one state of the language, because otherwise the texts of the length that is
 * asked for would fall out of the beam before the end shows that they were needed. With an unbounded width
 * and threshold 0 the result is exact.
 */
export function searchBeam(
  steps: Steps,
  { alphabet, language, width = 12, threshold = 1e-4 }: BeamOptions,
): Found {
  const { count, classes, probability } = steps;
  let beam = [newNode(undefined, 0, language.start)];
  beam[0]!.blank = 1;
  let refused = 0;

  for (let step = 0; step < count; step++) {
    const offset = step * classes;
    const tried: number[] = [];
    for (let c = 1; c < classes; c++) {
      if (probability[offset + c]! > threshold) tried.push(c);
    }
    const touched: Node[] = [];
    const touch = (node: Node) => {
      if (node.queued) return;
      node.queued = true;
      touched.push(node);
    };
    for (const node of beam) {
      const total = node.blank + node.open;
      touch(node);
      node.nextBlank += total * probability[offset]!;
      if (node.parent) node.nextOpen += node.open * probability[offset + node.class]!;
      for (const c of tried) {
        // The same character again needs a blank between; without one it is the same character still.
        const mass = (c === node.class ? node.blank : total) * probability[offset + c]!;
        const child = childOf(node, c, alphabet, language);
        if (!child) {
          refused += mass;
          continue;
        }
        child.nextOpen += mass;
        touch(child);
      }
    }
    for (const node of touched) {
      node.blank = node.nextBlank;
      node.open = node.nextOpen;
      node.nextBlank = 0;
      node.nextOpen = 0;
      node.queued = false;
    }
    beam = keepBest(touched, width);
  }

  const candidates: Candidate[] = [];
  for (const node of beam) {
    const probability = node.blank + node.open;
    if (!language.accepts(node.state)) refused += probability;
    else if (probability > 0) candidates.push({ text: textOf(node), probability });
  }
  candidates.sort((a, b) => b.probability - a.probability);
  return { candidates, mass: Math.max(0, 1 - refused) };
}

function childOf(node: Node, c: number, alphabet: string, language: Language): Node | undefined {
  const known = node.children.get(c);
  if (known) return known;
  const state = language.next(node.state, alphabet[c - 1]!);
  if (state === undefined) return undefined;
  const child = newNode(node, c, state);
  node.children.set(c, child);
  return child;
}

function keepBest(nodes: Node[], width: number): Node[] {
  nodes.sort((a, b) => b.blank + b.open - (a.blank + a.open));
  const inState = new Map<number, number>();
  let kept = 0;
  return nodes.filter((node) => {
    const rank = inState.get(node.state) ?? 0;
    const stays = rank < width && (rank === 0 || kept < MOST_STATES * width);
    if (stays) {
      inState.set(node.state, rank + 1);
      kept++;
    }
    return stays;
  });
}

function newNode(parent: Node | undefined, c: number, state: number): Node {
  return {
    parent,
    class: c,
    state,
    children: new Map(),
    blank: 0,
    open: 0,
    nextBlank: 0,
    nextOpen: 0,
    queued: false,
  };
}

function textOf(node: Node): number[] {
  const text: number[] = [];
  for (let at: Node = node; at.parent; at = at.parent) text.push(at.class);
  return text.reverse();
}
