import { skewMs } from '../clock.ts';
import { diskSpace } from '../disk.ts';
import type { RecognizerPool } from '../recognize/pool.ts';
import type { Config } from '../settings/config.ts';
import type { Store } from '../store/store.ts';
import type { OpsParts } from './ops.ts';

interface Watched {
  config: Pick<Config, 'databaseUrl' | 'dataDir'>;
  store: Pick<Store, 'probe'>;
  recognizer: Pick<RecognizerPool, 'load'>;
  timekeeper: { behindMs: number };
  spaceOf?: (folder: string) => Promise<{ low: boolean }>;
}

/** What must work for the server to be ready. */
export function readinessChecks({
  config,
  store,
  recognizer,
  timekeeper,
  spaceOf = diskSpace,
}: Watched): OpsParts['checks'] {
  const { databaseUrl, dataDir } = config;
  return {
    async store() {
      // One that is always busy never jumps to the time of the others: without new requests it soon does.
      if (databaseUrl !== undefined && Math.abs(timekeeper.behindMs) > skewMs)
        throw new Error('the time is not yet that of the database');
      await store.probe();
    },
    async model() {
      if (recognizer.load.threads === 0) throw new Error('no recognition thread is up');
    },
    // With PostgreSQL the folder holds the pepper at most, and may not exist.
    ...(databaseUrl === undefined && {
      async disk() {
        if ((await spaceOf(dataDir)).low) throw new Error('little disk space is left');
      },
    }),
  };
}
