import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RecognizerPool } from '../../src/recognize/pool.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { FakeClock, openWorld, picture, start, type World } from '../world.ts';
import { feedbackOn, type Sent, wire } from './wire.ts';

/** 2captcha's first API, at its two paths of every server, against the real recogniser. */
const clock = new FakeClock();
const file = readFileSync('examples/common.png');
const image = file.toString('base64');
const urlencoded = 'application/x-www-form-urlencoded';
let recognizer: RecognizerPool;
let world: World;

beforeAll(async () => {
  recognizer = await RecognizerPool.start({ threads: 1, queueLimit: 64, clock });
  world = await openWorld({ clock, engines: { text: recognizer }, settings: { strict: true } });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await recognizer.stop();
});

function query(fields: Record<string, string>): string {
  return new URLSearchParams(fields).toString();
}

const get = (fields: Record<string, string>, of = world) =>
  wire(of, `/res.php?${query({ key: of.key, ...fields })}`, { method: 'GET' });

function multipart(fields: Record<string, string>, upload?: Buffer): Sent {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--xx\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head =
    '--xx\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n';
  const body = Buffer.concat([
    Buffer.from(parts.join('')),
    ...(upload ? [Buffer.from(head), upload, Buffer.from('\r\n')] : []),
    Buffer.from('--xx--\r\n'),
  ]);
  return { type: 'multipart/form-data; boundary=xx', body };
}

describe('an image goes to in.php', () => {
  const fields = () => ({ key: world.key, method: 'base64', body: image });
  const ways: Record<string, () => Promise<{ status: number; type: string; text: string }>> = {
    'in a form': () => wire(world, '/in.php', { type: urlencoded, body: query(fields()) }),
    'in a multipart form': () => wire(world, '/in.php', multipart(fields())),
    'as a file of a multipart form': () =>
      wire(world, '/in.php', multipart({ key: world.key, method: 'post' }, file)),
    'in the address': () => wire(world, `/in.php?${query(fields())}`, { method: 'GET' }),
    'in JSON, whatever its type is called': () =>
      wire(world, '/in.php', { type: 'text/plain', body: JSON.stringify(fields()) }),
    'in JSON that curl calls a form': () =>
      wire(world, '/in.php', { type: urlencoded, body: ` \n${JSON.stringify(fields())}` }),
    'in a form that is called a text, or nothing at all': async () => {
      const body = query(fields());
      expect((await wire(world, '/in.php', { type: '', body })).text).toMatch(/^OK\|\d+$/);
      return wire(world, '/in.php', { type: 'text/plain', body });
    },
    'in a form whose key is in the address': () =>
      wire(world, `/in.php?key=${world.key}`, { type: urlencoded, body: query({ body: image }) }),
  };

  test.each(Object.keys(ways))('%s, and its text comes from res.php', async (way) => {
    const { status, type, text } = await ways[way]!();
    expect([status, type]).toEqual([200, 'text/plain; charset=utf-8']);
    const [, id = ''] = /^OK\|(\d+)$/.exec(text) ?? [];
    const read = await get({ action: 'get', id });
    expect(read.text).toMatch(/^OK\|[0-9A-Za-z]+$/);
    expect((await get({ id })).text).toBe(read.text);
    expect((await get({ action: 'get2', id })).text).toBe(`${read.text}|0.000400`);
  });

  test('with json=1: the same in JSON, without the mark', async () => {
    const sent = JSON.stringify({ key: world.key, method: 'base64', body: image, json: 1 });
    const made = await wire(world, '/in.php', { type: 'application/json', body: sent });
    expect(made.json).toEqual({ status: 1, request: expect.stringMatching(/^\d+$/) });
    const read = await get({ action: 'get', id: made.json.request, json: '1' });
    expect(read.json).toEqual({ status: 1, request: expect.stringMatching(/^[0-9A-Za-z]+$/) });
    const priced = await get({ action: 'get2', id: made.json.request, json: '1' });
    expect(priced.json).toEqual({ ...read.json, price: '0.000400' });
  });
});

test('a task under way is CAPCHA_NOT_READY, and one that failed its code', async () => {
  const { type, asked } = laterType();
  await using later = await openWorld({ settings: { prices: laterPrices }, moreTypes: [type] });
  const clientKey = await later.addKey({ dialect: '2captcha' });
  const body = JSON.stringify({ clientKey, task: { type: 'EchoTask', say: 'x' } });
  const { taskId } = (await wire(later, '/createTask', { body })).json;
  const id = String(taskId);
  expect((await get({ id }, later)).text).toBe('CAPCHA_NOT_READY');
  expect((await get({ id, json: '1' }, later)).json).toEqual({ status: 0, request: 'CAPCHA_NOT_READY' });
  await expect.poll(() => asked.length).toBe(1);
  asked[0]!.end.reject(new Error('broken'));
  await expect.poll(async () => (await get({ id }, later)).text).toBe('ERROR_NO_SLOT_AVAILABLE');
});

test('many tasks are asked for in one call, of each what it came to', async () => {
  const { type, asked } = laterType();
  await using later = await openWorld({ settings: { prices: laterPrices }, moreTypes: [type] });
  const clientKey = await later.addKey({ dialect: '2captcha' });
  const made: number[] = [];
  for (const say of ['x', 'y', 'z']) {
    const body = JSON.stringify({ clientKey, task: { type: 'EchoTask', say } });
    made.push((await wire(later, '/createTask', { body })).json.taskId);
    await expect.poll(() => asked.length).toBe(made.length);
  }
  asked[1]!.end.reject(new Error('broken'));
  asked[2]!.end.resolve({ text: 'Hello' });
  const ids = [...made, 999_999, 'a'].join(',');
  const unknown = 'ERROR_WRONG_CAPTCHA_ID|ERROR_WRONG_ID_FORMAT';
  const came = `CAPCHA_NOT_READY|ERROR_NO_SLOT_AVAILABLE|Hello|${unknown}`;
  await expect.poll(async () => (await get({ action: 'get', ids }, later)).text).toBe(came);
  expect((await get({ ids, json: '1' }, later)).json).toEqual({ status: 1, request: came });
  const backwards = { key: later.key, action: 'get', ids: made.toReversed().join() };
  const { headers } = await fetch(`${later.url}/res.php?${query(backwards)}`);
  expect(headers.get('x-legible-cost')).toBe('0.0003');
  // Keys and texts stand in answers to GET, which a proxy on the way may else keep.
  expect(headers.get('cache-control')).toBe('no-store');
  const many = await get({ ids: '1'.padEnd(201, ',1'), json: '1' }, later);
  expect(many.json).toMatchObject({
    status: 0,
    error_text: expect.stringContaining('ids: holds more than 100'),
  });
  const wrong = await wire(later, `/res.php?${query({ key: 'x', action: 'get', ids })}`, { method: 'GET' });
  expect(wrong.text).toBe('ERROR_KEY_DOES_NOT_EXIST');
});

test('the balance, as a line and as JSON', async () => {
  await using rich = await openWorld({ money: 2_345_000 });
  expect((await get({ action: 'getbalance' }, rich)).text).toBe('2.345');
  expect((await get({ action: 'getbalance', json: '1' }, rich)).json).toEqual({
    status: 1,
    request: '2.345',
  });
});

test('reports of answers are recorded', async () => {
  const made = await wire(world, '/in.php', multipart({ key: world.key }, file));
  const id = made.text.slice(3);
  for (const action of ['reportgood', 'reportbad']) {
    expect((await get({ action, id })).text).toBe('OK_REPORT_RECORDED');
    expect(feedbackOn(world).at(-1)).toEqual({ number: Number(id), invalid: action === 'reportbad' ? 1 : 0 });
  }
  expect((await get({ action: 'reportbad', id: '999999' })).text).toBe('ERROR_WRONG_CAPTCHA_ID');
});

test('what is wrong has its code of this API alone, as a line or as JSON', async () => {
  const before = await world.money();
  const post = async (fields: Record<string, string>) =>
    (await wire(world, '/in.php', { type: urlencoded, body: query(fields) })).text;
  const { key } = world;
  expect(await post({ key: 'wrong', body: image })).toBe('ERROR_KEY_DOES_NOT_EXIST');
  expect(await post({ body: image })).toBe('ERROR_WRONG_USER_KEY');
  expect(await post({ key })).toBe('ERROR_ZERO_CAPTCHA_FILESIZE');
  expect(await post({ key, body: 'no image' })).toBe('ERROR_IMAGE_TYPE_NOT_SUPPORTED');
  expect(await post({ key, body: await picture(4, 4) })).toBe('ERROR_ZERO_CAPTCHA_FILESIZE');
  expect(await post({ key, body: await picture(9_000, 8) })).toBe('ERROR_TOO_BIG_CAPTCHA_FILESIZE');
  expect(await post({ key, body: image, max_len: 'x' })).toBe('ERROR_BAD_PARAMETERS');
  for (const method of ['userrecaptcha', 'hcaptcha', 'turnstile', 'geetest', 'ImageToTextTask', 'AltchaTask'])
    expect(await post({ key, method, body: image, pageurl: 'x' })).toBe('ERROR_BAD_PARAMETERS');
  expect((await get({ id: 'x' })).text).toBe('ERROR_WRONG_ID_FORMAT');
  expect((await get({ action: 'fly' })).text).toBe('ERROR_BAD_PARAMETERS');
  const json = await wire(world, `/res.php?key=wrong&action=getbalance&json=1`, { method: 'GET' });
  expect(json.json).toEqual({
    status: 0,
    request: 'ERROR_KEY_DOES_NOT_EXIST',
    error_text: 'Wrong account key',
  });
  expect(await world.money()).toEqual(before);
});

test('the description of a mistake names the field as it was sent', async () => {
  const { key } = world;
  const said = async (fields: object) => {
    const body = JSON.stringify({ json: 1, ...fields });
    const answer = await wire(world, '/in.php', { type: 'application/json', body });
    return (answer.json as { error_text: string }).error_text;
  };
  expect(await said({ body: image })).toMatch(/: key: is missing$/);
  expect(await said({ key, file: 'no image' })).toMatch(/: file: /);
  expect(await said({ key, method: 'post' })).toMatch(/: file: is missing$/);
  expect(await said({ key })).toMatch(/: body: is missing$/);
  expect(await said({ key, body: image, min_len: 9, max_len: 2 })).toMatch(/: min_len: is above max_len$/);
  expect(await said({ key, method: 'BASE64', body: image })).toMatch(/: method: is neither base64 nor post$/);
  expect((await get({ action: 'fly', json: '1' })).json).toMatchObject({
    error_text: expect.stringMatching(
      /: action: is not one of get, get2, getbalance, reportgood, reportbad$/,
    ),
  });
  expect(await said({ key, body: 'no image' })).toMatch(/: body: /);
  expect(await said({ key, body: image, min_len: 'x' })).toMatch(/: min_len: /);
  expect(await said({ key, body: image, max_len: 99 })).toMatch(/: max_len: /);
  expect(await said({ key, body: image, pingback: 'ftp://x' })).toMatch(/: pingback: /);
});

test('fields of JSON that are neither text nor number are as if they were not there', async () => {
  const { key } = world;
  const odd = { toString: 1 };
  const sent = async (path: string, fields: object) => {
    const answer = await wire(world, path, { type: 'application/json', body: JSON.stringify(fields) });
    expect(answer.status).toBe(200);
    return answer.text;
  };
  expect(await sent('/res.php', { key, id: odd })).toBe('ERROR_WRONG_ID_FORMAT');
  expect(await sent('/res.php', { key, action: odd, id: 999_999 })).toBe('ERROR_WRONG_CAPTCHA_ID');
  for (const none of [odd, null, [key]])
    expect(await sent('/res.php', { key: none, id: 1 })).toBe('ERROR_WRONG_USER_KEY');
  expect(await sent('/in.php', { key, method: odd, body: odd })).toBe('ERROR_ZERO_CAPTCHA_FILESIZE');
});

test('what a form leaves empty is as if it were not there', async () => {
  const { key } = world;
  const empty = { min_len: '', max_len: '', numeric: '', pingback: '', method: '' };
  const form = { type: urlencoded, body: query({ key, body: image, ...empty }) };
  expect((await wire(world, '/in.php', form)).text).toMatch(/^OK\|\d+$/);
  const made = (await wire(world, '/in.php', multipart({ key, body: '', ...empty }, file))).text;
  expect(made).toMatch(/^OK\|/);
  const poll = { type: urlencoded, body: query({ key, action: '', id: made.slice(3) }) };
  await expect.poll(async () => (await wire(world, '/res.php', poll)).text).toMatch(/^OK\|/);
});

test('a multipart form whose texts are called bytes, with blanks in its boundary', async () => {
  const type = 'Content-Type: application/octet-stream';
  const part = (name: string, value: string) =>
    `--a b\r\nContent-Disposition: form-data; name="${name}"\r\n${type}\r\n\r\n${value}\r\n`;
  const body = `${part('key', world.key)}${part('body', image)}--a b--\r\n`;
  const sent = { type: 'multipart/form-data; boundary="a b"', body };
  expect((await wire(world, '/in.php', sent)).text).toMatch(/^OK\|\d+$/);
});

test('a request that is too large is too large a picture', async () => {
  await using small = await openWorld({ settings: { bodyLimitBytes: 10_000 } });
  const sent = { type: urlencoded, body: query({ key: small.key, body: 'A'.repeat(20_000) }) };
  expect((await wire(small, '/in.php', sent)).text).toBe('ERROR_TOO_BIG_CAPTCHA_FILESIZE');
  const inAddress = await wire(small, `/in.php?body=${'A'.repeat(20_000)}`, { method: 'GET' });
  expect([inAddress.status, inAddress.text]).toEqual([200, 'ERROR_BAD_PARAMETERS']);
});

test('images to click at, or to choose from, are not read as texts; a question in words is of no kind here', async () => {
  const before = await world.money();
  const kinds = ['coordinatescaptcha', 'recaptcha', 'canvas'].map((kind) => ({ body: image, [kind]: '1' }));
  const grids = [{ recaptcharows: '3' }, { recaptchacols: '3' }, { img_type: 'recaptcha' }].map((fields) => ({
    body: image,
    textinstructions: 'click all cars',
    ...fields,
  }));
  for (const fields of [...kinds, ...grids, { textcaptcha: '2+2?', method: 'post' }]) {
    const sent = { type: urlencoded, body: query({ key: world.key, ...fields }) };
    expect((await wire(world, '/in.php', sent)).text).toBe('ERROR_BAD_PARAMETERS');
  }
  expect(await world.money()).toEqual(before);
});

test('an empty balance, and an image that cannot be read', async () => {
  await using poor = await openWorld({ money: 0, engines: { text: recognizer } });
  const sent = multipart({ key: poor.key }, file);
  expect((await wire(poor, '/in.php', sent)).text).toBe('ERROR_ZERO_BALANCE');
  const blank = { type: urlencoded, body: query({ key: world.key, body: await picture() }) };
  const before = await world.money();
  expect((await wire(world, '/in.php', blank)).text).toBe('ERROR_CAPTCHA_UNSOLVABLE');
  expect(await world.money()).toEqual(before);
});

test('a form that is none, or holds too much, is refused before anybody knows whose it is', async () => {
  await using own = await openWorld();
  const bad = async (sent: Sent) => (await wire(own, '/in.php', sent)).text;
  expect(await bad({ type: 'multipart/form-data', body: 'x' })).toBe('ERROR_BAD_PARAMETERS');
  expect(await bad({ type: 'application/json', body: '{bad' })).toBe('ERROR_BAD_PARAMETERS');
  expect(await bad({ type: 'multipart/form-data; boundary=xx', body: '--xx\r\nbroken' })).toMatch(/^ERROR_/);
  const many = `${'a=1&'.repeat(200_000)}key=${own.key}&body=x`;
  expect(await bad({ type: urlencoded, body: many })).toBe('ERROR_WRONG_USER_KEY');
  for (const sign of ['+', '%2B', '%'])
    expect(await bad({ type: urlencoded, body: `key=x&body=${sign.repeat(600_000)}` })).toBe(
      'ERROR_BAD_PARAMETERS',
    );
  const parts = '--xx\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'.repeat(50_000);
  expect(await bad({ type: 'multipart/form-data; boundary=xx', body: `${parts}--xx--\r\n` })).toBe(
    'ERROR_BAD_PARAMETERS',
  );
  const returns = multipart({ key: 'x', body: '\r'.repeat(200_000) });
  expect(await bad(returns)).toBe('ERROR_BAD_PARAMETERS');
  const header = `Content-Disposition: form-data; x="${'y'.repeat(5_000)}"; name="key"`;
  const hidden = `--xx\r\n${header}\r\n\r\n${own.key}\r\n--xx--\r\n`;
  expect(await bad({ type: 'multipart/form-data; boundary=xx', body: hidden })).toBe('ERROR_WRONG_USER_KEY');
  const odd = multipart({ __proto__: 'x', constructor: 'x', key: 'wrong', body: 'x' });
  expect(await bad(odd)).toBe('ERROR_KEY_DOES_NOT_EXIST');
  expect(await own.money()).toEqual({ posted: start, pending: 0 });
});
