import { RecentMap } from '../../recentMap.ts';
import type { Arguments, Call, OperationName, Result } from '../operations.ts';

interface Touched {
  accountId?: string;
  taskId?: string;
}

const ofAccount = ({ accountId }: { accountId: string }): Touched => ({ accountId });
const ofTask = ({ taskId }: { taskId: string }): Touched => ({ taskId });
// A hold may be at its commit: until then the database knows nothing of the task.
const ofHold = ({ taskId, accountId }: Arguments<'release'>[0]): Touched =>
  accountId === undefined ? { taskId } : { accountId };
const ofNobody = (): Touched => ({});
const alone = () => undefined;

/** By the arguments of each operation, what it touches where it may share a transaction. */
const touches: { [Name in OperationName]: (...args: Arguments<Name>) => Touched | undefined } = {
  endOverdueOf: ofAccount,
  numberOfTask: ofAccount,
  poll: ofAccount,
  repairOf: ofAccount,
  repairTask: ofAccount,
  reserve: ofAccount,
  saveFeedback: ofAccount,
  taskOfNumber: ofAccount,
  release: ofHold,
  settle: ofTask,
  endedAmong: ofNobody,
  findPrincipal: ofNobody,
  listPackages: ofNobody,
  readAccount: ofNobody,
  recall: ofNobody,
  audit: alone,
  banChanges: alone,
  beat: alone,
  createAccount: alone,
  createKey: alone,
  createPackage: alone,
  draftCheckpoint: alone,
  endCallback: alone,
  endPackage: alone,
  findAccount: alone,
  gauges: alone,
  handBack: alone,
  hasKeys: alone,
  isAnyOpenOf: alone,
  isAnyStanding: alone,
  keepCheckpoint: alone,
  keepPepper: alone,
  keptPepper: alone,
  lastSettledLine: alone,
  lateAccounts: alone,
  liftBan: alone,
  listAccounts: alone,
  listBans: alone,
  listEntries: alone,
  listFeedback: alone,
  listKeys: alone,
  nextCheckpoint: alone,
  orphanAccounts: alone,
  orphanTasks: alone,
  overdueTasks: alone,
  probe: alone,
  provePepper: alone,
  reclaim: alone,
  repair: alone,
  revokeKey: alone,
  saveBan: alone,
  savePolls: alone,
  sinceCheckpoint: alone,
  sweep: alone,
  take: alone,
  takeCallback: alone,
  time: alone,
  topUp: alone,
  welcome: alone,
};

/**
 * Whose rows an operation touches, where it may share a transaction with others: their accounts are locked
 * together, in order, before any of them runs. Undefined for operations that run alone.
 */
export function touchedBy({ name, args }: Call): Touched | undefined {
  return (touches[name] as (...args: unknown[]) => Touched | undefined)(...args);
}

/**
 * Tasks whose account is remembered; that of an older one is looked up in the database, as those of other processes are.
 * The oldest give way and new ones are not refused: tasks that another process ends are never taken out here.
 */
const mostRemembered = 100_000;

/** Knows the accounts of the tasks that this process reserved or took, until they end. */
export function owners() {
  const accounts = new RecentMap<string, string>(mostRemembered);
  return {
    /**
     * Null for an operation that runs alone, undefined for one that locks no account. For a task of another process,
     * whose account only the database knows, it is a name of its own: that account may be one that is locked.
     */
    ownerOf(call: Call): string | null | undefined {
      const touched = touchedBy(call);
      if (touched === undefined) return null;
      if (touched.accountId !== undefined) return touched.accountId;
      return touched.taskId && (accounts.get(touched.taskId) ?? `task ${touched.taskId}`);
    },
    learn(call: Call, outcome: unknown): void {
      if (call.name === 'settle' || call.name === 'release') accounts.delete(call.args[0].taskId);
      if (call.name === 'reserve' && outcome === 'held')
        accounts.set(call.args[0].taskId, call.args[0].accountId);
      const taken = outcome as Result<'take'>;
      if (call.name === 'take' && taken !== undefined) accounts.set(taken.taskId, taken.accountId);
    },
  };
}
