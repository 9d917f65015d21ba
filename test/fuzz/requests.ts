import type { Dice } from './dice.ts';

export interface Request {
  bytes: Buffer;
  /** HEAD has no body to look at. */
  method: string;
  /** Leave before the answer, as a client does that is closed. */
  hangUp: boolean;
  /** Whether its end can be told, so that it must be answered. */
  isWhole: boolean;
}

const paths = [
  '/createTask',
  '/getTaskResult',
  '/getBalance',
  '/getState',
  '/feedbackTask',
  '/getToken',
  '/kasada/invoke',
  '/akamaibmp/invoke',
];
const oddPaths = [
  '/',
  '',
  '*',
  '//',
  '/%',
  '/%00',
  '/../../etc/passwd',
  '/createTask/..',
  'http://',
  '/?',
  '/\u00e9',
];
const oddMethods = [
  'GET',
  'HEAD',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'BREW',
  'post',
];
const oddTypes = [
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  ';',
  '/',
  '"',
];

/** Values that a field was not made for. */
const values: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  0,
  -0,
  -1,
  1e308,
  2 ** 53,
  '\u0000',
  '\ud800',
  '\u202e\ufeff',
  '__proto__',
  "' or 1=1 --",
  '../../etc/passwd',
  'x'.repeat(70_000),
  [],
  {},
  [[[]]],
  { toString: 1, valueOf: null, hasOwnProperty: {} },
  { length: -1, 0: 'a' },
  Array(1_000).fill(0),
];

/** Pieces that only text can hold: numbers out of range, names written twice, prototypes, depth. */
const pieces = [
  '1e400',
  '-1e400',
  '9007199254740993',
  '00',
  'NaN',
  'undefined',
  '{"__proto__":{"x":1}}',
  '{"constructor":{"prototype":{}}}',
  '"\\ud800"',
  '"\\u0000"',
  '"\\x"',
  `${'['.repeat(100)}${']'.repeat(100)}`,
  '{"a":'.repeat(40),
  '/**/1',
  "'x'",
];

/** Makes one hostile request of the seed's choosing. */
export function hostile(dice: Dice, key: string, images: string[]): Request {
  const kind = dice.next();
  if (kind < 0.5) return structured(dice, key, images);
  if (kind < 0.75) return damaged(dice, key, images);
  if (kind < 0.95) return oddHead(dice, key);
  return {
    bytes: Buffer.concat([dice.bytes(1 + dice.below(300)), Buffer.from('\r\n\r\n')]),
    method: '',
    hangUp: false,
    isWhole: false,
  };
}

/** Whole HTTP, whose JSON is wrong in one or a few places. */
function structured(dice: Dice, key: string, images: string[]): Request {
  const path = dice.pick(paths);
  const body = mutateText(dice, JSON.stringify(mutateFields(dice, template(dice, path, key, images))));
  return { bytes: message('POST', path, body), method: 'POST', hangUp: dice.chance(0.03), isWhole: true };
}

/** Right HTTP with bytes changed, cut off or put in. */
function damaged(dice: Dice, key: string, images: string[]): Request {
  const path = dice.pick(paths);
  const whole = message('POST', path, JSON.stringify(template(dice, path, key, images)));
  let bytes = Buffer.from(whole.subarray(0, 4_000));
  for (let times = 1 + dice.below(6); times > 0; times--) {
    const at = dice.below(bytes.length);
    const action = dice.next();
    if (action < 0.5) bytes[at] = dice.below(256);
    else if (action < 0.7)
      bytes = Buffer.concat([bytes.subarray(0, at), dice.bytes(dice.below(8)), bytes.subarray(at)]);
    else if (action < 0.85)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + dice.below(20))]);
    else bytes = bytes.subarray(0, Math.max(1, at));
    if (bytes.length === 0) bytes = Buffer.from('P');
  }
  return { bytes, method: '', hangUp: dice.chance(0.05), isWhole: false };
}

/** Right JSON under a head that is not. */
function oddHead(dice: Dice, key: string): Request {
  const method = dice.chance(0.5) ? dice.pick(oddMethods) : 'POST';
  const path = dice.chance(0.5)
    ? dice.pick(oddPaths)
    : `${dice.pick(paths)}${dice.chance(0.3) ? `?clientKey=${key}` : ''}`;
  const body = JSON.stringify({ clientKey: key });
  const headers = dice.pick([
    `Content-Type: ${dice.pick(oddTypes)}`,
    'Content-Encoding: gzip',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Expect: 100-continue',
    'Expect: cake',
    `Content-Length: ${dice.pick([-1, 1e21, '0x10', '1 2', 17_000_000])}`,
    `X-Forwarded-For: ${dice.pick(['1.2.3.4', ',,,', '::1', 'x'.repeat(5_000), '"\\'])}`,
    `Accept-Language: ${dice.pick(['ru', ';q=', ',,', 'zh;q=1e9', '*;q=0'])}`,
    `X-Request-Id: ${dice.pick(['a', 'b c', '\u00ff', 'x'.repeat(300)])}`,
    `X-Big: ${'y'.repeat(20_000)}`,
    'Upgrade: websocket\r\nConnection: Upgrade',
    'Host: a\r\nHost: b',
    ': nameless',
    'Name\t: x',
  ]);
  return {
    bytes: message(method, path, body, `${headers}\r\n`),
    method,
    hangUp: false,
    isWhole: true,
  };
}

function message(method: string, path: string, body: string, headers = ''): Buffer {
  const length = /content-length/i.test(headers) ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${length}${headers}\r\n${body}`,
  );
}

function template(dice: Dice, path: string, key: string, images: string[]): Record<string, unknown> {
  const taskId = '6f1f1b0a-2f53-4a1e-9f8e-0f4f6d2c1b3a';
  if (path === '/createTask' || path === '/getToken') {
    const type = dice.pick(['ImageToTextTask', 'imagetotexttask', 'VisionEngine', 'HCaptchaTask']);
    const module = dice.pick(['common', 'number', 'math', 'queueit', 'nonsense']);
    const body = dice.chance(0.1) ? dice.pick(images) : dice.bytes(40).toString('base64');
    return {
      clientKey: key,
      appId: 'a',
      task: { type, module, body, score: 0.8, case: true, images: [body] },
    };
  }
  if (path === '/feedbackTask')
    return { clientKey: key, taskId, result: { invalid: true, code: 1001, message: 'wrong' } };
  return { clientKey: key, taskId };
}

function mutateFields(dice: Dice, value: Record<string, unknown>): Record<string, unknown> {
  for (const name of Object.keys(value)) {
    const field = value[name];
    if (typeof field === 'object' && field !== null && !Array.isArray(field) && dice.chance(0.7))
      mutateFields(dice, field as Record<string, unknown>);
    // The key mostly stays, or all requests would end with it.
    else if (dice.chance(name === 'clientKey' ? 0.05 : 0.25)) mutateField(dice, value, name);
  }
  return value;
}

function mutateField(dice: Dice, value: Record<string, unknown>, name: string): void {
  const action = dice.below(5);
  if (action === 0) delete value[name];
  else if (action === 1) value[name.toUpperCase()] = value[name];
  else if (action === 2) value[name] = [value[name]];
  else value[name] = dice.pick(values);
}

function mutateText(dice: Dice, text: string): string {
  if (dice.chance(0.7)) return text;
  const at = dice.below(text.length);
  const action = dice.below(5);
  if (action === 0) return text.slice(0, at);
  if (action === 1) return `${text.slice(0, at)}${dice.pick(pieces)}${text.slice(at)}`;
  if (action === 2) return text.replace(/:("[^"]*"|\d+|true|null)/, `:${dice.pick(pieces)}`);
  if (action === 3) return `\ufeff${text}`;
  return `${text.slice(0, -1)},"clientKey":"x","task":null}`;
}
