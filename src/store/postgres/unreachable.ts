import { UserError } from '../../userError.ts';
import { isOutage } from './connection.ts';

/** What whoever starts a server or a command is told of a database that they cannot get at; else the error itself. */
export function unreachable(error: unknown): unknown {
  return isOutage(error) ? new UserError(`databaseUrl: ${reasonOf(error)}`) : error;
}

/** For a name with several addresses the error's own message is empty, and each address has an error in `errors`. */
function reasonOf(error: unknown): string {
  const { message, errors = [], code } = error as Error & { errors?: Error[]; code?: string };
  return message || errors[0]?.message || String(code);
}
