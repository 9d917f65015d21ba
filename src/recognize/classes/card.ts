import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The model of classes in use; its card, with their names, lies beside it. */
export const classModel = fileURLToPath(new URL('../../../models/classes.onnx', import.meta.url));

const cardSchema = z.object({
  /** Of the square that the net sees. */
  side: z.number().int().positive(),
  /** From this probability on a picture counts as one that shows what was asked. */
  threshold: z.number(),
  /** In the order of the net's output. */
  classes: z.array(z.object({ id: z.string(), names: z.array(z.string()).min(1) })),
  /** Words that mean several classes, by their indexes. */
  groups: z.record(z.string(), z.array(z.number().int())),
});

export type ClassCard = z.output<typeof cardSchema>;

/** @throws Error when there is none, or it is broken */
export function readClassCard(): ClassCard {
  return cardSchema.parse(JSON.parse(readFileSync(classModel.replace(/\.onnx$/, '.json'), 'utf8')));
}
