import { neverLess, SlidingWindow } from '../../src/flow/slidingWindow.ts';

/** The longest `Retry-After` of a rate limit: that of a window filled at the very beginning of a bucket. */
export function longestRateLimitSeconds(): number {
  const window = new SlidingWindow(neverLess);
  window.add(0);
  return Math.ceil(window.msUntilFewer(0) / 1_000);
}
