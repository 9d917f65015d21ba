import type { Balance, Caller } from './stages.ts';
import type { Steps } from './steps.ts';

/** What the account can spend, and its packages. */
export async function getBalance({ store, clock }: Steps, { principal }: Caller): Promise<Balance> {
  const { accountId: id } = principal.key;
  const [account, packages] = await Promise.all([store.readAccount(id), store.listPackages(id, clock.now())]);
  if (account === undefined) throw new Error(`account ${id} of a known key is gone`);
  return { available: account.posted - account.pending, packages };
}
