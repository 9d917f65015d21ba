import type { Language } from '../../errors.ts';
import { describeFault, Fault } from '../../fault.ts';
import type { Flow } from '../../flow/flow.ts';
import { partOf } from '../../flow/part.ts';
import type { Arrived, TaskResult } from '../../flow/stages.ts';
import { invalid } from '../../flow/validate.ts';
import { isOn } from '../../tasks/scalars.ts';
import { parseBody } from '../body.ts';
import { parseMultipart, parseQuery } from '../form.ts';
import type { Body, Dialect, FormReader, Method, Reply, Said } from './dialect.ts';
import { type FieldNames, inOwnNames } from './fieldNames.ts';
import {
  type Foreign,
  type ForeignCodes,
  foreignOf,
  ifBodyTooLarge,
  ifElsewhere,
  ifMissing,
  ifSmall,
} from './foreignCodes.ts';
import { withOurOptions } from './imageOptions.ts';
import { notReady, pingbackBy, textOf } from './pingback.ts';

const named = (code: string): Foreign => [code, 0];
const badParameters = named('ERROR_BAD_PARAMETERS');
const noImage = named('ERROR_ZERO_CAPTCHA_FILESIZE');
const tooBig = named('ERROR_TOO_BIG_CAPTCHA_FILESIZE');
const noMoney = named('ERROR_ZERO_BALANCE');
const unsolvable = named('ERROR_CAPTCHA_UNSOLVABLE');

const codes: ForeignCodes = {
  ERROR_SERVICE_UNAVALIABLE: named('ERROR_NO_SLOT_AVAILABLE'),
  ERROR_RATE_LIMIT: named('MAX_USER_TURN'),
  ERROR_INVALID_TASK_DATA: ifMissing({ task: badParameters, image: noImage, else: badParameters }),
  ERROR_BAD_REQUEST: ifBodyTooLarge({ large: tooBig, else: badParameters }),
  ERROR_TASKID_INVALID: named('ERROR_WRONG_CAPTCHA_ID'),
  ERROR_TASK_TIMEOUT: unsolvable,
  ERROR_SETTLEMENT_FAILED: noMoney,
  ERROR_KEY_DENIED_ACCESS: ifElsewhere({
    elsewhere: named('ERROR_IP_NOT_ALLOWED'),
    missing: named('ERROR_WRONG_USER_KEY'),
    else: named('ERROR_KEY_DOES_NOT_EXIST'),
  }),
  ERROR_ZERO_BALANCE: noMoney,
  ERROR_TASK_NOT_SUPPORTED: badParameters,
  ERROR_CAPTCHA_UNSOLVABLE: unsolvable,
  ERROR_UNKNOWN_QUESTION: badParameters,
  ERROR_PROXY_BANNED: named('ERROR_BAD_PROXY'),
  ERROR_INVALID_IMAGE: ifSmall({ small: noImage, large: tooBig }),
  ERROR_PARSE_IMAGE_FAIL: named('ERROR_IMAGE_TYPE_NOT_SUPPORTED'),
  ERROR_IP_BANNED: named('IP_BANNED'),
  ERROR_KEY_TEMP_BLOCKED: named('ERROR: 1003'),
};

const fieldNames: FieldNames = new Map([
  ['clientKey', 'key'],
  ['taskId', 'id'],
  ['callbackUrl', 'pingback'],
  ['task.type', 'method'],
  ['task.body', 'body'],
  ['task.minLength', 'min_len'],
  ['task.maxLength', 'max_len'],
]);

const namesWithFile: FieldNames = new Map([...fieldNames, ['task.body', 'file']]);

const unknownMethod = 'in.php method ';

const make = '/in.php';
const ask = '/res.php';

/** Query, form, multipart form and JSON all say the same; where they differ, the body counts. */
const form: FormReader = async ({ url, type, bytes }) => {
  const at = url.indexOf('?');
  const query = at < 0 ? {} : parseQuery(url.slice(at + 1));
  if (bytes === undefined || bytes.length === 0) return query;
  return { ...query, ...(await fieldsOf(bytes, type)) };
};

/** By what the body is: curl calls everything a form, and others call a form a text. */
function fieldsOf(bytes: Buffer, type: string): Body | Promise<Body> {
  if (/^multipart\/form-data\b/i.test(type)) return parseMultipart(bytes, type);
  const isJson = /\bjson\b/i.test(type) || beginsAsJson(bytes);
  return isJson ? plainOf(parseBody(bytes, false)) : parseQuery(bytes.toString('latin1'));
}

function beginsAsJson(bytes: Buffer): boolean {
  return /^\s*[{["]/.test(bytes.toString('utf8', 0, 1024));
}

/** Every field of this API is one text, number or switch; null is one that was left out. */
function plainOf(fields: Body): Body {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value !== 'object'));
}

function translate(fields: Body, path: string): Body {
  const { key, json, action, id, ids, pingback, body, file, method } = fields;
  // A key that is no text would be another mistake than a wrong one.
  const common = {
    clientKey: key === undefined || key === '' ? undefined : String(key),
    json,
    action: action || undefined,
  };
  if (path === ask) return { ...common, taskId: id, ids };
  const sentAs = !body && (file || method === 'post') ? 'file' : 'body';
  return { ...common, task: taskOf(fields), callbackUrl: pingback, sentAs };
}

/** Switches that make of an image a task of another kind: places to click, tiles to choose. */
const otherKinds = ['coordinatescaptcha', 'recaptcha', 'canvas'];
/** And fields by which some of its clients ask for tiles without the switch. */
const ofGrids = ['recaptcharows', 'recaptchacols', 'img_type'];

function taskOf(fields: Body): Body {
  const { body, file, numeric, calc, min_len, max_len, textcaptcha } = fields;
  const isSet = (name: string) => !['', '0', 0, undefined].includes(fields[name] as string);
  const otherKind = textcaptcha
    ? 'textcaptcha'
    : (otherKinds.find((kind) => isOn(fields[kind])) ?? ofGrids.find(isSet));
  // Read as a text, it would be charged for an answer that is none.
  if (otherKind !== undefined) return { type: `in.php ${otherKind}` };
  const method = fields.method || 'base64';
  // Its other methods are token types, or need people; none is a type of ours by accident.
  if (method !== 'base64' && method !== 'post') return { type: `${unknownMethod}${String(method)}` };
  const options = { numeric, math: calc, minLength: limit(min_len), maxLength: limit(max_len) };
  return withOurOptions({ type: 'ImageToTextTask', body: body || file, ...options });
}

/** Numbers come as texts, which a strict server would not read; what a form leaves empty is left out. */
function limit(length: unknown): unknown {
  if (length === '') return undefined;
  return typeof length === 'string' && /^\d+$/.test(length) ? Number(length) : length;
}

const actions: Record<string, Method> = {
  get: (flow, arrived) => (isMany(arrived.body) ? results(flow, arrived) : result(flow, arrived)),
  get2: result,
  getbalance: async (flow, arrived) =>
    answer(arrived, String((await flow.getBalance(arrived)).available / 1_000_000)),
  reportgood: (flow, arrived) => report(flow, arrived, false),
  reportbad: (flow, arrived) => report(flow, arrived, true),
};

async function result(flow: Flow, arrived: Arrived): Promise<Reply> {
  const found = await flow.getTaskResult(arrived);
  if (found.state === 'failed') {
    const said = { path: ask, url: '', fields: arrived.body };
    return { ...refusal(found.fault, arrived.language, said), failures: [found.fault] };
  }
  if (found.state === 'processing') return text(arrived.body, 0, notReady, '');
  const price = arrived.body.action === 'get2' ? (found.bill.price / 1_000_000).toFixed(6) : undefined;
  return text(arrived.body, 1, textOf(found.solution), okMark, price);
}

/** A call costs as much as that many polls, and the limits count it so. */
const mostIds = 100;

function isMany({ taskId, ids }: Body): boolean {
  return (taskId === undefined || taskId === '') && ids !== undefined && ids !== '';
}

/**
 * What each of several tasks came to, in their order; an unknown one does not hide the others. What the limits leave no
 * room for is to be asked for again: refused as a whole, a call would have spent all that was left and told nothing.
 */
async function results(flow: Flow, arrived: Arrived): Promise<Reply> {
  // No further: 6 MB of commas are as many texts.
  const ids = String(arrived.body.ids).split(',', mostIds + 1);
  if (ids.length > mostIds) throw invalid(`ids: holds more than ${mostIds}`);
  const said: string[] = [];
  const mistakes: Fault[] = [];
  const failures: Fault[] = [];
  for (const [index, id] of ids.entries()) {
    const body = { ...arrived.body, taskId: id.trim() };
    const one = partOf(arrived, { index, body, asks: { ...arrived.asks, waitMs: 0 } });
    const found = flow.getTaskResult(one).finally(() => arrived.aside.add(one.aside));
    try {
      const result = await found;
      said.push(lineOf(result, body));
      if (result.state === 'failed') failures.push(result.fault);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.code === 'ERROR_RATE_LIMIT' && index > 0) {
        said.push(...ids.slice(index).map(() => notReady));
        break;
      }
      if (error.code !== 'ERROR_TASKID_INVALID') throw error;
      mistakes.push(error);
      said.push(nameOf(error, ask, body));
    }
  }
  return { ...answer(arrived, said.join('|')), mistakes, failures };
}

function lineOf(found: TaskResult, fields: Body): string {
  if (found.state === 'processing') return notReady;
  return found.state === 'ready' ? textOf(found.solution) : nameOf(found.fault, ask, fields);
}

async function report(flow: Flow, arrived: Arrived, invalid: boolean): Promise<Reply> {
  arrived.body.result = { invalid };
  await flow.feedbackTask(arrived);
  return answer(arrived, 'OK_REPORT_RECORDED');
}

/** Stands before the number of a new task, and before a single result. */
const okMark = 'OK|';

function answer({ body }: Arrived, said: string, mark = ''): Reply {
  return text(body, 1, said, mark);
}

/** One line, or the JSON around it; only the line has the mark, and only in JSON has a price a field of its own. */
function text(fields: Body | undefined, status: 0 | 1, said: string, mark: string, price?: string): Reply {
  if (isOn(fields?.json))
    return { status: 200, body: JSON.stringify({ status, request: said, price }), errorCode: '' };
  const line = price === undefined ? `${mark}${said}` : `${mark}${said}|${price}`;
  return { status: 200, body: line, type: 'text/plain; charset=utf-8', errorCode: '' };
}

/** 2captcha's first API. Its two paths are nobody else's, so that it needs no name or port of its own. */
export const twocaptchaV1: Dialect = {
  name: '2captcha-v1',
  numbered: true,
  form,
  methods: {
    [make]: async (flow, arrived) => answer(arrived, String((await flow.createTask(arrived)).number), okMark),
    [ask]: (flow, arrived) => {
      const { action = 'get' } = arrived.body;
      const method = Object.hasOwn(actions, String(action)) ? actions[String(action)] : undefined;
      return method?.(flow, arrived) ?? flow.refuse(arrived);
    },
  },
  translate,
  callback: pingbackBy((fault) => foreignOf(codes, fault)[0]),
  refusal,
};

function refusal(fault: Fault, language: Language, { path, url, fields }: Said): Reply {
  const code = nameOf(fault, path, fields);
  // Before the body has been read, only the address can say it.
  if (!isOn(fields?.json) && !/[?&]json=1(&|$)/.test(url)) {
    return { status: 200, body: code, type: 'text/plain; charset=utf-8', errorCode: fault.code };
  }
  const body = JSON.stringify({
    status: 0,
    request: code,
    error_text: describeFault(fault, language, detailOf(fault, path, fields)),
  });
  return { status: 200, body, errorCode: fault.code };
}

/** What is wrong, with the field's name here: an image is sent as `body` or as `file`. */
function detailOf({ code, detail }: Fault, path: string, fields: Body | undefined): string | undefined {
  if (code !== 'ERROR_TASK_NOT_SUPPORTED') {
    return detail && inOwnNames(detail, fields?.sentAs === 'file' ? namesWithFile : fieldNames);
  }
  if (path === ask) return `action: is not one of ${Object.keys(actions).join(', ')}`;
  const { type } = (fields?.task ?? {}) as Body;
  return String(type).startsWith(unknownMethod) ? 'method: is neither base64 nor post' : detail;
}

function nameOf(fault: Fault, path: string, fields: Body | undefined): string {
  if (path === ask) {
    if (fault.code === 'ERROR_RATE_LIMIT') return 'ERROR: 1005';
    const isMalformed = fields?.action !== 'getbalance' && !/^\d+$/.test(String(fields?.taskId ?? ''));
    if (fault.code === 'ERROR_TASKID_INVALID' && isMalformed) return 'ERROR_WRONG_ID_FORMAT';
  }
  return foreignOf(codes, fault)[0];
}
