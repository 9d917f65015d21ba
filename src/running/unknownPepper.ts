import { fingerprintOf } from '../key.ts';
import type { Log } from '../log.ts';
import type { StoreAdmin } from '../store/admin.ts';
import type { Store } from '../store/store.ts';

/**
 * A store that keeps the pepper's fingerprint as soon as a key has been found with it that is older than this state; the
 * store itself where one is kept.
 * Books of before fingerprints tell in no other way which pepper their keys need: a wrong one must not shut out the right.
 */
export async function untilPepperIsKnown(
  store: Store & StoreAdmin,
  pepper: string,
  log: Pick<Log, 'warn'>,
): Promise<Store & StoreAdmin> {
  if ((await store.keptPepper()) !== undefined) return store;
  log.warn({}, 'which pepper the keys need is not known until one of those that are there is used');
  let isProven = false;
  return {
    ...store,
    async findPrincipal(hash) {
      const found = await store.findPrincipal(hash);
      if (found !== undefined && !isProven)
        isProven = await store.provePepper(fingerprintOf(pepper), found.key.id);
      return found;
    },
  };
}
