export type Status = 'ok' | 'warn' | 'fail';

/** Makes good what a check found, without loss and without guessing; returns what it did. Throws where it cannot. */
type Repair = () => string | Promise<string>;

export interface Finding {
  group: 'config' | 'files' | 'runtime' | 'store' | 'ledger' | 'model' | 'network' | 'server' | 'upkeep';
  name: string;
  status: Status;
  detail: string;
  /** Set where `--fix` can do something about it. */
  repair?: Repair;
}

/** Makes the findings of one group. */
export function findingsOf(group: Finding['group']) {
  return (name: string, status: Status | boolean, detail: string, repair?: Repair): Finding => ({
    group,
    name,
    status: status === true ? 'ok' : status === false ? 'fail' : status,
    detail,
    ...(repair && status !== true && status !== 'ok' ? { repair } : {}),
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
