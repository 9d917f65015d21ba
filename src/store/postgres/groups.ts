import type { Call } from '../operations.ts';

interface Owned {
  accountId?: string;
  taskId?: string;
}

/**
 * Whose rows an operation touches, where it may share a transaction with others: their accounts are locked
 * together, in order, before any of them runs. Undefined for operations that run alone.
 */
export function ownerOf(call: Call): Owned | undefined {
  switch (call.name) {
    case 'reserve':
    case 'poll':
    case 'saveFeedback':
      return { accountId: call.args[0].accountId };
    case 'settle':
    case 'release':
      return { taskId: call.args[0].taskId };
    case 'findPrincipal':
    case 'readAccount':
    case 'listPackages':
      return {};
    default:
      return undefined;
  }
}
