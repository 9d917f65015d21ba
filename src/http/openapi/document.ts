import { z } from 'zod';
import { errorTable } from '../../errors.ts';
import type { AnyTaskType } from '../../flow/stages.ts';
import { type AnswerName, codesWith, answers as schemas } from './answers.ts';
import { type CallDocument, calls } from './calls.ts';
import { answerHeaders, type HeaderName, type ParameterName, parameters } from './headers.ts';

type Json = Record<string, unknown>;

export interface DocumentParts {
  taskTypes: readonly AnyTaskType[];
  version: string;
  bodyLimitBytes: number;
  strict: boolean;
  always200: boolean;
  resultSeconds: number;
  maxPolls: number;
  banSeconds: readonly number[];
}

/** OpenAPI 3.1 of the default dialect, made of the schemas by which requests are read. */
export function openApiDocument({ taskTypes, version, ...settings }: DocumentParts): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Legible',
      version,
      summary: 'Recognition server: post a picture, get back what it says',
      description: rulesOf(settings),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Beside this document, wherever a proxy puts it.
    servers: [{ url: './' }],
    paths: {
      ...Object.fromEntries(
        Object.entries(calls).map(([path, call]) => [path, { post: operation(path, call) }]),
      ),
      '/questions': {
        get: {
          operationId: 'questions',
          tags: ['Calls'],
          summary: 'What a classification can be asked.',
          responses: {
            200: answer('The classes, and the coarser words.', ['Questions'], ['X-Request-Id']),
            400: refusal,
          },
        },
      },
    },
    components: {
      schemas: {
        Task: {
          oneOf: taskTypes.map(({ type }) => reference(type)),
          discriminator: { propertyName: 'type' },
        },
        Solution: { anyOf: taskTypes.map(({ type }) => reference(`${type}Solution`)) },
        ...Object.fromEntries(taskTypes.flatMap((type) => Object.entries(schemasOf(type)))),
        ...Object.fromEntries(
          Object.entries(schemas).map(([name, schema]) => [name, jsonSchema(schema, 'output')]),
        ),
      },
      responses: {
        Refused: answer(`Nothing was charged.\n\n${errorList(400, settings.banSeconds)}`, ['Refused']),
        Denied: answer(errorList(401, settings.banSeconds), ['Denied']),
      },
      parameters,
      headers: answerHeaders,
    },
  };
}

/** What a task type reads and what it answers, each a schema of JSON under its name in the document. */
function schemasOf({ type, summary, input, solutions }: AnyTaskType): Record<string, Json> {
  const { properties, required = [], ...rest } = jsonSchema(input, 'input');
  const kinds = [...new Set(Object.values(solutions))].map((solution) => ({
    title: Object.keys(solutions)
      .filter((module) => solutions[module] === solution)
      .join(', '),
    ...jsonSchema(solution, 'output'),
  }));
  return {
    [type]: {
      ...rest,
      description: summary,
      properties: { type: { const: type }, ...(properties as Json) },
      required: ['type', ...(required as string[])],
    },
    [`${type}Solution`]: kinds.length === 1 ? { ...kinds[0], title: undefined } : { anyOf: kinds },
  };
}

const refusal = { $ref: '#/components/responses/Refused' };
const denied = { $ref: '#/components/responses/Denied' };

const either = (one: AnswerName, other: AnswerName | undefined) =>
  other === undefined ? [one] : [one, other];

/** Of every call, its refusals too. */
const everyCall: ParameterName[] = ['AcceptLanguage', 'RequestId', 'LegibleTest'];
const everyAnswer: HeaderName[] = ['X-Request-Id', 'RateLimit', 'RateLimit-Policy', 'Server-Timing'];

function operation(path: string, call: CallDocument): Json {
  const { fields, example = {}, answers, failures = {}, reads = [], tells = [], lines, ...words } = call;
  const name = path.slice(1).replaceAll('/', '-');
  const request = z.object({ clientKey: z.string(), ...fields });
  return {
    operationId: name,
    tags: [call.deprecated ? 'Not served' : 'Calls'],
    ...words,
    parameters: [...reads, ...everyCall].map((name) => ({ $ref: `#/components/parameters/${name}` })),
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: jsonSchema(request, 'input'),
          example: { clientKey: 'lgl_…', ...example },
        },
      },
    },
    responses: {
      ...(answers.length === 0 ? {} : { 200: answer('Done.', answers, [...everyAnswer, ...tells], lines) }),
      400:
        tells.length === 0
          ? refusal
          : answer('Refused or failed.', either('Refused', failures[400]), [...everyAnswer, ...tells]),
      401: failures[401] === undefined ? denied : answer('Denied.', either('Denied', failures[401])),
    },
    ...(fields.callbackUrl === undefined ? {} : { callbacks: { result: callback } }),
  };
}

const callback = {
  '{$request.body#/callbackUrl}': {
    post: {
      summary: 'The result of a task, signed as Standard Webhooks say.',
      parameters: ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
        name,
        in: 'header',
        required: true,
        schema: { type: 'string' },
      })),
      requestBody: { content: content(['Ready', 'Failed']) },
      responses: {
        '2XX': { description: 'Taken.' },
        410: { description: 'Not wanted: it is not sent again.' },
      },
    },
  },
};

function answer(description: string, names: AnswerName[], tells = everyAnswer, lines?: AnswerName[]): Json {
  const later: HeaderName[] = names.includes('Refused') ? ['Retry-After'] : [];
  const headers = [...tells, ...later].map((name) => [name, { $ref: `#/components/headers/${name}` }]);
  return {
    description,
    headers: Object.fromEntries(headers),
    content: {
      ...content(names),
      ...(lines === undefined ? {} : content(lines, 'application/x-ndjson')),
    },
  };
}

function content(names: AnswerName[], type = 'application/json'): Json {
  const kinds = names.map(reference);
  return { [type]: { schema: kinds.length === 1 ? kinds[0] : { oneOf: kinds } } };
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

const advice = {
  no: 'do not repeat',
  now: 'try again',
  later: 'try again after `Retry-After`',
  afterTopup: 'top up first',
  otherProxy: 'use another proxy',
};

function errorList(status: number, [firstBan = 0]: readonly number[]): string {
  const minutes = `${Math.ceil(firstBan / 60)} minutes`;
  return codesWith(status)
    .map(
      (code) =>
        `- \`${code}\`: ${errorTable[code].text.en.replace('{minutes}', minutes)} (${advice[errorTable[code].retry]})`,
    )
    .join('\n');
}

/** As what comes in (`input`) or goes out; without the name of the dialect, which the document has. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
}

/** What holds for every call of this server, as it is set. */
function rulesOf({
  bodyLimitBytes,
  strict,
  always200,
  resultSeconds,
  maxPolls,
}: Omit<DocumentParts, 'taskTypes' | 'version'>): string {
  return [
    always200
      ? 'This server answers every status below as 200: only errorId tells errors apart.'
      : 'Statuses are 200, 400 and 401, and no others.',
    `Top-level names are ${strict ? 'spelled as here' : 'compared without regard to case'}, unknown fields are ` +
      'ignored and `null` counts as absent.',
    `A body has at most ${bodyLimitBytes} bytes. A task is known for ${resultSeconds} s from its creation and ` +
      `${maxPolls} polls.`,
  ].join(' ');
}
