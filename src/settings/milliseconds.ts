/** Whole milliseconds of `seconds`: in floating point 2.01 times 1,000 is not whole. */
export const milliseconds = (seconds: number): number => Math.round(seconds * 1_000);

/** The longest time that can be set, a year. */
export const mostSeconds = 86_400 * 366;
