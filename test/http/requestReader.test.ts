import { setImmediate as othersTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { capsolver } from '../../src/http/dialects/capsolver.ts';
import { parseMultipart } from '../../src/http/form.ts';
import { requestReader } from '../../src/http/requestReader.ts';
import { turns } from './turns.ts';

/** In which turn each of some bodies that have ended together is read, from the first. */
async function turnsOf(path: 'createTask' | 'createTasks', bodies: number, bytes: number): Promise<number[]> {
  using turn = turns();
  const { read, readPlain } = requestReader({
    strict: false,
    flow: { dialectOf: async () => null },
    languageOf: () => 'en',
  });
  const readings = Array.from({ length: bodies }, async () => {
    const body = Buffer.from(`{"clientKey":"${'k'.repeat(bytes)}"}`);
    let readAt = 0;
    const spoken = {
      dialect: capsolver,
      isSure: true,
      set fields(_: unknown) {
        readAt = turn.now();
      },
      get fields() {
        return {};
      },
    };
    const request = { id: 'one', body, spoken, headers: {}, raw: { url: `/${path}` } } as never;
    const reply = { raw: {} } as never;
    await (path === 'createTask' ? read(request, reply, '/createTask') : readPlain(request, reply));
    return readAt;
  });
  const readIn = await Promise.all(readings);
  const first = Math.min(...readIn);
  return readIn.map((at) => at - first);
}

test.each(['createTask', 'createTasks'] as const)(
  'of large bodies that end together %s reads each in a turn of its own, of small ones all in one',
  async (path) => {
    expect(new Set(await turnsOf(path, 5, 40_000)).size).toBe(5);
    expect(await turnsOf(path, 5, 20_000)).toEqual([0, 0, 0, 0, 0]);
  },
);

test('forms of megabytes that are read together have a turn for each of their pieces', async () => {
  const part = `--a\r\nContent-Disposition: form-data; name="body"\r\n\r\n`;
  const form = Buffer.from(`${part}${'-'.repeat(1_100_000)}\r\n--a--\r\n`);
  using turn = turns();
  await othersTurn();
  const begun = turn.now();
  const forms = Array.from({ length: 4 }, () => parseMultipart(form, 'multipart/form-data; boundary=a'));
  await Promise.all(forms);
  expect(turn.now() - begun).toBeGreaterThanOrEqual(4 * 4);
});
