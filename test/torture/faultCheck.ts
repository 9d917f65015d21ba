import type { StoreAdmin } from '../../src/store/admin.ts';
import { databaseFile, openStore } from '../../src/store/open.ts';
import { auditDatabase } from '../../src/store/sqlite/auditDatabase.ts';
import { openDatabase } from '../../src/store/sqlite/connection.ts';
import type { Store } from '../../src/store/store.ts';
import { calls, money } from './faultBooks.ts';
import { account, names, payment, price, runScript, saver } from './faultScript.ts';
import type { TracedRun } from './faultTrace.ts';
import { countMissingTasks, newTally, type Tally } from './round.ts';
import { understand } from './storeLoad.ts';

export interface Findings extends Tally {
  /** Runs in which the fault happened. */
  struck: number;
  /** Acknowledgements of what was not on the disk. */
  tooEarly: number;
}

export const newFindings = (): Findings => ({ struck: 0, ...newTally(), tooEarly: 0 });

/**
 * Opens what a run left, as the next start would, and runs the script again, with nothing that fails: the books must
 * be right before and after, what either run heard must be there, and a request that both sent be charged once.
 */
export async function checkAfterFault(
  dataDir: string,
  traced: TracedRun,
  label: string,
  found: Findings,
): Promise<void> {
  const note = (what: string) => void found.violations.push(`${label}: ${what}`);
  if (traced.struck) found.struck++;
  found.tooEarly += traced.tooEarly;
  if (traced.tooEarly > 0) note(`${traced.tooEarly} acknowledged before they were on the disk`);
  if (traced.isLost && traced.status === 0) note('the process went on after a commit had failed');
  if (traced.status === 0 && !traced.words.includes('ended')) note('ended early with status 0');
  if (![null, 0, 70].includes(traced.status) && traced.words.includes('opened'))
    note(`ended with status ${traced.status}: ${traced.stderr}`);

  const file = databaseFile(dataDir);
  const store = await openStore({ dataDir, databaseUrl: undefined });
  try {
    checkFile(file, note);
    await store.repair(Date.now());
    let words = traced.words;
    await runScript(store, (word, id) => {
      words += `${word} ${id}\n`;
    });
    await compare(store, words, found, note);
    checkFile(file, note);
    checkNames(file, note);
  } catch (error) {
    note(`the next start: ${String(error)}`);
  } finally {
    await store.close();
  }
}

type Note = (what: string) => void;

/** The file itself, and the invariants: here, since a thread for each audit would take longer than the rest. */
function checkFile(file: string, note: Note): void {
  const database = openDatabase(file);
  try {
    const result = String(database.pragma('quick_check', { simple: true }));
    if (result !== 'ok') note(`quick_check: ${result}`);
    for (const { invariant, detail } of auditDatabase(database, Date.now())) note(`${invariant}: ${detail}`);
  } finally {
    database.close();
  }
}

/** What both runs were told, against what is there. */
async function compare(store: Store & StoreAdmin, words: string, found: Findings, note: Note): Promise<void> {
  const seen = understand(words);
  const { posted, pending } = (await store.readAccount(account))!;
  if (pending !== 0) note(`I6: ${pending} is still held`);
  const taken = money - posted;
  const acknowledged = seen.charged.length * price;
  found.lost += Math.max(0, acknowledged - taken);
  found.doubled += Math.max(0, taken - acknowledged - seen.unanswered * price);
  const missing = await countMissingTasks(store, account, seen);
  if (missing > 0) note(`${missing} acknowledged tasks are gone, or otherwise`);
  found.lostTasks += missing;
  found.operations += seen.charged.length + seen.released.length + seen.held.length;

  const said = (word: string) => words.split('\n').filter((line) => line.startsWith(`${word} `));
  const between = (what: string, value: number, least: number, most: number) => {
    if (!(value >= least && value <= most)) note(`${what}: ${value}, not ${least} to ${most}`);
  };
  const { posted: saved } = (await store.readAccount(saver))!;
  between('payments', saved / payment, said('paid').length, said('paying').length);
  const [pack] = await store.listPackages(account, Date.now());
  const used = calls - (pack?.callsLeft ?? Number.NaN);
  between('calls of the package', used, said('used').length, said('using').length);
  const bans = new Set((await store.listBans(Date.now())).map(({ subject }) => subject));
  for (const line of said('banned')) if (!bans.has(line.slice('banned '.length))) note(`${line}, and is not`);
}

function checkNames(file: string, note: Note): void {
  const database = openDatabase(file);
  try {
    const charged = database.prepare(
      "select count(*) as times from task where idempotency = ? and state = 'ready'",
    );
    for (const name of names) {
      const { times } = charged.get(name) as { times: number };
      if (times !== 1) note(`the request named ${name} was charged ${times} times`);
    }
  } finally {
    database.close();
  }
}
