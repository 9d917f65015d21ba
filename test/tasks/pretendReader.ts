import { Fault } from '../../src/fault.ts';
import type { Reading, ReadOptions } from '../../src/reading.ts';
import { imageToText } from '../../src/tasks/imageToText.ts';
import type { SolveContext } from '../../src/tasks/task.ts';

/** Every body but `broken` is an image; its bytes are the body itself. */
export function parseImage(text: string, field: string): Uint8Array {
  if (text === 'broken') throw new Fault('ERROR_PARSE_IMAGE_FAIL', { detail: `${field}: is not base64` });
  return Buffer.from(text);
}

export const lenient = imageToText({ parseImage, strict: false });
export const strict = imageToText({ parseImage, strict: true });

/** A reader that says of each image what the test has put there. */
export function world(readings: Record<string, Partial<Reading>>) {
  const asked: ReadOptions[] = [];
  const context: SolveContext<'text'> = {
    deadline: 5,
    signal: new AbortController().signal,
    engines: {
      text: {
        async read(image, options) {
          asked.push(options);
          const reading = readings[Buffer.from(image).toString()];
          return { text: '', confidence: 0.97, characters: [], alternatives: [], ...reading };
        },
      },
    },
  };
  return { context, asked };
}

export const solve = (task: object, readings: Record<string, Partial<Reading>>, type = lenient) =>
  type.solve(type.input.parse(task), world(readings).context);
