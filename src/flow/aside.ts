import type { MicroUsd } from '../store/records.ts';

/** How near a caller is to its limit of requests. */
interface Rate {
  /** Whose limit it is. */
  name: 'key' | 'package';
  /** Requests in any 60 s. */
  most: number;
  left: number;
  /** Until there is room for one more than now. */
  resetMs: number;
}

/** What an answer tells beside the contract, by headers; the steps fill it in as they pass. */
export class Aside {
  rate: Rate | undefined;
  /** Of the task that the call is about, once it has ended. */
  cost: MicroUsd | undefined;
  /** For how long the task's end was waited for, or would have been. */
  waitSeconds: number | undefined;
  /** Milliseconds that the steps took, in their order. */
  readonly times: [step: string, ms: number][] = [];

  /** Keeps how long a step took that began at `since`, and tells the time: both by `performance.now()`. */
  took(step: string, since: number): number {
    const now = performance.now();
    this.times.push([step, now - since]);
    return now;
  }

  /** Takes over what holds for the whole of a call from one of its parts. */
  add({ rate, cost }: Aside): void {
    // Parts end in any order: what is left is least after the one that came last.
    if (rate !== undefined && rate.left <= (this.rate?.left ?? rate.left)) this.rate = rate;
    if (cost !== undefined) this.cost = (this.cost ?? 0) + cost;
  }
}
