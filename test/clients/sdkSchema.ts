import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { z } from 'zod';
import { errorCodes, errorTable } from '../../src/errors.ts';
import { readClassCard } from '../../src/recognize/classes/card.ts';
import { Questions } from '../../src/recognize/classes/questions.ts';
import { proxyFields } from '../../src/tasks/proxy.ts';
import { taskTypes } from '../../src/tasks/registry.ts';

const banner =
  "// Made of the server's own schemas, so that the two cannot drift; `npx vitest run test/clients/sdk -u` renews it.\n";

/** client/src/schema.ts as the server's schemas would have it: tasks, solutions by module, error codes. */
export async function schemaModule(): Promise<string> {
  const types = taskTypes({
    strict: true,
    parseImage: () => new Uint8Array(),
    sites: { parse: () => undefined, allowsLiteral: () => true },
    questions: new Questions(readClassCard()),
  });
  const tasks = types.map(({ type, summary, input }) => [
    type,
    {
      allOf: [{ $ref: '#/definitions/Proxied' }, besidesProxy(jsonSchema(input, 'input'))],
      description: summary,
    },
  ]);
  const solutions = types.map(({ type, solutions }) => [
    type,
    object(Object.entries(solutions).map(([module, schema]) => [module, jsonSchema(schema, 'output')])),
  ]);
  const retry = errorCodes.map((code) => `${code}: '${errorTable[code].retry}',`);
  return [
    banner,
    await declare('Tasks', 'What each task type takes, beside its `type`.', tasks),
    await declare('Solutions', 'What the solution of each task type holds, by module.', solutions),
    '/** When the same call may be sent again, by error code. */',
    `export const retry = {\n  ${retry.join('\n  ')}\n} as const;\n`,
    '/** What the server answers with when it does not answer what was asked. */',
    'export type ErrorCode = keyof typeof retry;\n',
  ].join('\n');
}

async function declare(name: string, description: string, fields: unknown[][]): Promise<string> {
  const made = await compile({ ...object(fields), description, definitions: { Proxied: proxied } }, name, {
    bannerComment: '',
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 110, trailingComma: 'all' },
  });
  return made.replaceAll(/\/\*\*\n\s+\* (.*)\n\s+\*\//g, '/** $1 */');
}

/** Every task may name a proxy: its fields stand once. */
const proxied = {
  ...jsonSchema(z.object(proxyFields), 'input'),
  description: 'The proxy that a task names, in one text or field by field.',
  additionalProperties: false,
} as JSONSchema;

function besidesProxy(schema: ReturnType<typeof jsonSchema>) {
  const own = Object.entries(schema.properties ?? {}).filter(([name]) => !(name in proxyFields));
  return { ...schema, properties: Object.fromEntries(own), additionalProperties: false };
}

function object(fields: unknown[][]): JSONSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: fields.map(([name]) => name as string),
    properties: Object.fromEntries(fields),
  };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output') {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-7' });
}
