import type { Constraints } from '../reading.ts';
import { isBlank } from './blank.ts';
import type { Bitmap } from './bmp.ts';
import { decodeOnGrounds } from './decode.ts';
import { combinations } from './frames.ts';
import { firstLook, furtherLook, type Look, lastLook } from './look.ts';
import type { Net } from './net.ts';
import { peekImage } from './peek.ts';
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
 * where an item asks for more.
 */
export async function readImages(
  net: Net,
  items: readonly ReadItem[],
  done: (index: number, outcome: ReadOutcome) => void,
  sure = SURE,
): Promise<void> {
  const begun = performance.now();
  const enough = (item: ReadItem) => Math.max(sure, item.sure ?? 0);
  const pictures = await Promise.all(
    items.map((item, index) => open(item, (outcome) => done(index, outcome))),
  );
  const inputs = pictures.map((some) => some.map((picture) => firstView(picture, net.card)));
  const decodeMs = performance.now() - begun;

  const finish = (index: number, look: Look) => {
    const inferMs = performance.now() - begun - decodeMs;
    const times = { decodeMs, inferMs, views: look.views };
    done(index, { reading: { ...look.reading, times } });
  };

  const scores = await net.score(inputs.flat());
  const unsure: { index: number; picture: Bitmap; look: Look }[] = [];
  for (const [index, item] of items.entries()) {
    const own = scores.splice(0, inputs[index]!.length);
    if (own.length === 0) continue; // its outcome is told already
    const look = firstLook(net.card, item, own);
    if (look.reading.confidence >= enough(item)) finish(index, look);
    else unsure.push({ index, picture: pictures[index]![look.view]!, look });
  }

  for (const { index, picture, look: first } of unsure) {
    let look = first;
    const stages = furtherViews(picture, net.card);
    const item = items[index]!;
    while (look.reading.confidence < enough(item) && performance.now() - begun <= item.budgetMs) {
      const { value: views } = stages.next();
      if (!views) break;
      look = furtherLook(look, await net.scoreCloser(views));
    }
    finish(index, lastLook(look));
  }
}

/** Reads one image; `sure` as in readImages. */
export async function readImage(net: Net, item: ReadItem, sure = SURE): Promise<ReadOutcome> {
  const { promise, resolve } = Promise.withResolvers<ReadOutcome>();
  await readImages(net, [item], (_index, outcome) => resolve(outcome), sure);
  return promise;
}

/**
 * The pictures that an image holds for reading; none when it cannot be decoded, or shows nothing at all, which is then
 * its outcome.
 */
async function open({ image }: ReadItem, done: (outcome: ReadOutcome) => void): Promise<Bitmap[]> {
  const begun = performance.now();
  try {
    const peeked = peekImage(image);
    if (!peeked) throw new Error('no image');
    const pictures = (await decodeOnGrounds(image, peeked)).flatMap(combinations);
    if (!pictures.every(isBlank)) return pictures;
    const times = { decodeMs: performance.now() - begun, inferMs: 0, views: 0 };
    done({ reading: { text: '', confidence: 0, characters: [], alternatives: [], times } });
    return [];
  } catch (error) {
    done({ fault: { code: 'ERROR_PARSE_IMAGE_FAIL', cause: String(error) } });
    return [];
  }
}
