import { z } from 'zod';
import { Fault } from '../fault.ts';
import { lowerCase } from '../lowerCase.ts';
import type { Reading, ReadOptions } from '../reading.ts';
import { answerOf } from './arithmetic.ts';
import { charset } from './charset.ts';
import { encoded, type Image, type ImageSettings, imageList, imageOf, namingFields, text } from './images.ts';
import { proxyFields, refuseMalformedProxy } from './proxy.ts';
import { sampleText } from './sampleText.ts';
import { scalars } from './scalars.ts';
import {
  confidence,
  LEAST_CONFIDENCE,
  probability,
  rounded,
  type SolveContext,
  type TaskType,
} from './task.ts';
import { withoutUnset } from './unset.ts';
import { fieldRefuser, missing } from './wording.ts';

export interface ImageToTextSettings extends ImageSettings {
  /** Refuse numbers and booleans that are given as strings. */
  strict: boolean;
}

const modules = ['common', 'number', 'math'] as const;
type Module = (typeof modules)[number];

export interface ImageToText {
  module: Module;
  images: Image[];
  /** Whether they came as `images`: then the solution holds a list. */
  many: boolean;
  score: number;
  charset: string | undefined;
  minLength: number | undefined;
  maxLength: number | undefined;
  details: boolean;
}

const DIGITS = '0123456789';
const LONGEST_TEXT = 60;
const NAMED_ALTERNATIVES = 5;

/** Names that the contract's documentation once gave to models of single sites; ours reads them all. */
const legacyModules = [
  'queueit',
  ...Array.from({ length: 32 }, (_, index) => `module_${String(index + 1).padStart(3, '0')}`),
];

const ofOne = z.object({
  text: z.string(),
  confidence,
  expression: z.string().optional().describe('with `details` and module `math`: what was calculated'),
  characters: z
    .array(z.object({ character: z.string(), confidence: probability }))
    .optional()
    .describe('with `details`'),
  alternatives: z
    .array(z.object({ text: z.string(), confidence: probability }))
    .optional()
    .describe(
      'with `details`: other texts (with module `math`, expressions) that it may be, likeliest first',
    ),
});
const ofMany = z.object({ answers: z.array(z.string()).describe('in the order of `images`'), confidence });
type One = z.output<typeof ofOne>;
type Many = z.output<typeof ofMany>;

/** `ImageToTextTask`: what a picture says. `case` needs no doing: texts are always answered as they are read. */
export function imageToText(settings: ImageToTextSettings): TaskType<ImageToText, 'text', One | Many> {
  return {
    type: 'ImageToTextTask',
    summary: 'The text in an image.',
    solutions: { common: ofOne, number: z.union([ofOne, ofMany]), math: ofOne },
    timing: 'now',
    input: inputSchema(settings),
    module: ({ module }) => module,
    sample: sampleText,
    check({ images }) {
      for (const image of images) image();
    },
    async solve(input, context) {
      const fieldOf = (index: number) => (input.many ? `task.images.${index}` : 'task.body');
      const answers = await Promise.all(
        input.images.map((image, i) => namingFields(fieldOf(i), answer(image(), input, context))),
      );
      if (!input.many) return answers[0]!;
      const confidence = Math.min(...answers.map((one) => one.confidence));
      return { answers: answers.map((one) => one.text), confidence };
    },
  };
}

async function answer(image: Uint8Array, input: ImageToText, context: SolveContext<'text'>): Promise<One> {
  const reading = await context.engines.text.read(image, readOptions(input, context));
  const { text, confidence, expression } =
    input.module === 'math' ? calculate(reading, input) : asRead(reading);
  if (text === '' || confidence < LEAST_CONFIDENCE) throw new Fault('ERROR_CAPTCHA_UNSOLVABLE');
  if (confidence < input.score) {
    throw new Fault('ERROR_CAPTCHA_UNSOLVABLE', { detail: 'less sure than task.score asks for' });
  }
  const solution = { text, confidence: rounded(confidence) };
  if (!input.details) return solution;
  return {
    ...solution,
    ...(expression === undefined ? {} : { expression }),
    ...detailsOf(reading, expression ?? reading.text),
  };
}

/** Details of the reading `taken`; with arithmetic that need not be the likeliest, which may have no answer. */
function detailsOf({ text, confidence, characters, alternatives }: Reading, taken: string) {
  const others = [{ text, confidence }, ...alternatives].filter((one) => one.text !== taken);
  const roundedOff = <One extends { confidence: number }>(one: One) => ({
    ...one,
    confidence: rounded(one.confidence),
  });
  return {
    ...(taken === text ? { characters: characters.map(roundedOff) } : {}),
    alternatives: others.map(roundedOff),
  };
}

function readOptions(input: ImageToText, { engines: _, ...patience }: SolveContext<'text'>): ReadOptions {
  const { module, charset, minLength, maxLength, details, score } = input;
  const asked = { ...patience, ...(score > 0 ? { sure: score } : {}) };
  if (module === 'math') return { ...asked, expression: true, alternatives: NAMED_ALTERNATIVES };
  const alphabet = module === 'number' ? (charset ?? DIGITS) : charset;
  return {
    ...asked,
    ...(details ? { alternatives: NAMED_ALTERNATIVES } : {}),
    ...(alphabet === undefined ? {} : { alphabet }),
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
  };
}

interface Read {
  text: string;
  confidence: number;
  expression?: string;
}

const asRead = ({ text, confidence }: Reading): Read => ({ text, confidence });

/**
 * The answer that most of the belief stands for: `3+5=` and `3+5=?` are two readings of one answer. Each reading was
 * calibrated alone, so that their beliefs may exceed 1 together; it is the doubts that multiply. The lengths asked for
 * are those of the answer.
 */
function calculate(
  { text, confidence, alternatives }: Reading,
  { minLength = 0, maxLength = LONGEST_TEXT }: Pick<ImageToText, 'minLength' | 'maxLength'>,
): Read {
  const belief = new Map<number, Required<Read>>();
  for (const reading of [{ text, confidence }, ...alternatives]) {
    const value = answerOf(reading.text);
    if (value === undefined) continue;
    const { length } = String(value);
    if (length < minLength || length > maxLength) continue;
    const known = belief.get(value);
    if (known) known.confidence = 1 - (1 - known.confidence) * (1 - reading.confidence);
    else belief.set(value, { text: String(value), confidence: reading.confidence, expression: reading.text });
  }
  const best = [...belief.values()].sort((a, b) => b.confidence - a.confidence)[0];
  return best ?? { text: '', confidence: 0 };
}

/** Clients that know the field `images` may send it empty beside a `body`. */
function withoutEmptyImages(task: unknown): unknown {
  const { images, body } = Object(task);
  const isEmpty = Array.isArray(images) && images.length === 0;
  return isEmpty && body !== undefined ? { ...Object(task), images: undefined } : task;
}

const moduleField = text
  .default('common')
  .transform((name, context): Module => {
    const given = lowerCase(name.trim());
    const known = modules.find((module) => module === given);
    if (known) return known;
    if (legacyModules.includes(given)) return 'common';
    context.addIssue({ code: 'custom', message: `is not one of ${modules.join(', ')}` });
    return z.NEVER;
  })
  .meta({
    enum: modules,
    description:
      '`common`: letters and digits, as `queueit` and `module_001` to `module_032` once were; `number`: digits; `math`: arithmetic',
  });

function inputSchema(settings: ImageToTextSettings): z.ZodType<ImageToText> {
  const { number, boolean } = scalars(settings);
  const within = (most: number) => {
    const message = `is not from 0 to ${most}`;
    return z.number('is not a number').min(0, message).max(most, message);
  };
  /** A schema of two steps is documented by its first, which knows nothing of the second's bounds. */
  const bounds = (most: number) => ({ minimum: 0, maximum: most });
  const limit = number
    .pipe(within(LONGEST_TEXT).int('is not a whole number'))
    .meta({ ...bounds(LONGEST_TEXT), multipleOf: 1 });

  const fields = z.object({
    body: encoded.optional(),
    module: moduleField,
    images: imageList.optional().describe('in place of `body`, with module `number`'),
    score: number
      .pipe(within(1))
      .default(0)
      .meta({ ...bounds(1), description: 'a less certain answer is not given, and costs nothing' }),
    case: boolean.optional().describe('accepted; texts are always answered as they are read'),
    charset: charset.optional().describe('only these characters can occur; `0-9` and `a-f` are ranges'),
    minLength: limit.optional().describe('how short the text can be'),
    maxLength: limit
      // 0 is how neighbouring contracts say "no limit".
      .transform((length) => (length === 0 ? undefined : length))
      .optional()
      .describe('how long the text can be; 0 is no limit'),
    details: boolean.default(false).describe('adds characters, alternatives and the expression'),
    ...proxyFields,
  });

  return z
    .preprocess((task) => withoutEmptyImages(withoutUnset(task)), fields)
    .transform((task, context): ImageToText => {
      const refuse = fieldRefuser(context);
      refuseMalformedProxy(task, refuse);
      const contradiction = contradictionIn(task);
      if (contradiction !== undefined) return refuse(...contradiction);
      const { body, images, module, score, charset, minLength, maxLength, details } = task;
      const encoded = images
        ? images.map((image, i) => imageOf(settings, image, `images.${i}`))
        : [imageOf(settings, body!, 'body')];
      return {
        module,
        images: encoded,
        many: images !== undefined,
        score,
        charset,
        minLength,
        maxLength,
        details,
      };
    });
}

/** The first field that does not go with the others, and why. */
function contradictionIn(
  task: Partial<Pick<ImageToText, 'charset' | 'minLength' | 'maxLength'>> & {
    module: Module;
    body?: string | undefined;
    images?: string[] | undefined;
  },
): [field: string, message: string] | undefined {
  const { body, images, module, charset, minLength, maxLength } = task;
  if (images && module !== 'number') return ['images', 'only goes with module number'];
  if (!images && body === undefined) return ['body', missing];
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength)
    return ['minLength', 'is above maxLength'];
  if (module === 'number' && charset !== undefined && /\D/.test(charset))
    return ['charset', 'holds more than digits, with module number'];
  return undefined;
}
