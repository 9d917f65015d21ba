import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { openWorld, picture, price, start, type World } from '../world.ts';
import { buildClient, runClient } from './client.ts';

/**
 * npm `capsolver-npm` 2.1.11. It was published without the `dist` that its `main` names, and cannot be required as
 * it is; its sources are there, so it is built the way its own package.json says. Rows 22 to 27 of the
 * contract's table.
 */
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'legible-client-'));
  await buildClient('capsolver-npm', folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (world: World, call: string, key = world.key) =>
  runClient(
    world,
    `const { Solver } = require(${JSON.stringify(folder)});`,
    `return new Solver({ apiKey: '${key}', pollDelay: 50 }).${call}`,
    { modules: join(import.meta.dirname, '../../node_modules') },
  );

test('image2text with a data URI and empty options: the solution', async () => {
  await using world = await openWorld();
  const body = `data:image/png;base64,${await picture()}`;
  const { value } = await run(
    world,
    `image2text({ body: '${body}', module: null, score: null, case: null })`,
  );
  expect(value).toEqual({ text: 'k7mp2', confidence: 0.97 });
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

test('image2text on an empty account: the code is read from the HTTP 400', async () => {
  await using world = await openWorld({ money: 0 });
  const { error } = await run(world, `image2text({ body: '${await picture()}' })`);
  expect(error).toMatchObject({
    name: 'SolverError',
    code: 'ERROR_ZERO_BALANCE',
    description: 'Insufficient account balance',
  });
});

test('image2text with a wrong key: the code is read from the HTTP 401', async () => {
  await using world = await openWorld();
  const { error } = await run(world, `image2text({ body: '${await picture()}' })`, 'CAP-WRONG');
  expect(error).toMatchObject({ name: 'SolverError', code: 'ERROR_KEY_DENIED_ACCESS' });
});

test('a task answered later is polled until it is ready', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [type] });
  void expect
    .poll(() => asked.length)
    .toBe(1)
    .then(() => asked[0]!.end.resolve({ token: 't' }));
  const { value } = await run(world, `task({ task: { type: 'EchoTask', say: 'x' } })`);
  expect(value).toEqual({ token: 't' });
});

test('a task that fails while it is polled: the client loses the code of an HTTP 400, and ends', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [type] });
  void expect
    .poll(() => asked.length)
    .toBe(1)
    .then(() => asked[0]!.end.reject(new Error('broken')));
  const { error } = await run(world, `task({ task: { type: 'EchoTask', say: 'x' } })`);
  expect(error).toMatchObject({ name: 'SolverError', code: 'TASK_EXECUTION_ERROR' });
});

test('the same on a server that answers errors with HTTP 200: the real code', async () => {
  const { type, asked } = laterType();
  const settings = { prices: laterPrices, always200: true };
  await using world = await openWorld({ settings, moreTypes: [type] });
  void expect
    .poll(() => asked.length)
    .toBe(1)
    .then(() => asked[0]!.end.reject(new Fault('ERROR_CAPTCHA_UNSOLVABLE')));
  const { error } = await run(world, `task({ task: { type: 'EchoTask', say: 'x' } })`);
  expect(error).toMatchObject({ name: 'SolverError', code: 'ERROR_CAPTCHA_UNSOLVABLE' });
});

test('balance is the ledger’s, to the cent and below', async () => {
  await using world = await openWorld({ money: 12_345_678 });
  expect((await run(world, 'balance()')).value).toBe(12.345678);
});
