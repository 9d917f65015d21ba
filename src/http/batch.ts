import { Readable } from 'node:stream';
import type { Flow } from '../flow/flow.ts';
import type { Arrived } from '../flow/stages.ts';
import { createdReply, listing } from './dialects/capsolver.ts';
import type { Reply } from './dialects/dialect.ts';

const lines = 'application/x-ndjson';

/** What a batch answers: one text, or one line after the other. */
type BatchReply = Omit<Reply, 'body'> & { body: string | Readable };

/**
 * `createTasks`: many tasks in one call, answered in their order as createTask would answer each: in one list, or
 * as lines of JSON, each sent as soon as those before it are there. `refused` writes what became of a failed one.
 * @throws Fault for what is wrong with the call itself
 */
export async function createTasks(
  flow: Flow,
  arrived: Arrived,
  { accept, refused }: { accept: string | undefined; refused: (error: unknown) => Reply },
): Promise<BatchReply> {
  const created = await flow.createTasks(arrived);
  const bodies = created.map((one) =>
    one
      .then(createdReply)
      .catch(refused)
      .then(({ body }) => body),
  );
  if (acceptsLines(accept))
    return { status: 200, type: lines, errorCode: '', body: Readable.from(lined(bodies)) };
  return listing(`"results":[${(await Promise.all(bodies)).join(',')}]`);
}

async function* lined(bodies: Promise<string>[]): AsyncGenerator<string> {
  for (const body of bodies) yield `${await body}\n`;
}

/** Lines are for who names them: most clients take anything, and know nothing of them. */
function acceptsLines(accept = ''): boolean {
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return /^application\/(x-)?ndjson$/.test(type) && !parameters.some((one) => /^q=0(\.0*)?$/.test(one));
  });
}
