import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { calibrationSchema } from './calibration.ts';

/** The text model in use; another is put in its place here. Sources and build both lie two folders below the root. */
export const textModel = fileURLToPath(new URL('../../models/text.onnx', import.meta.url));

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

/** @throws Error when there is none, or it is broken */
export function readModelCard(model: string): ModelCard {
  return cardSchema.parse(JSON.parse(readFileSync(cardPath(model), 'utf8')));
}

/** The net of second looks, beside the first. */
export const closerModel = (model: string): string => model.replace(/\.onnx$/, '.closer.onnx');

export const cardPath = (model: string): string => model.replace(/\.onnx$/, '.json');
