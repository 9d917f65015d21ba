import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unlimited } from '../../src/store/admin.ts';
import { openStore } from '../../src/store/open.ts';
import { countFsyncs } from './fsyncs.ts';
import { checkBooks, killHard, newTally } from './round.ts';
import { countMissing, killServerUnderLoad, type Server, startServer } from './serverLoad.ts';
import { killStoreUnderLoad } from './storeLoad.ts';

const account = 'torture';
const price = 400;
const money = 1_000_000_000_000;

/**
 * Each round kills two processes at a moment drawn from the seed: the server while clients post images, and a
 * process that does nothing but reserve and settle. After each kill the books must be right, and everything
 * that was acknowledged must be there.
 */
export async function killCampaign(rounds: number, random: () => number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'legible-torture-'));
  const serverDir = join(folder, 'server');
  const storeDir = join(folder, 'store');
  const tally = newTally();
  let server: Server | undefined;
  try {
    await openTortureAccount(storeDir);
    let storePosted = money;

    server = await startServer(serverDir);
    const clientKey = server.firstKey!;
    let { posted: serverPosted, accountId } = await payIn(serverDir);
    for (let round = 1; round <= rounds; round++) {
      const seen = await killServerUnderLoad(server, clientKey, 100 + 900 * random());
      const books = { dataDir: serverDir, accountId, price, postedBefore: serverPosted };
      serverPosted = (await checkBooks(books, seen, tally)).posted;
      server = await startServer(serverDir);
      tally.lostTasks += await countMissing(server, clientKey, seen.charged);

      const acknowledged = await killStoreUnderLoad(storeDir, account, 400 * random());
      const storeBooks = { dataDir: storeDir, accountId: account, price, postedBefore: storePosted };
      storePosted = (await checkBooks(storeBooks, acknowledged, tally)).posted;
      console.log(
        `round ${round}: ${seen.charged.length} images and ${acknowledged.charged.length} bare tasks ` +
          `acknowledged before the kill; ${seen.unanswered + acknowledged.unanswered} unanswered`,
      );
    }
    const { fsyncs, commits } = countFsyncs(storeDir, account);
    const { operations, lost, doubled, lostTasks, violations } = tally;
    for (const violation of violations) console.log(`violation: ${violation}`);
    const figures = { rounds, operations, lost, doubled, lostTasks, fsyncs, commits };
    console.log(JSON.stringify({ ...figures, violations: violations.length }));
    return lost + doubled + lostTasks + violations.length === 0 && fsyncs >= commits && operations > 0;
  } finally {
    if (server) await killHard(server.child);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openTortureAccount(dataDir: string): Promise<void> {
  const store = await openStore({ dataDir, databaseUrl: undefined });
  const now = Date.now();
  await store.createAccount({ id: account, name: account, now });
  await store.topUp({ accountId: account, amount: money, note: 'torture', now });
  const key = { id: 'torture', accountId: account, packageId: null, hash: 'torture', hint: '', label: '' };
  await store.createKey({ ...key, ...unlimited, now });
  await store.close();
}

/** Pays into the account that the server made for itself at its first start, while it runs. */
export async function payIn(dataDir: string): Promise<{ posted: number; accountId: string }> {
  const store = await openStore({ dataDir, databaseUrl: undefined });
  const [{ id } = { id: '' }] = await store.listAccounts();
  const paid = await store.topUp({ accountId: id, amount: money, note: 'torture', now: Date.now() });
  await store.close();
  return { posted: paid!.posted, accountId: id };
}
