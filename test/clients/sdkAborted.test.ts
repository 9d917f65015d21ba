import { afterAll, beforeAll, expect, test } from 'vitest';
import { failure, installSdk } from './sdkPackage.ts';

let installed: Awaited<ReturnType<typeof installSdk>>;
beforeAll(async () => {
  installed = await installSdk();
});
afterAll(() => installed.remove());

const image = { type: 'ImageToTextTask', body: 'AAAA' } as const;
const failed = { errorId: 1, errorCode: 'ERROR_CAPTCHA_UNSOLVABLE', errorDescription: 'x' };
const processing = { errorId: 0, status: 'processing', taskId: 't' };

/** A client of a server that answers every image of a batch as failed, and has no task ready. */
function clientOf() {
  const asked: string[] = [];
  const client = new installed.sdk.Legible({
    key: 'k',
    clock: { now: () => 0, sleep: async () => {} },
    fetch: async (url, init) => {
      init?.signal?.throwIfAborted();
      asked.push(new URL(String(url)).pathname);
      if (!String(url).endsWith('/createTasks')) return Response.json(processing);
      const { tasks } = JSON.parse(String(init?.body)) as { tasks: unknown[] };
      const lines = tasks.map(() => `${JSON.stringify(failed)}\n`);
      return new Response(lines.join(''), { headers: { 'content-type': 'application/x-ndjson' } });
    },
  });
  return { client, asked };
}

// As a listener has it that wants no more once a task has failed.
test('solveAll rejects with the reason of its signal, although that is an error of this package', async () => {
  const { client, asked } = clientOf();
  const control = new AbortController();
  const solving = client.solveAll(Array(300).fill(image), {
    signal: control.signal,
    onProgress: ({ outcome }) => outcome.error && control.abort(outcome.error),
  });
  expect(await failure(solving)).toBe(control.signal.reason);
  expect(asked).toEqual(['/createTasks']);
});

test.each(['NO_ANSWER', 'ERROR_KEY_DENIED_ACCESS'] as const)(
  'every call rejects with the reason of its signal, and is not repeated, although that is %s',
  async (code) => {
    const { client, asked } = clientOf();
    const reason = new installed.sdk.LegibleError(code, 'enough');
    const aborted = { signal: AbortSignal.abort(reason) };
    for (const call of [
      client.getTaskResult('t', aborted),
      client.wait('t', aborted),
      client.solve(image, aborted),
      client.solveAll([image], aborted),
    ])
      expect(await failure(call)).toBe(reason);
    expect(asked).toEqual([]);
  },
);
