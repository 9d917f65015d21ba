/** Whole ones of `seconds`, of which 2.01 times 1,000 is none. */
export const milliseconds = (seconds: number): number => Math.round(seconds * 1_000);
