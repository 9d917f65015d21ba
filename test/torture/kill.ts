import { unlimited } from '../../src/store/admin.ts';
import { openStore } from '../../src/store/open.ts';
import type { EngineName } from '../../src/store/statement.ts';
import { countFsyncs } from './fsyncs.ts';
import { openPlaces, type Place } from './places.ts';
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
export async function killCampaign(
  rounds: number,
  random: () => number,
  engine: EngineName,
): Promise<boolean> {
  const places = await openPlaces(engine);
  const tally = newTally();
  let server: Server | undefined;
  try {
    await openTortureAccount(places.store);
    let storePosted = money;

    server = await startServer(places.server);
    const clientKey = server.firstKey!;
    let { posted: serverPosted, accountId } = await payIn(places.server);
    for (let round = 1; round <= rounds; round++) {
      const seen = await killServerUnderLoad(server, clientKey, 100 + 900 * random());
      const books = { place: places.server, accountId, price, postedBefore: serverPosted };
      serverPosted = (await checkBooks(books, seen, tally)).posted;
      server = await startServer(places.server);
      tally.lostTasks += await countMissing(server, clientKey, seen.charged);

      const acknowledged = await killStoreUnderLoad(places.store, account, 400 * random());
      const storeBooks = { place: places.store, accountId: account, price, postedBefore: storePosted };
      storePosted = (await checkBooks(storeBooks, acknowledged, tally)).posted;
      console.log(
        `round ${round}: ${seen.charged.length} images and ${acknowledged.charged.length} bare tasks ` +
          `acknowledged before the kill; ${seen.unanswered + acknowledged.unanswered} unanswered`,
      );
    }
    // PostgreSQL's are its own affair.
    const disk = engine === 'sqlite' ? countFsyncs(places.store.dataDir, account) : undefined;
    const { operations, lost, doubled, lostTasks, violations } = tally;
    for (const violation of violations) console.log(`violation: ${violation}`);
    const figures = { rounds, operations, lost, doubled, lostTasks, ...disk };
    console.log(JSON.stringify({ ...figures, violations: violations.length }));
    const isForced = disk === undefined || disk.fsyncs >= disk.commits;
    return lost + doubled + lostTasks + violations.length === 0 && isForced && operations > 0;
  } finally {
    if (server) await killHard(server.child);
    await places.close();
  }
}

async function openTortureAccount(place: Place): Promise<void> {
  const store = await openStore(place);
  const now = Date.now();
  await store.createAccount({ id: account, name: account, now });
  await store.topUp({ accountId: account, amount: money, note: 'torture', now });
  const key = { id: 'torture', accountId: account, packageId: null, hash: 'torture', hint: '', label: '' };
  await store.createKey({ ...key, ...unlimited, now });
  await store.close();
}

/** Pays into the account that the server made for itself at its first start, while it runs. */
export async function payIn(place: Place): Promise<{ posted: number; accountId: string }> {
  const store = await openStore(place);
  const [{ id } = { id: '' }] = await store.listAccounts();
  const paid = await store.topUp({ accountId: id, amount: money, note: 'torture', now: Date.now() });
  await store.close();
  return { posted: paid!.posted, accountId: id };
}
