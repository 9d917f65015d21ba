/** `; did you mean port?` for a name two letters, or a third of them, away from a known one, else nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  const core = (text: string) => text.replace(/^LEGIBLE_/, '').toLowerCase();
  const nearest = known
    .map((candidate) => ({ candidate, distance: distance(core(name), core(candidate)) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest && nearest.distance <= Math.max(2, core(name).length / 3)
    ? `; did you mean ${nearest.candidate}?`
    : '';
}

/** Levenshtein's: insertions, deletions and exchanges that turn one text into the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const exchange = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, exchange));
    }
    row = next;
  }
  return row[to.length]!;
}
