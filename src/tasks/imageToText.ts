import { z } from 'zod';
import { Fault } from '../fault.ts';
import { answerOf } from './arithmetic.ts';
import { type Image, type ImageSettings, imageList, imageOf, text, withoutNulls } from './images.ts';
import { proxyFields, refuseMalformedProxy } from './proxy.ts';
import {
  LEAST_CONFIDENCE,
  type Reading,
  type ReadOptions,
  type Solution,
  type SolveContext,
  type TaskType,
} from './task.ts';

export interface ImageToTextSettings extends ImageSettings {
  /** Refuse numbers and booleans that are given as strings. */
  strict: boolean;
}

type Module = 'common' | 'number' | 'math';

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
const READABLE = /^[0-9A-Za-z+\-*×÷/=?]+$/;
const LONGEST_TEXT = 60;
const NAMED_ALTERNATIVES = 5;

/** Names that the contract's documentation once gave to models of single sites; ours reads them all. */
const LEGACY_MODULE = /^(queueit|module_0(0[1-9]|[12]\d|3[0-2]))$/;

/** `ImageToTextTask`: what a picture says. `case` needs no doing: texts are always answered as they are read. */
export function imageToText(settings: ImageToTextSettings): TaskType<ImageToText, 'text'> {
  return {
    type: 'ImageToTextTask',
    timing: 'now',
    input: inputSchema(settings),
    module: ({ module }) => module,
    check({ images }) {
      for (const image of images) image();
    },
    async solve(input, context) {
      const answers = await Promise.all(input.images.map((image) => answer(image(), input, context)));
      if (!input.many) return answers[0]!;
      const confidence = Math.min(...answers.map((one) => one.confidence));
      return { answers: answers.map((one) => one.text), confidence };
    },
  };
}

async function answer(image: Uint8Array, input: ImageToText, context: SolveContext<'text'>) {
  const reading = await context.engines.text.read(image, readOptions(input, context));
  const { text, confidence, expression } = input.module === 'math' ? calculate(reading) : asRead(reading);
  if (text === '' || confidence < LEAST_CONFIDENCE) throw new Fault('ERROR_CAPTCHA_UNSOLVABLE');
  if (confidence < input.score) {
    throw new Fault('ERROR_CAPTCHA_UNSOLVABLE', { detail: 'less sure than task.score asks for' });
  }
  const solution = { text, confidence: rounded(confidence) };
  if (!input.details) return solution;
  return {
    ...solution,
    ...(expression === undefined ? {} : { expression }),
    characters: reading.characters.map((one) => ({ ...one, confidence: rounded(one.confidence) })),
    alternatives: reading.alternatives.map((one) => ({ ...one, confidence: rounded(one.confidence) })),
  } satisfies Solution;
}

function readOptions(input: ImageToText, { deadline, signal }: SolveContext<'text'>): ReadOptions {
  const { module, charset, minLength, maxLength, details } = input;
  const alphabet = module === 'number' ? (charset ?? DIGITS) : charset;
  return {
    deadline,
    signal,
    ...(module === 'math' ? { expression: true } : {}),
    ...(module === 'math' || details ? { alternatives: NAMED_ALTERNATIVES } : {}),
    ...(module !== 'math' && alphabet !== undefined ? { alphabet } : {}),
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

/** The answer that most of the belief stands for: `3+5=` and `3+5=?` are two readings of one answer. */
function calculate({ text, confidence, alternatives }: Reading): Read {
  const belief = new Map<number, Required<Read>>();
  for (const reading of [{ text, confidence }, ...alternatives]) {
    const value = answerOf(reading.text);
    if (value === undefined) continue;
    const known = belief.get(value);
    if (known) known.confidence = Math.min(known.confidence + reading.confidence, 1);
    else belief.set(value, { text: String(value), confidence: reading.confidence, expression: reading.text });
  }
  const best = [...belief.values()].sort((a, b) => b.confidence - a.confidence)[0];
  return best ?? { text: '', confidence: 0 };
}

/** Four decimals: more would claim a precision that no calibration has. */
const rounded = (confidence: number) => Math.round(confidence * 10_000) / 10_000;

/** Clients that know the field `images` may send it empty beside a `body`. */
function withoutEmptyImages(task: unknown): unknown {
  const { images, body } = Object(task);
  const isEmpty = Array.isArray(images) && images.length === 0;
  return isEmpty && body !== undefined ? { ...Object(task), images: undefined } : task;
}

function inputSchema(settings: ImageToTextSettings): z.ZodType<ImageToText> {
  const { strict } = settings;
  const notNumber = 'is not a number';
  const notBoolean = 'is neither true nor false';
  const numeric = z.string().trim().min(1).transform(Number);
  const number = strict ? z.number(notNumber) : z.union([z.number(), numeric], notNumber);
  const boolean = strict ? z.boolean(notBoolean) : z.union([z.boolean(), z.stringbool()], notBoolean);
  const within = (most: number) => {
    const message = `is not from 0 to ${most}`;
    return z.number(notNumber).min(0, message).max(most, message);
  };
  const limit = number.pipe(within(LONGEST_TEXT).int('is not a whole number'));

  const fields = z.object({
    body: text.optional(),
    module: text.default('common').transform((name, context): Module => {
      const known = name.trim().toLowerCase();
      if (known === 'common' || known === 'number' || known === 'math') return known;
      if (LEGACY_MODULE.test(known)) return 'common';
      context.addIssue({ code: 'custom', message: 'is not one of common, number, math' });
      return z.NEVER;
    }),
    images: imageList.optional(),
    score: number.pipe(within(1)).default(0),
    case: boolean.optional(),
    charset: text.min(1, 'is empty').regex(READABLE, 'holds characters that cannot be read').optional(),
    minLength: limit.optional(),
    /** 0 is how neighbouring contracts say "no limit". */
    maxLength: limit.transform((length) => (length === 0 ? undefined : length)).optional(),
    details: boolean.default(false),
    ...proxyFields,
  });

  return z
    .preprocess((task) => withoutEmptyImages(withoutNulls(task)), fields)
    .transform((task, context): ImageToText => {
      const refuse = (field: string, message: string) => {
        context.addIssue({ code: 'custom', path: [field], message });
        return z.NEVER;
      };
      refuseMalformedProxy(task, refuse);
      const { body, images, module, score, charset, minLength, maxLength, details } = task;
      if (images && module !== 'number') return refuse('images', 'only goes with module number');
      if (!images && body === undefined) return refuse('body', 'is missing');
      if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) {
        return refuse('minLength', 'is above maxLength');
      }
      if (module === 'number' && charset !== undefined && /\D/.test(charset)) {
        return refuse('charset', 'holds more than digits, with module number');
      }
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
