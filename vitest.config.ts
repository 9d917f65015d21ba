import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { nodeFlags } from './test/nodeFlags.ts';
import { temporaryDir } from './test/temporary.ts';

// What Node makes of our sources is kept: each thread of a server strips and compiles its own of them anew otherwise, a
// quarter of the time of all tests.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'node');

// Waiting for something to happen takes as long as it takes on a busy machine; only a hang is a failure.
const limits = { testTimeout: 30_000, hookTimeout: 60_000, expect: { poll: { timeout: 10_000 } } };

export default defineConfig({
  test: {
    // By default one core is left over, which on two is half of them: the tests took 19 minutes there.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: ['test/store/**', '**/*.postgres.test.ts'],
          globalSetup: ['test/temporary.ts'],
          env: { TMPDIR: temporaryDir },
          execArgv: nodeFlags,
          ...limits,
        },
      },
      {
        // Of its own, so that the other tests run without starting PostgreSQL.
        test: {
          name: 'store',
          include: ['test/store/**/*.test.ts', 'test/**/*.postgres.test.ts'],
          globalSetup: ['test/store/setup/postgres.ts'],
          execArgv: nodeFlags,
          ...limits,
        },
      },
    ],
  },
});
