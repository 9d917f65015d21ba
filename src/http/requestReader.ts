import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Flow } from '../flow/flow.ts';
import type { Arrived } from '../flow/stages.ts';
import type { LanguageOf } from './acceptLanguage.ts';
import { ArrivedRequest } from './arrived.ts';
import { notJson, parseBody } from './body.ts';
import { capsolver } from './dialects/capsolver.ts';
import type { Dialect, Method } from './dialects/dialect.ts';
import { dialectNamed } from './dialects/spoken.ts';
import { ownTurn } from './ownTurn.ts';
import { noSuchMethod } from './wireFault.ts';

interface Understood {
  method: Method;
  arrived: Arrived;
}

/**
 * Bytes from which on a body is read in a turn of its own: a form of nothing but escapes takes 1.5 ms for so many. All that
 * end at once would be read in one turn, and of 6 MB one takes 20 ms.
 */
const large = 2 ** 15;
/** To decode so many bytes from base64 and to digest them in the turn that has read them would make others wait too long. */
const veryLarge = 2 ** 20;

interface ReaderParts {
  strict: boolean;
  flow: Pick<Flow, 'dialectOf'>;
  languageOf: LanguageOf;
}

export type RequestReader = ReturnType<typeof requestReader>;

/** Makes the step from the bytes of a request to its fields in our words and the method that it asks for. */
export function requestReader({ strict, flow, languageOf }: ReaderParts) {
  /** @throws Fault ERROR_INVALID_TASK_DATA, ERROR_BAD_REQUEST; `request.spoken` then tells in which dialect */
  async function read(request: FastifyRequest, reply: FastifyReply, path: string): Promise<Understood> {
    const language = languageOf(request.raw);
    const spoken = request.spoken!;
    const bytes = await bodyInItsTurn(request);
    const fields = await fieldsOf(request, bytes, spoken.dialect);
    if ((bytes?.length ?? 0) > veryLarge) await ownTurn();
    if (!spoken.isSure) {
      const own = await flow.dialectOf(fields.clientKey);
      if (own !== null) spoken.dialect = dialectNamed(own) ?? spoken.dialect;
    }
    const { name: dialect, methods, translate, numbered, form } = spoken.dialect;
    // Of a form the task is made, whatever field of that name it brings.
    const sentTask = form === undefined ? fields.task : undefined;
    spoken.fields = translate?.(fields, path) ?? fields;
    const method = methods[path];
    if (method === undefined) throw noSuchMethod();
    return {
      method,
      arrived: arrivedOf(request, reply, { language, dialect, numbered, body: spoken.fields, sentTask }),
    };
  }

  /** The same for a call that is of no dialect, and is written in the default one's words. */
  async function readPlain(request: FastifyRequest, reply: FastifyReply): Promise<Arrived> {
    const language = languageOf(request.raw);
    const body = parsed(await bodyInItsTurn(request));
    request.spoken!.fields = body;
    return arrivedOf(request, reply, { language, dialect: capsolver.name, numbered: false, body });
  }

  function parsed(bytes: Buffer | undefined) {
    if (bytes === undefined) throw notJson();
    return parseBody(bytes, strict);
  }

  async function fieldsOf({ raw, sentType }: FastifyRequest, bytes: Buffer | undefined, { form }: Dialect) {
    if (form !== undefined) return form({ url: raw.url ?? '', type: sentType ?? '', bytes });
    return parsed(bytes);
  }

  return { read, readPlain };
}

/**
 * Takes the body out of the request, which lives until its answer: an image that waits would be in memory twice. A large
 * one is told when it may be read.
 */
async function bodyInItsTurn(request: FastifyRequest): Promise<Buffer | undefined> {
  const bytes = request.body as Buffer | undefined;
  request.body = undefined;
  if (bytes !== undefined && bytes.length > large) await ownTurn();
  return bytes;
}

function arrivedOf(...[request, reply, rest]: ConstructorParameters<typeof ArrivedRequest>): Arrived {
  const arrived = new ArrivedRequest(request, reply, rest);
  if (request.startedAt !== undefined) arrived.aside.took('read', request.startedAt);
  request.aside = arrived.aside;
  return arrived;
}
