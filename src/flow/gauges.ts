import type { Metrics } from '../metrics.ts';
import type { Protection } from './protect.ts';
import type { Underway } from './underway.ts';

interface Watched {
  protection: Pick<Protection, 'bannedAddresses' | 'blockedKeys'>;
  underway: Pick<Underway, 'count'>;
}

/** Adds whom this process bans and what it works on to the metrics. */
export function watchFlow(metrics: Pick<Metrics, 'gauge'>, { protection, underway }: Watched): void {
  metrics.gauge('legible_bans_active', 'Addresses banned now.', () => protection.bannedAddresses);
  metrics.gauge('legible_key_blocks_active', 'Keys blocked now.', () => protection.blockedKeys);
  metrics.gauge('legible_tasks_underway', 'Tasks being worked on now.', () => underway.count);
}
