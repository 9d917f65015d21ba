import { expect, it } from 'vitest';
import { createLog } from '../../src/log.ts';
import { mostOpenFiles, withinOpenFiles } from '../../src/running/openFiles.ts';
import { loadConfig } from '../../src/settings/loadConfig.ts';
import { startServer } from './server.ts';

const config = (threads: number) =>
  loadConfig(
    {
      LEGIBLE_MAX_CONNECTIONS: '10000',
      LEGIBLE_RECOGNIZERS: String(threads),
      LEGIBLE_PROOF_THREADS: String(threads),
    },
    'absent.json',
  );

it.each([
  { threads: 2, most: 1_024, taken: 824, isTold: true },
  { threads: 20, most: 1_024, taken: 644, isTold: true },
  { threads: 2, most: 10, taken: 1, isTold: true },
  { threads: 2, most: 10_200, taken: 10_000, isTold: false },
  { threads: 20, most: 10_379, taken: 9_999, isTold: true },
  { threads: 2, most: Number.POSITIVE_INFINITY, taken: 10_000, isTold: false },
])(
  'of 10,000 connections $taken are taken where $most files may be open and threads are twice $threads',
  (given) => {
    const { threads, most, taken, isTold } = given;
    const lines: string[] = [];
    const log = createLog({ logLevel: 'warn' }, { write: (line: string) => lines.push(line) });
    expect(withinOpenFiles(config(threads), log, most).maxConnections).toBe(taken);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(
      isTold ? [{ maxConnections: 10_000, openFiles: most, taken }] : [],
    );
  },
);

it.runIf(process.platform === 'linux')('the limit is what the system says', () => {
  expect(mostOpenFiles()).toBeGreaterThan(100);
});

it('a server that may take more connections than it may have files says so at its start', async () => {
  const { logged } = await startServer({ LEGIBLE_MAX_CONNECTIONS: '2000000000' });
  expect(logged()).toMatch(/"maxConnections":2000000000.*fewer connections are taken/);
});
