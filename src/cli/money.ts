/** Most that one entry may move: $1,000,000,000, far inside what a double holds exactly. */
export const greatestUsd = 1_000_000_000_000_000;

/**
 * Micro-USD of a decimal text (`10`, `0.000001`, `-3.5`), exactly: no binary fraction is ever involved.
 * Undefined for anything else: exponents, more than six decimals, signs other than a leading minus, 0.
 */
export function parseUsd(text: string): number | undefined {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  const amount = Number(whole + fraction.padEnd(6, '0'));
  if (amount === 0 || amount > greatestUsd) return undefined;
  return sign ? -amount : amount;
}

/** `$10.00`, `$0.0004`, `-$3.50`: two decimals, or as many as the amount has. */
export function formatUsd(microUsd: number): string {
  const digits = String(Math.abs(microUsd)).padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0{1,4}$/, '');
  return `${microUsd < 0 ? '-' : ''}$${digits.slice(0, -6)}.${fraction}`;
}
