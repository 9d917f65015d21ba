import { Fault, type FaultDetail } from '../fault.ts';
import { lowerCase } from '../lowerCase.ts';
import type { Config } from '../settings/config.ts';
import type { SiteRules } from '../tasks/site.ts';
import { readFields } from '../tasks/wording.ts';
import { requireTaskType } from './authenticate.ts';
import type { AnyTaskType, Caller, Job } from './stages.ts';

const detailLength = 200;
/** Of a field's name, which the client may have made up, in a detail that says more after it. */
const nameLength = 100;

/** In bytes. The row of a queued task holds it, and every worker that takes the task up reads it again. */
const mostPayload = 128 * 1024;

interface ValidatorParts {
  config: Config;
  sites: Pick<SiteRules, 'parse'>;
}

/** Makes the step that turns what the client wrote into a job that can be solved and priced. */
export function validator(
  { config, sites }: ValidatorParts,
  typeNamed: (name: string) => AnyTaskType | undefined,
) {
  /** @throws Fault ERROR_INVALID_TASK_DATA, ERROR_TASK_NOT_SUPPORTED and what the type's own check throws */
  return function validate(caller: Caller): Job {
    const { task } = caller.arrived.body;
    if (task === undefined || task === null) throw invalid('task: is missing');
    if (typeof task !== 'object' || Array.isArray(task)) throw invalid('task: is not an object');
    const name = (task as Record<string, unknown>).type;
    if (name === undefined || name === null) throw invalid('task.type: is missing');
    if (typeof name !== 'string') throw invalid('task.type: is not a string');
    const type = typeNamed(name);
    if (type === undefined) throw unsupported();
    requireTaskType(caller, type.type);
    const payload = type.timing === 'later' ? payloadOf(task) : null;
    const parsed = readFields(type.input, task, 'task');
    if ('problem' in parsed) throw invalid(parsed.problem, { reason: parsed.reason });
    type.check(parsed.data);
    const module = type.module(parsed.data);
    const price = caller.principal.package === null ? priceOf(config, type.type, module) : 0;
    const callbackUrl = callbackOf(caller.arrived.body.callbackUrl, sites);
    return { caller, type, module, input: parsed.data, payload, price, callbackUrl };
  };
}

/** @throws Fault ERROR_INVALID_TASK_DATA that names the field which takes the most room */
function payloadOf(task: object): string {
  const sizes = Object.entries(task).map(([name, value]) => [name, name.length + textIn(value)] as const);
  // As JSON it takes no fewer bytes than its texts have characters, and to write six megabytes takes 50 ms.
  if (sizes.reduce((sum, [, size]) => sum + size, 0) <= mostPayload) {
    const payload = JSON.stringify(task);
    if (Buffer.byteLength(payload) <= mostPayload) return payload;
  }
  const [largest] = sizes.sort(([, one], [, other]) => other - one)[0]!;
  throw invalid(`task.${largest.slice(0, nameLength)}: makes the task larger than ${mostPayload} bytes`);
}

/** Characters of all texts in a value, names included, and one for whatever else it holds. */
function textIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  // The places in a list are not written.
  if (Array.isArray(value)) return value.reduce((sum, inner) => sum + textIn(inner), 0);
  return Object.entries(value).reduce((sum, [name, inner]) => sum + name.length + textIn(inner), 0);
}

/** Clients that have none send `null`, or nothing in quotes. */
function callbackOf(given: unknown, sites: Pick<SiteRules, 'parse'>): string | null {
  if (given === undefined || given === null || given === '') return null;
  if (typeof given !== 'string') throw invalid('callbackUrl: is not a string');
  const url = sites.parse(given);
  if (url === undefined) throw invalid('callbackUrl: is not a URL that may be called');
  return url.href;
}

/** Makes the look-up of task types; clients do not agree on the case of their names. */
export function registryOf(taskTypes: readonly AnyTaskType[]) {
  const registry = new Map(taskTypes.map((type) => [type.type.toLowerCase(), type]));
  return (name: string): AnyTaskType | undefined => registry.get(lowerCase(name));
}

/** Refuses what this server does not do, by whatever path it is asked. */
export function unsupported(): Fault {
  return new Fault('ERROR_TASK_NOT_SUPPORTED');
}

/** A request whose data is not what the contract says; the detail begins with the field at fault. */
export function invalid(detail: string, more: Pick<FaultDetail, 'reason' | 'cause'> = {}): Fault {
  return new Fault('ERROR_INVALID_TASK_DATA', { ...more, detail: detail.slice(0, detailLength) });
}

/** @throws Error when nobody has set a price: giving work away unasked would be worse than refusing it */
function priceOf({ prices }: Config, type: string, module: string): number {
  const price = prices[`${type}/${module}`];
  if (price === undefined) throw new Error(`the setting prices has no ${type}/${module}`);
  return price;
}
