import type { Mark } from './mark.ts';

const MOST_CANDIDATES = 10;
const MOST_ASKED = 8;
/** How a mark's sureness becomes the odds that it is one: at this it is as likely one as not. */
const EVEN_CHANCE = 0.2;
const STEEPNESS = 2;
/** Of gaps in a row of marks, the usual deviation as a share of their mean; and how often a row is not even at all. */
const UNEVENNESS = 0.15;
const UNEVEN_ROWS = 0.05;

/**
 * The marks that a prompt asks for, from left to right: those whose sureness and even row are likeliest together.
 * Lines and dots across a prompt look like marks, and faint marks are overlooked, but what is asked stands in a row.
 */
export function askedMarks(found: readonly Mark[]): Mark[] {
  const candidates = found.slice(0, MOST_CANDIDATES).sort((a, b) => a.x - b.x);
  const odds = candidates.map(({ sureness }) => (sureness / EVEN_CHANCE) ** STEEPNESS);
  let best: { weight: number; marks: Mark[] } = { weight: 1, marks: [] };
  for (let set = 1; set < 1 << candidates.length; set++) {
    const marks = candidates.filter((_, i) => set & (1 << i));
    if (marks.length > MOST_ASKED) continue;
    const weight = odds.reduce((product, chance, i) => (set & (1 << i) ? product * chance : product), 1);
    const whole = weight * evenness(marks);
    if (whole > best.weight) best = { weight: whole, marks };
  }
  return best.marks;
}

/** How usual the gaps between marks are, 0 to 1; of two marks nothing can be told. */
function evenness(marks: readonly Mark[]): number {
  if (marks.length < 3) return 1;
  const gaps = marks.slice(1).map(({ x }, i) => x - marks[i]!.x);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  return UNEVEN_ROWS + (1 - UNEVEN_ROWS) * Math.exp(-variance / (2 * (UNEVENNESS * mean) ** 2));
}
