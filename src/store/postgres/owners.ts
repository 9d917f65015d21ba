import { RecentMap } from '../../recentMap.ts';
import type { Call, Result } from '../operations.ts';

interface Touched {
  accountId?: string;
  taskId?: string;
}

/**
 * Whose rows an operation touches, where it may share a transaction with others: their accounts are locked
 * together, in order, before any of them runs. Undefined for operations that run alone.
 */
export function touchedBy(call: Call): Touched | undefined {
  switch (call.name) {
    case 'reserve':
    case 'endOverdueOf':
    case 'repairOf':
    case 'repairTask':
    case 'poll':
    case 'saveFeedback':
    case 'numberOfTask':
    case 'taskOfNumber':
      return { accountId: call.args[0].accountId };
    case 'settle':
      return { taskId: call.args[0].taskId };
    case 'release': {
      const { taskId, accountId } = call.args[0];
      // Its hold may be at its commit: until then the database knows nothing of the task.
      return accountId === undefined ? { taskId } : { accountId };
    }
    case 'findPrincipal':
    case 'readAccount':
    case 'listPackages':
    case 'recall':
    case 'endedAmong':
      return {};
    default:
      return undefined;
  }
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
