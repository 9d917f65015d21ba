import type { StoreAdmin } from '../../store/admin.ts';
import type { Store } from '../../store/store.ts';
import { type Finding, findingsOf, messageOf } from './check.ts';

const probes = 20;
/** A disk that needs longer than this for one commit makes every task wait for it twice. */
const slowCommitMs = 50;

/** Reachable, whole, durable, fast enough; then the invariants of the ledger. */
export async function checkStore(store: Store & StoreAdmin): Promise<Finding[]> {
  const finding = findingsOf('store');
  const found = (await store.inspect()).map(({ name, ok, detail }) => finding(name, ok, detail));
  const times: number[] = [];
  for (let i = 0; i < probes; i++) {
    const started = performance.now();
    await store.probe();
    times.push(performance.now() - started);
  }
  const slowest = Math.max(...times);
  found.push(
    finding(
      'commit',
      slowest < slowCommitMs ? 'ok' : 'warn',
      `slowest of ${probes}: ${slowest.toFixed(1)} ms`,
    ),
  );
  return [...found, ...(await checkLedger(store))];
}

async function checkLedger(store: StoreAdmin): Promise<Finding[]> {
  const finding = findingsOf('ledger');
  try {
    const violations = await store.audit(Date.now());
    if (violations.length === 0) return [finding('books', true, 'the entries and the balances agree')];
    return violations.map(({ invariant, detail }) => finding(invariant, false, detail));
  } catch (error) {
    return [finding('books', false, messageOf(error))];
  }
}
