import { z } from 'zod';
import { readCard } from '../modelCard.ts';
import { classModel } from '../modelFiles.ts';

const cardSchema = z.object({
  /** From this probability on a picture counts as one that shows what was asked. */
  threshold: z.number(),
  /** In the order of the net's output. */
  classes: z.array(z.object({ id: z.string(), names: z.array(z.string()).min(1) })),
  /** Words that mean several classes, by their indexes. */
  groups: z.record(z.string(), z.array(z.number().int())),
});

export type ClassCard = z.output<typeof cardSchema>;

/** @throws UserError when there is none, or it is broken */
export function readClassCard(): ClassCard {
  return readCard(classModel, cardSchema);
}
