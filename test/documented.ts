import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import type { Answer, World } from './world.ts';

type Documented = Awaited<ReturnType<typeof read>>;
const known = new WeakMap<World, Promise<Documented>>();

/** The document that this server serves, to hold answers to. */
export function documentOf(world: World): Promise<Documented> {
  const documented = known.get(world) ?? read(world);
  known.set(world, documented);
  return documented;
}

async function read(world: World) {
  // biome-ignore lint/suspicious/noExplicitAny: what it holds is what the tests are about
  const document: any = await (await fetch(`${world.url}/openapi.json`)).json();
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema(document, 'document');

  function expectValid(pointer: string, value: unknown): void {
    const validate = ajv.compile({ $ref: `document#${pointer}` });
    validate(value);
    expect(validate.errors ?? [], JSON.stringify(value)).toEqual([]);
  }

  return {
    document,
    /** Holds a value to a schema under `components`. */
    expectSchema: (name: string, value: unknown) => expectValid(`/components/schemas/${name}`, value),
    /** Holds an answer to what the document says of the call and its status. */
    expectAnswer(path: string, { status, body }: Answer, method = 'post'): void {
      const escaped = encodeURIComponent(path.replaceAll('/', '~1'));
      const response = document.paths[path][method].responses[status];
      expect(response, `${path} ${status}`).toBeDefined();
      const at = response.$ref?.slice(1) ?? `/paths/${escaped}/${method}/responses/${status}`;
      expectValid(`${at}/content/application~1json/schema`, body);
    },
  };
}
