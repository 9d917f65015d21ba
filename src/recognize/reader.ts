import { systemClock } from '../clock.ts';
import type { Constraints } from '../reading.ts';
import { isBlank } from './blank.ts';
import type { Bitmap } from './bmp.ts';
import { decodeOnGrounds } from './decode.ts';
import { combinations } from './frames.ts';
import { firstLook, furtherLook, type Look, lastLook } from './look.ts';
import type { Net } from './net.ts';
import { peekImage } from './peek.ts';
import { decoded, failure } from './undecodable.ts';
import { firstView, furtherViews } from './views.ts';
import type { Outcome } from './work.ts';

/** One image to read, as it is sent to a thread. */
interface ReadItem extends Constraints {
  image: Uint8Array;
  /** Milliseconds left for it: past them no further look is begun. */
  budgetMs: number;
}

type ReadOutcome = Extract<Outcome, { reading: unknown } | { fault: unknown }>;

/** Less confident than this, and an image is looked at again in other ways. */
const SURE = 0.9;

/**
 * Reads a batch: decode → score → judge, and again with other views what is unsure. An outcome is handed over
 * as soon as it stands, so that nobody waits for another's further looks. `sure` is the confidence that needs none, but
 * where an item asks for more; `elapsed` tells milliseconds since some start.
 */
export async function readImages(
  net: Net,
  items: readonly ReadItem[],
  done: (index: number, outcome: ReadOutcome) => void,
  { sure = SURE, elapsed = systemClock.elapsed } = {},
): Promise<void> {
  const begun = elapsed();
  const enough = (item: ReadItem) => Math.max(sure, item.sure ?? 0);
  const opened: { pictures: Bitmap[]; inputs: Bitmap[]; decodeMs: number }[] = [];
  // One after another: side by side, each would seem to take as long as all.
  for (const [index, item] of items.entries()) {
    const openingBegun = elapsed();
    const pictures = await open(item, (outcome) => done(index, outcome), elapsed);
    const inputs = pictures.map((picture) => firstView(picture, net.card));
    opened.push({ pictures, inputs, decodeMs: elapsed() - openingBegun });
  }

  const scoringBegun = elapsed();
  const scores = await net.score(opened.flatMap(({ inputs }) => inputs));
  const scoreMs = (elapsed() - scoringBegun) / scores.length;

  const finish = (index: number, look: Look, lookMs: number) => {
    const { inputs, decodeMs } = opened[index]!;
    const times = { decodeMs, inferMs: inputs.length * scoreMs + lookMs, views: look.views };
    done(index, { reading: { ...look.reading, times } });
  };

  const unsure: { index: number; picture: Bitmap; look: Look; lookMs: number }[] = [];
  for (const [index, item] of items.entries()) {
    const { pictures, inputs } = opened[index]!;
    if (inputs.length === 0) continue; // its outcome is told already
    const lookBegun = elapsed();
    const look = firstLook(net.card, item, scores.splice(0, inputs.length));
    const lookMs = elapsed() - lookBegun;
    if (look.reading.confidence >= enough(item)) finish(index, look, lookMs);
    else unsure.push({ index, picture: pictures[look.view]!, look, lookMs });
  }

  for (const { index, picture, look: first, lookMs } of unsure) {
    const furtherBegun = elapsed();
    let look = first;
    const stages = furtherViews(picture, net.card);
    const item = items[index]!;
    while (look.reading.confidence < enough(item) && elapsed() - begun <= item.budgetMs) {
      const { value: views } = stages.next();
      if (!views) break;
      look = furtherLook(look, await net.scoreCloser(views));
    }
    const last = lastLook(look);
    finish(index, last, lookMs + elapsed() - furtherBegun);
  }
}

/** Reads one image; `sure` as in readImages. */
export async function readImage(net: Net, item: ReadItem, sure = SURE): Promise<ReadOutcome> {
  const { promise, resolve } = Promise.withResolvers<ReadOutcome>();
  await readImages(net, [item], (_index, outcome) => resolve(outcome), { sure });
  return promise;
}

/**
 * The pictures that an image holds for reading; none when it cannot be opened, or shows nothing at all, which is then its
 * outcome.
 */
async function open(
  { image }: ReadItem,
  done: (outcome: ReadOutcome) => void,
  elapsed: () => number,
): Promise<Bitmap[]> {
  const begun = elapsed();
  try {
    const pictures = (await decoded(() => openOnGrounds(image))).flatMap(combinations);
    if (!pictures.every(isBlank)) return pictures;
    const times = { decodeMs: elapsed() - begun, inferMs: 0, views: 0 };
    done({ reading: { text: '', confidence: 0, characters: [], alternatives: [], times } });
    return [];
  } catch (error) {
    done(failure(error));
    return [];
  }
}

async function openOnGrounds(image: Uint8Array): Promise<Bitmap[][]> {
  const peeked = peekImage(image);
  if (!peeked) throw new Error('no image');
  return decodeOnGrounds(image, peeked);
}
