import { createAccount, findAccount, listAccounts, readAccount, topUp } from './operations/accounts.ts';
import { audit } from './operations/audit.ts';
import { banChanges, liftBan, listBans, saveBan } from './operations/bans.ts';
import { endCallback, takeCallback } from './operations/callbacks.ts';
import {
  draftCheckpoint,
  keepCheckpoint,
  lastSettledLine,
  nextCheckpoint,
  sinceCheckpoint,
} from './operations/checkpoints.ts';
import { endedAmong } from './operations/ended.ts';
import { listEntries } from './operations/entries.ts';
import { listFeedback, saveFeedback } from './operations/feedback.ts';
import { gauges } from './operations/gauges.ts';
import { recall } from './operations/idempotency.ts';
import { createKey, hasKeys, listKeys, revokeKey } from './operations/keys.ts';
import { numberOfTask, taskOfNumber } from './operations/numbers.ts';
import { createPackage, endPackage, listPackages } from './operations/packages.ts';
import { keepPepper, keptPepper, provePepper } from './operations/pepper.ts';
import { poll, savePolls } from './operations/poll.ts';
import { beat, probe, time } from './operations/presence.ts';
import { findPrincipal } from './operations/principal.ts';
import { release } from './operations/release.ts';
import { orphanAccounts, orphanTasks, repair, repairOf, repairTask } from './operations/repair.ts';
import { reserve } from './operations/reserve.ts';
import { settle } from './operations/settle.ts';
import { isAnyOpenOf, isAnyStanding } from './operations/standing.ts';
import { endOverdueOf, lateAccounts, overdueTasks, sweep } from './operations/sweep.ts';
import { handBack, reclaim, take } from './operations/take.ts';
import { welcome } from './operations/welcome.ts';
import type { Operation } from './statement.ts';

/** Everything that a store can be asked, by name: what an engine runs inside a transaction. */
const operations = {
  audit,
  banChanges,
  beat,
  createAccount,
  createKey,
  createPackage,
  draftCheckpoint,
  endCallback,
  endPackage,
  endedAmong,
  isAnyOpenOf,
  isAnyStanding,
  findAccount,
  findPrincipal,
  gauges,
  handBack,
  hasKeys,
  keepCheckpoint,
  keepPepper,
  keptPepper,
  lastSettledLine,
  liftBan,
  listAccounts,
  listBans,
  listEntries,
  listFeedback,
  listKeys,
  listPackages,
  nextCheckpoint,
  numberOfTask,
  poll,
  probe,
  provePepper,
  readAccount,
  recall,
  reclaim,
  release,
  orphanAccounts,
  orphanTasks,
  repair,
  repairOf,
  repairTask,
  reserve,
  revokeKey,
  saveBan,
  saveFeedback,
  savePolls,
  settle,
  sinceCheckpoint,
  sweep,
  lateAccounts,
  overdueTasks,
  endOverdueOf,
  take,
  takeCallback,
  taskOfNumber,
  time,
  topUp,
  welcome,
};

type Operations = typeof operations;
export type OperationName = keyof Operations;
export type Arguments<Name extends OperationName> = Parameters<Operations[Name]>;
export type Result<Name extends OperationName> =
  ReturnType<Operations[Name]> extends Operation<infer T> ? T : never;

/** An operation asked for: its name and what it is called with. */
export type Call = { [Name in OperationName]: { name: Name; args: Arguments<Name> } }[OperationName];

/** Starts an operation; nothing happens until its queries are answered. */
export function start(call: Call): Operation<unknown> {
  return (operations[call.name] as (...args: unknown[]) => Operation<unknown>)(...call.args);
}
