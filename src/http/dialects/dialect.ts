import type { ErrorCode, Language } from '../../errors.ts';
import type { Fault } from '../../fault.ts';
import type { Flow } from '../../flow/flow.ts';
import type { Arrived, TaskResult } from '../../flow/stages.ts';
import type { DialectName } from '../../settings/dialects.ts';

export interface Reply {
  status: number;
  /** JSON, unless `type` says otherwise. */
  body: string;
  /** Content-Type where the body is not JSON. */
  type?: string;
  /** The code that the body stands for; empty for success. */
  errorCode: ErrorCode | '';
  /** Mistakes that its body tells besides: they count as if each had been answered alone. */
  mistakes?: readonly Fault[];
  /** Why tasks failed that its body tells of. */
  failures?: readonly Fault[];
}

export type Body = Record<string, unknown>;

/** What has been read of a request so far. */
export interface Said {
  path: string;
  /** The address with its query, as it was sent. */
  url: string;
  /** The fields, once the body has been read. */
  fields?: Body | undefined;
}

export type Method = (flow: Flow, arrived: Arrived) => Promise<Reply>;

/** How one family of clients writes the methods: names, statuses and codes over the same flow. */
export interface Dialect {
  /** Each API of a contract with two has a name of its own. */
  name: DialectName | '2captcha-v1';
  /** Whether its clients know tasks by whole numbers. */
  numbered: boolean;
  /** By path; each is asked by POST, and where there is a `form` by GET too. */
  methods: Record<string, Method>;
  /** Paths of its contract's other methods: its clients are told so in its words, whatever port they ask. */
  unserved?: readonly string[];
  /** Reads the fields where they may also come in the address of a GET, or in a form; absent where only JSON is read. */
  form?: FormReader;
  /** Writes the fields of a request in the flow's own words; may change what it is given. */
  translate?(fields: Body, path: string): Body;
  /** How a callback tells where the task of this number stands. */
  callback(result: TaskResult, number: number, language: Language): Pick<Reply, 'body' | 'type'>;
  refusal(fault: Fault, language: Language, said: Said): Reply;
}

/** The fields of a request that need not be JSON. @throws Fault ERROR_INVALID_TASK_DATA */
export type FormReader = (sent: { url: string; type: string; bytes: Buffer | undefined }) => Promise<Body>;
