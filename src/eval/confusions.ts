import type { Read } from './score.ts';

/** A character that was read as another; empty stands for none. */
interface Confusion {
  is: string;
  readAs: string;
  count: number;
}

/** The commonest confusions, most frequent first; case counts where the label says so. */
export function commonestConfusions(reads: readonly Read[], most: number): Confusion[] {
  const counts = new Map<string, Confusion>();
  for (const { image, text } of reads) {
    const fold = (value: string) => (image.caseSensitive ? value : value.toLowerCase());
    for (const [is, readAs] of differences(fold(image.label), fold(text))) {
      const key = `${is}\t${readAs}`;
      const known = counts.get(key);
      if (known) known.count += 1;
      else counts.set(key, { is, readAs, count: 1 });
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).slice(0, most);
}

/** What differs between two texts along their cheapest alignment. */
function differences(before: string, after: string): [string, string][] {
  const [a, b] = [Array.from(before), Array.from(after)];
  const cost = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const swap = cost[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      cost[i]![j] = Math.min(swap, cost[i - 1]![j]! + 1, cost[i]![j - 1]! + 1);
    }
  }
  const found: [string, string][] = [];
  let i = a.length;
  let j = b.length;
  while (i > 0 || j > 0) {
    const here = cost[i]![j]!;
    if (i > 0 && j > 0 && here === cost[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)) {
      if (a[i - 1] !== b[j - 1]) found.push([a[i - 1]!, b[j - 1]!]);
      i -= 1;
      j -= 1;
    } else if (i > 0 && here === cost[i - 1]![j]! + 1) {
      found.push([a[--i]!, '']);
    } else {
      found.push(['', b[--j]!]);
    }
  }
  return found;
}
