import { UserError } from '../../userError.ts';
import { isOutage } from './connection.ts';

/** What whoever starts a server or a command is told of a database that they cannot get at; else the error itself. */
export function unreachable(error: unknown): unknown {
  return isOutage(error) ? new UserError(`databaseUrl: ${reasonOf(error)}`) : error;
}

/** Of a name with several addresses the message is empty, and each of them has its own. */
function reasonOf(error: unknown): string {
  const { message, errors = [], code } = error as Error & { errors?: Error[]; code?: string };
  return message || errors[0]?.message || String(code);
}
