import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Calibration } from './calibration.ts';
import { cannotLoad, cardPath } from './modelFiles.ts';

const lineSchema = z.object({ slope: z.number().positive(), offset: z.number() });

export const calibrationSchema: z.ZodType<Calibration> = z.object({
  oneLook: lineSchema,
  moreLooks: lineSchema,
});

const cardSchema = z.object({
  /** Class i + 1 is the i-th character; class 0 is the CTC blank. */
  alphabet: z.string().min(1),
  /** Rows of the input at a first look, at closer ones and at the closest; its columns are a multiple of `step`. */
  height: z.number().int().positive(),
  tall: z.number().int().positive(),
  highest: z.number().int().positive(),
  step: z.number().int().positive(),
  calibration: calibrationSchema,
});

/** All that the code must know of a model, from the .json beside its .onnx. */
export type ModelCard = z.output<typeof cardSchema>;

/**
 * Read where threads are started, never in one: zod takes 9 MB of each that loads it.
 * @throws UserError when there is none, or it is broken
 */
export function readModelCard(model: string): ModelCard {
  return readCard(model, cardSchema);
}

/**
 * The card of a model, as it must be.
 * @throws UserError when there is none, or it is broken
 */
export function readCard<Card>(model: string, schema: z.ZodType<Card>): Card {
  const path = cardPath(model);
  try {
    const card = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (!card.success) throw new Error('it is no card of a model');
    return card.data;
  } catch (error) {
    throw cannotLoad(path, error);
  }
}
