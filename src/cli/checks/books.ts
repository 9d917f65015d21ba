import type { Config } from '../../config.ts';
import { pepperProblem } from '../../pepper.ts';
import type { StoreAdmin } from '../../store/admin.ts';
import type { Store } from '../../store/store.ts';
import { type Finding, findingsOf, messageOf } from './check.ts';

const probes = 20;
/** A disk that needs longer than this for one commit makes every task wait for it twice. */
const slowCommitMs = 50;

/** Whether the keys in the database are usable with the pepper that the server would have. */
export async function checkKeys(config: Config, store: StoreAdmin): Promise<Finding> {
  const finding = findingsOf('store');
  const keys = (await store.listKeys()).length;
  try {
    const problem = pepperProblem(config, keys > 0, await store.keptPepper());
    return finding('keys', problem === undefined, problem ?? `${keys}, made with this pepper`);
  } catch (error) {
    return finding('keys', false, messageOf(error));
  }
}

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
