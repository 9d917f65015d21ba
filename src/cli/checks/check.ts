export type Status = 'ok' | 'warn' | 'fail';

export interface Finding {
  group: 'config' | 'runtime' | 'store' | 'ledger' | 'model' | 'server';
  name: string;
  status: Status;
  detail: string;
}

/** Makes the findings of one group. */
export function findingsOf(group: Finding['group']) {
  return (name: string, status: Status | boolean, detail: string): Finding => ({
    group,
    name,
    status: status === true ? 'ok' : status === false ? 'fail' : status,
    detail,
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
